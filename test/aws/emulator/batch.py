"""Batch: a job's command runs as a process; its exit code is the job's result.

The image public.ecr.aws/docker/library/node is this project's Node 24 and .../python the machine's Python; another image runs if
the docker stand-in has built it.
"""
import datetime
import shutil
import subprocess
import threading
import time

import moto.batch.models as batch
from moto.batch.utils import JobStatus

from . import faults, images, logs, processes
from .settings import ENDPOINT, REGION, program_environment

HOST_TERMINATED = "Host EC2 (instance i-0123456789abcdef0) terminated."


class NotRunnable(Exception):
    """The container can't start."""


def run(job: batch.Job) -> None:
    """Stands in for moto's container: the job's attempts, up to the definition's number."""
    job.status = JobStatus.RUNNABLE
    if job.depends_on and not job._wait_for_dependencies():
        return
    fault = faults.strike("batch", jobName=job.job_name) or {"do": None}
    if fault["do"] == "lose":
        job.status = JobStatus.RUNNING
        return  # never heard of again, unless it is terminated
    attempts = int((job.job_definition.retry_strategy or {}).get("attempts", 1))
    succeeded = False
    for number in range(1, attempts + 1):
        succeeded = _attempt(job, number, host_terminated=fault["do"] == "host-terminated")
        if succeeded or job.stop:
            break
    job._mark_stopped(success=succeeded)


def _attempt(job: batch.Job, number: int, host_terminated: bool) -> bool:
    job.log_stream_name = f"{job.job_definition.name}/default/{job.job_id}-{number}"
    job.status, job.job_started_at = JobStatus.RUNNING, datetime.datetime.now()
    job._start_attempt()
    if host_terminated:
        job.job_stopped_reason = HOST_TERMINATED
        return False
    try:
        process = _start(job, number)
    except Exception as problem:  # whatever it is, the job has failed and must not stay RUNNING for ever
        job.job_stopped_reason = f"CannotStartContainerError: {problem}"
        return False
    output: list[str] = []
    reader = threading.Thread(target=lambda: output.extend(process.stdout), daemon=True)
    reader.start()
    timed_out = _wait(job, process)
    reader.join(1)
    logs.write(_log_group(job), job.log_stream_name, "".join(output))
    job.exit_code = process.returncode if process.returncode >= 0 else 128 - process.returncode
    job.latest_attempt["container"]["exitCode"] = job.exit_code
    if timed_out:
        job.job_stopped_reason = "Job attempt duration exceeded timeout"
    elif process.returncode and not job.stop:
        job.job_stopped_reason = "Essential container in task exited"
    job.latest_attempt["statusReason"] = job.job_stopped_reason
    return process.returncode == 0


