"""Step Functions: moto keeps the state machines; executions run in the interpreter, a Node program beside this file."""
import json
import os
import subprocess
from http.client import HTTPConnection

import moto.stepfunctions.models as stepfunctions
from moto.cloudformation.exceptions import ValidationError

from . import processes
from .settings import MODULES, NODE, program_environment

INTERPRETER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "interpreter", "main.ts")

# What the gateway hands to the interpreter instead of to moto.
OPERATIONS = {
    "ValidateStateMachineDefinition", "StartExecution", "DescribeExecution", "DescribeStateMachineForExecution", "GetExecutionHistory",
    "ListExecutions", "StopExecution", "RedriveExecution", "ListMapRuns", "DescribeMapRun",
}

_port: int


def call(operation: str, body: bytes) -> tuple[int, bytes]:
    """One operation of the API: its HTTP status and JSON answer."""
    connection = HTTPConnection("127.0.0.1", _port)
    try:
        connection.request("POST", f"/{operation}", body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _definition(properties: dict) -> str:
    """The definition with its substitutions, if it is one that Step Functions would take."""
    definition = properties.get("DefinitionString") or json.dumps(properties["Definition"])
    for name, value in properties.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace("${" + name + "}", json.dumps(str(value))[1:-1])
    _, answer = call("ValidateStateMachineDefinition", json.dumps({"definition": definition}).encode())
    problems = json.loads(answer)["diagnostics"]
    if problems:
        raise ValidationError("StateMachine", "Invalid State Machine Definition: " + "; ".join(problems))
    return definition


create = stepfunctions.StateMachine.create_from_cloudformation_json.__func__
update = stepfunctions.StateMachine.update_from_cloudformation_json.__func__


def create_from_template(cls, resource_name, cloudformation_json, account_id, region_name, **keywords):
    properties = cloudformation_json["Properties"]
    properties["DefinitionString"] = _definition(properties)
    machine = create(cls, resource_name, cloudformation_json, account_id, region_name, **keywords)
    return _configure(machine, properties)


def update_from_template(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
    properties = cloudformation_json["Properties"]
    properties["DefinitionString"] = _definition(properties)
    machine = update(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name)
    return _configure(machine, properties)


def _configure(machine, properties: dict):
    """What moto leaves out of a template's state machine."""
    machine.type = machine.sm_type = properties.get("StateMachineType", "STANDARD")
    logging, tracing = properties.get("LoggingConfiguration"), properties.get("TracingConfiguration")
    if logging:
        machine.loggingConfiguration = {
            "level": logging.get("Level", "OFF"),
            "includeExecutionData": logging.get("IncludeExecutionData", False),
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": entry["CloudWatchLogsLogGroup"]["LogGroupArn"]}} for entry in logging.get("Destinations", [])],
        }
    if tracing:
        machine.tracingConfiguration = {"enabled": tracing["Enabled"]}
    return machine


def has_attribute(cls, attribute: str) -> bool:
    return attribute in ("Arn", "Name", "StateMachineRevisionId")


get_attribute = stepfunctions.StateMachine.get_cfn_attribute


def attribute_of(self, attribute: str):
    return {"Arn": self.arn, "StateMachineRevisionId": "INITIAL"}.get(attribute) or get_attribute(self, attribute)


def install() -> None:
    global _port
    interpreter = processes.start([NODE, INTERPRETER], cwd=os.path.dirname(MODULES), env=program_environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    _port = int(interpreter.stdout.readline())
    machine = stepfunctions.StateMachine
    machine.create_from_cloudformation_json = classmethod(create_from_template)
    machine.update_from_cloudformation_json = classmethod(update_from_template)
    machine.has_cfn_attr = classmethod(has_attribute)
    machine.get_cfn_attribute = attribute_of
