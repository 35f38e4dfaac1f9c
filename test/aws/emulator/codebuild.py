"""CodeBuild: a build runs its project's commands in a shell, with the stand-in for docker; what it pushes is in ECR."""
import io
import json
import os
import subprocess
import threading
import zipfile

import moto.codebuild.models as codebuild
import yaml
from moto.core.common_models import CloudFormationModel
from moto.ecr.models import ecr_backends
from moto.s3.models import s3_backends

from . import processes
from .settings import OPTIONS, program_environment

HERE = os.path.dirname(os.path.abspath(__file__))


class Project(CloudFormationModel):
    __module__ = codebuild.__name__  # moto files a model under its module's service
    cloudformation_name_type = staticmethod(lambda: "Name")
    cloudformation_type = staticmethod(lambda: "AWS::CodeBuild::Project")

    def __init__(self, name: str, properties: dict, account: str, region: str):
        self.name, self.arn = name, f"arn:aws:codebuild:{region}:{account}:project/{name}"
        self.properties, self.account, self.region = properties, account, region
        _projects[name] = self
        codebuild.codebuild_backends[account][region].create_project(
            name, None, properties["Source"], properties["Artifacts"], properties["Environment"], properties["ServiceRole"], None, None, None, None, None, None, None
        )

    @property
    def physical_resource_id(self) -> str:
        return self.name

    has_cfn_attr = classmethod(lambda cls, attribute: attribute == "Arn")

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self.arn

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        return cls(resource_name, cloudformation_json["Properties"], account_id, region_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return cls(original_resource.name, cloudformation_json["Properties"], account_id, region_name)

    def delete(self, account_id: str, region_name: str) -> None:
        _projects.pop(self.name, None)
        codebuild.codebuild_backends[account_id][region_name].delete_project(self.name)

    def build(self, build: dict) -> None:
        """Runs the commands of the build's one phase, and notes how they ended."""
        folder = processes.folder("build")
        bucket, _, key = self.properties["Source"]["Location"].partition("/")
        zipfile.ZipFile(io.BytesIO(s3_backends[self.account]["aws"].get_object(bucket, key).value)).extractall(folder)
        variables = {entry["Name"]: entry["Value"] for entry in self.properties["Environment"]["EnvironmentVariables"]}
        tools = processes.folder("tools")
        os.symlink(os.path.join(HERE, "docker"), os.path.join(tools, "docker"))
        environment = program_environment(EMULATOR_IMAGES=os.path.abspath(OPTIONS.images), AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", **variables)
        environment["PATH"] = tools + os.pathsep + environment["PATH"]
        log, status = "", "SUCCEEDED"
        for command in yaml.safe_load(self.properties["Source"]["BuildSpec"])["phases"]["build"]["commands"]:
            shell = processes.start(["sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            output, _ = shell.communicate()
            log += output
            if shell.returncode != 0:
                status = "FAILED"
                build["phases"] = [{"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": f"COMMAND_EXECUTION_ERROR: {output.strip()[-300:]}"}]}]
                break
        if status == "SUCCEEDED":
            self._push(variables["REPOSITORY"], variables["TAG"])
        build["log"] = log
        build["buildStatus"] = status

    def _push(self, repository: str, tag: str) -> None:
        images = ecr_backends[self.account][self.region].repositories[repository].images
        if not any(tag in image.image_tags for image in images):
            ecr_backends[self.account][self.region].put_image(repository, json.dumps({"schemaVersion": 2, "image": tag}), tag, "application/vnd.oci.image.manifest.v1+json")


_projects: dict[str, Project] = {}
_builds: dict[str, dict] = {}

start = codebuild.CodeBuildBackend.start_build


def start_build(self: codebuild.CodeBuildBackend, project_name: str, *positional, **keywords) -> dict:
    build = start(self, project_name, *positional, **keywords)
    _builds[build["id"]] = build
    threading.Thread(target=_projects[project_name].build, args=(build,), daemon=True).start()
    return build


def batch_get_builds(self: codebuild.CodeBuildBackend, ids: list[str]) -> list[dict]:
    return [_builds[build] for build in ids if build in _builds]


def install() -> None:
    codebuild.CodeBuildBackend.start_build = start_build
    codebuild.CodeBuildBackend.batch_get_builds = batch_get_builds