def _start(job: batch.Job, number: int) -> subprocess.Popen:
    if "size" in job.array_properties:
        raise NotRunnable("array jobs are not emulated")
    image = images.find(job._get_container_property("image", ""))
    folder = processes.folder("job")
    if image.folder:
        shutil.copytree(image.folder, folder, dirs_exist_ok=True)
    command = job._add_parameters_to_command(job._get_container_property("command", [])) or image.command
    # The names that Batch itself sets can't be declared.
    declared = {entry["name"]: entry["value"] for entry in job._get_container_property("environment", [])}
    environment = image.environment | declared | program_environment(
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{ENDPOINT}/_emulator/credentials/batch/{job.job_name}",
        AWS_BATCH_JOB_ID=job.job_id,
        AWS_BATCH_JOB_ATTEMPT=str(number),
        AWS_BATCH_JQ_NAME=job.job_queue.name,
    )
    return processes.start(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


#: A time-out, which is a minute at least, takes a twentieth of its time.
TIME_OUT_SPEED = 20


def _wait(job: batch.Job, process: subprocess.Popen) -> bool:
    """Waits for the end, which comes by itself, by TerminateJob, or when the time is up (then True)."""
    timeout = (job.timeout or job.job_definition.timeout or {}).get("attemptDurationSeconds")
    deadline = time.time() + int(timeout) / TIME_OUT_SPEED if timeout else float("inf")
    while process.poll() is None:
        if job.stop or time.time() > deadline:
            processes.kill(process)
            return not job.stop
        time.sleep(0.02)
    return False


submit_job = batch.BatchBackend.submit_job
_submitting = threading.Lock()


def submit(backend: batch.BatchBackend, *positional, **keywords):
    """moto's own is not made for several at a time, as the iterations of a map are."""
    with _submitting:
        return submit_job(backend, *positional, **keywords)


describe_job = batch.Job.describe


def describe(job: batch.Job) -> dict:
    """moto's container details lack what is known when it has ended, and the time-out that the definition gives."""
    description = describe_job(job)
    if job.job_definition.timeout:
        description.setdefault("timeout", job.job_definition.timeout)
    if job.exit_code is not None:
        description["container"]["exitCode"] = job.exit_code
    return description


def terminate(job: batch.Job, reason: str) -> None:
    """TerminateJob; a lost job has no process that would notice."""
    job.stop, job.job_stopped_reason = True, reason
    if not job.is_alive():
        job._mark_stopped(success=False)


def _log_group(job: batch.Job) -> str:
    options = job._get_container_property("logConfiguration", {}).get("options", {})
    return options.get("awslogs-group", "/aws/batch/job")


# ---- CloudFormation ----------------------------------------------------------------------------------------------


def create_environment(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties, iam = cloudformation_json["Properties"], batch.iam_backends[account_id]["aws"]
    role = properties.get("ServiceRole")
    if not role:  # AWS falls back on its service-linked role
        try:
            role = iam.get_role("AWSServiceRoleForBatch").arn
        except batch.IAMNotFoundException:
            role = iam.create_role("AWSServiceRoleForBatch", "{}", "/aws-service-role/batch.amazonaws.com/", None, "", [], 3600).arn
    resources = batch.lowercase_first_key(properties.get("ComputeResources", {}))
    return batch.batch_backends[account_id][region_name].create_compute_environment(
        resource_name, properties["Type"].upper(), (properties.get("State") or "ENABLED").upper(), resources, role)


def create_definition(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties = cloudformation_json["Properties"]
    lowercase = batch.lowercase_first_key
    return batch.batch_backends[account_id][region_name].register_job_definition(
        def_name=resource_name,
        parameters=properties.get("Parameters", {}),
        _type=properties["Type"],
        tags=properties.get("Tags", {}),
        retry_strategy=lowercase(properties.get("RetryStrategy", {"Attempts": 1})),
        container_properties={**lowercase(properties["ContainerProperties"]), **_container_maps(properties["ContainerProperties"])},
        node_properties=None,
        eks_properties=None,
        timeout=lowercase(properties.get("Timeout", {})),
        platform_capabilities=properties.get("PlatformCapabilities", ["EC2"]),
        propagate_tags=properties.get("PropagateTags", False),
    )


def _container_maps(container: dict) -> dict:
    """Log options are a map of the user's own keys, which keep their case."""
    log = container.get("LogConfiguration")
    return {"logConfiguration": {"logDriver": log["LogDriver"], "options": log.get("Options", {})}} if log else {}


def delete_environment(self, account_id: str, region_name: str) -> None:
    batch.batch_backends[account_id][region_name]._compute_environments.pop(self.arn, None)


def delete_queue(self, account_id: str, region_name: str) -> None:
    batch.batch_backends[account_id][region_name]._job_queues.pop(self.arn, None)


def delete_definition(self, account_id: str, region_name: str) -> None:
    self.deregister()


def install() -> None:
    batch.BatchBackend.submit_job = submit
    batch.Job.run = run
    batch.Job.advance = lambda job: None  # run sets every status itself
    batch.Job.describe = describe
    batch.Job.terminate = terminate
    batch.ComputeEnvironment.create_from_cloudformation_json = classmethod(create_environment)
    batch.JobDefinition.create_from_cloudformation_json = classmethod(create_definition)
    batch.ComputeEnvironment.delete = delete_environment
    batch.JobQueue.delete = delete_queue
    batch.JobDefinition.delete = delete_definition
    for model in (batch.ComputeEnvironment, batch.JobQueue, batch.JobDefinition):  # Fn::GetAtt X.ComputeEnvironmentArn, ...
        model.has_cfn_attr = classmethod(lambda cls, attribute: attribute.endswith("Arn"))
        model.get_cfn_attribute = lambda self, attribute: self.arn
