"""CloudFormation: order and retention of updates, custom resources, and the resource types that moto does not know."""
import json
import queue
import re
import traceback
import uuid

import moto.cloudformation.models as models
import moto.cloudformation.parsing as parsing
import moto.cloudformation.responses as responses
import moto.dynamodb.models.table as dynamodb
import moto.s3.models as s3
from moto.cloudformation.custom_model import CustomModel
from moto.cloudformation.exceptions import CloudFormationError, ValidationError
from moto.core.common_models import CloudFormationModel
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import PermissionResult

from . import lambdas
from .settings import ENDPOINT

# ---- order and retention -----------------------------------------------------------------------------------------


def references(part: object) -> set[str]:
    """The logical names that a piece of a template mentions."""
    if isinstance(part, list):
        return set().union(*map(references, part)) if part else set()
    if not isinstance(part, dict):
        return set()
    found: set[str] = set()
    for key, value in part.items():
        if key == "Ref":
            found.add(value)
        elif key == "Fn::GetAtt":
            found.add(value[0] if isinstance(value, list) else value.split(".")[0])
        elif key == "Fn::Sub":
            text, *rest = value if isinstance(value, list) else [value]
            found.update(name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text))
            found |= references(rest)
        elif key == "DependsOn":
            found.update([value] if isinstance(value, str) else value)
        else:
            found |= references(value)
    return found


def in_order(resources: dict[str, dict]) -> list[str]:
    """The logical names, each after what it refers to."""
    ordered: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in ordered and name not in visiting:
            visiting.add(name)
            for other in sorted(references(resources[name]) & resources.keys()):
                visit(other)
            ordered[name] = None

    visiting: set[str] = set()
    for name in resources:
        visit(name)
    return list(ordered)


def create(self: parsing.ResourceMap, template: dict) -> bool:
    self._template, self._resource_json_map = template, template["Resources"]
    self.tags.update({"aws:cloudformation:stack-name": self["AWS::StackName"], "aws:cloudformation:stack-id": self["AWS::StackId"]})
    for name in in_order(template["Resources"]):
        self[name]  # a lazy map: looking a resource up creates it
    return True


def update(self: parsing.ResourceMap, template: dict, parameters: dict | None = None) -> None:
    """Adds and changes in the order of references (a function's code changes before its new version is published), then removes."""
    before = self._resource_json_map
    self._template, self._resource_json_map = template, template["Resources"]
    # "Use the previous value" arrives here as the value; of an SSM parameter that is the content, not the name.
    previous = {name for name, value in (parameters or {}).items() if value == self.resolved_parameters.get(name)}
    self.input_parameters = {name: value for name, value in (parameters or {}).items() if name not in previous} | {name: value for name, value in self.input_parameters.items() if name in previous}
    self.load_mapping()
    self.load_parameters()
    self.load_conditions()
    replaced: set[str] = set()
    outdated: list[tuple[CustomResource, str, dict]] = []  # an update that answers with another id has made another resource
    for name in in_order(template["Resources"]):
        resource = template["Resources"][name]
        if name not in self._parsed_resources:
            self[name]
        elif resource != before.get(name) or references(resource) & replaced:
            old = self._parsed_resources[name]
            old_id, old_properties = old.physical_resource_id, getattr(old, "properties", {})
            changed = parsing.parse_and_update_resource(name, resource, self, account_id=self._account_id, region_name=self._region_name)
            self._parsed_resources[name] = changed or _replace(self, name, resource, old)
            if self._parsed_resources[name].physical_resource_id != old_id:
                replaced.add(name)
                if isinstance(old, CustomResource):
                    outdated.append((old, old_id, old_properties))
    for name in reversed(in_order(before)):
        if name not in template["Resources"] and name in self._parsed_resources:
            self._delete_resource(self._parsed_resources.pop(name), before[name])
    for resource, old_id, old_properties in outdated:
        resource.request("Delete", PhysicalResourceId=old_id, ResourceProperties=old_properties)


def delete(self: parsing.ResourceMap) -> None:
    for name in reversed(in_order(self._resource_json_map)):
        if name not in self._parsed_resources:
            continue
        resource, definition = self._parsed_resources.pop(name), self._resource_json_map[name]
        try:
            self._delete_resource(resource, definition)
        except Exception as problem:
            # moto can't take a network apart (routes, attachments); it has no behaviour here, so it may stay.
            if not definition["Type"].startswith("AWS::EC2::"):
                raise ValidationError(name, f"{name} can't be deleted: {getattr(problem, 'message', problem)}") from problem


def _replace(self: parsing.ResourceMap, name: str, resource: dict, old: CloudFormationModel) -> CloudFormationModel:
    """A new resource for one that can't be changed in place, unless it is one whose name or content would be lost."""
    if resource["Type"] in CHANGED_IN_PLACE:
        return old
    new = parsing.parse_and_create_resource(name, resource, self, self._account_id, self._region_name)
    if resource.get("UpdateReplacePolicy") != "Retain" and new.physical_resource_id != old.physical_resource_id:
        delete_resource(self, old, resource)
    return new


# Types whose properties AWS changes in place; moto can't, and what changes there (tags, retention) has no effect here.
CHANGED_IN_PLACE = {"AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Logs::LogGroup", "AWS::KMS::Key", "AWS::EC2::VPC", "AWS::EC2::Subnet",
                    "AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroup", "AWS::Batch::ComputeEnvironment", "AWS::Batch::JobQueue"}

delete_resource = parsing.ResourceMap._delete_resource


def retain_or_delete(self: parsing.ResourceMap, resource: CloudFormationModel, definition: dict) -> None:
    """moto heeds a deletion policy when a stack is deleted, not when one of its resources is."""
    if definition.get("DeletionPolicy", "Delete") == "Delete":
        delete_resource(self, resource, definition)


# ---- change sets -------------------------------------------------------------------------------------------------


class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"


def _change_set(self: responses.CloudFormationResponse) -> models.ChangeSet:
    """The change set of a request: moto looks by name alone, and the CDK names those of all stacks alike."""
    name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
    for change_set in reversed(self.cloudformation_backend.change_sets.values()):
        if name in (change_set.change_set_id, change_set.change_set_name) and stack in (None, change_set.stack_id, change_set.stack_name):
            return change_set
    raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")


def describe_change_set(self: responses.CloudFormationResponse) -> ActionResult:
    return ActionResult(_change_set(self))


def delete_change_set(self: responses.CloudFormationResponse) -> EmptyResult:
    try:
        del self.cloudformation_backend.change_sets[_change_set(self).change_set_id]
    except ChangeSetNotFound:
        pass  # as on AWS
    return EmptyResult()


def execute_change_set(self: responses.CloudFormationResponse) -> EmptyResult:
    """moto's gives a stack no outputs, exports or imports, and answers a failure instead of noting it in the stack's events."""
    change_set, exports = _change_set(self), self.cloudformation_backend.exports
    stack, kind = change_set.stack, change_set.change_set_type
    stack.template = change_set.template
    stack._parse_template()
    stack.resource_map.cross_stack_resources = exports
    stack._add_stack_event(f"{kind}_IN_PROGRESS", "User Initiated")
    try:
        stack.resource_map.update(stack.template_dict, change_set.parameters)
        stack.output_map = stack._create_output_map()
        stack.output_map._resource_map = stack.resource_map
        exports.update({export.name: export for export in stack.exports})
        stack.status = f"{kind}_COMPLETE"
    except Exception as problem:
        traceback.print_exc()
        stack._add_stack_event(f"{kind}_FAILED", f"{type(problem).__name__}: {getattr(problem, 'message', problem)}")
        stack.status = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
    stack.parameters = change_set.parameters
    stack._add_stack_event(stack.status)
    change_set.execution_status = "EXECUTE_COMPLETE"
    return EmptyResult()


# ---- custom resources --------------------------------------------------------------------------------------------

_answers: dict[str, queue.Queue] = {}


def answer_custom_resource(answer: dict) -> None:
    """What a handler puts at its ResponseURL."""
    _answers[answer["RequestId"]].put(answer)


class CustomResource(CustomModel):
    """A resource that a Lambda function creates, updates and deletes; the stack waits for its answer."""

    cloudformation_type = staticmethod(lambda: "Custom::")

    def __init__(self, stack_id: str, logical_id: str, resource_type: str, properties: dict):
        self.stack_id, self.logical_id, self.resource_type, self.properties = stack_id, logical_id, resource_type, properties
        self.id, self.data = logical_id, {}

    @property
    def physical_resource_id(self) -> str:
        return self.id

    def is_created(self) -> bool:
        return True

    def request(self, kind: str, **more: object) -> None:
        account, region = self.stack_id.split(":")[4], self.stack_id.split(":")[3]
        function = lambdas.awslambda.lambda_backends[account][region].get_function(self.properties["ServiceToken"])
        request_id = str(uuid.uuid4())
        answers = _answers[request_id] = queue.Queue()
        event = {"RequestType": kind, "RequestId": request_id, "StackId": self.stack_id, "LogicalResourceId": self.logical_id, "ResourceType": self.resource_type,
                 "ResponseURL": f"{ENDPOINT}/_emulator/cloudformation", "ServiceToken": self.properties["ServiceToken"], "ResourceProperties": self.properties, **more}
        lambdas.invoke_later(function, event)
        try:
            answer = answers.get(timeout=int(function.timeout) + 30)
        except queue.Empty:
            raise ValidationError(self.logical_id, f"CloudFormation did not receive a response from your Custom Resource {self.logical_id}") from None
        if answer["Status"] != "SUCCESS":
            raise ValidationError(self.logical_id, f"Received response status [FAILED] from custom resource. Message returned: {answer.get('Reason')}")
        if kind != "Delete":
            self.id, self.data = answer["PhysicalResourceId"], answer.get("Data") or {}

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **keywords):
        resource = cls(keywords["StackId"], keywords["LogicalId"], keywords["ResourceType"], cloudformation_json["Properties"])
        resource.request("Create")
        return resource

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        before, original_resource.properties = original_resource.properties, cloudformation_json["Properties"]
        original_resource.request("Update", PhysicalResourceId=original_resource.id, OldResourceProperties=before)
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        self.request("Delete", PhysicalResourceId=self.id)


# ---- resource types ----------------------------------------------------------------------------------------------


class GlobalTable(CloudFormationModel):
    """A table with one replica is a table."""

    __module__ = dynamodb.__name__  # moto files a model under its module's service
    cloudformation_name_type = staticmethod(lambda: "TableName")
    cloudformation_type = staticmethod(lambda: "AWS::DynamoDB::GlobalTable")
    has_cfn_attr = classmethod(lambda cls, attribute: dynamodb.Table.has_cfn_attr(attribute))

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **keywords):
        table = dynamodb.Table.create_from_cloudformation_json(resource_name, cloudformation_json, account_id, region_name, **keywords)
        table.type = cls.cloudformation_type()
        return table

    @classmethod
    def delete_from_cloudformation_json(cls, *positional, **keywords):
        return dynamodb.Table.delete_from_cloudformation_json(*positional, **keywords)


class BucketPolicy(CloudFormationModel):
    """Stored where GetBucketPolicy finds it; not enforced."""

    __module__ = s3.__name__
    cloudformation_name_type = staticmethod(lambda: "")
    cloudformation_type = staticmethod(lambda: "AWS::S3::BucketPolicy")

    def __init__(self, account_id: str, bucket: str):
        self.account_id, self.bucket = account_id, bucket

    @property
    def physical_resource_id(self) -> str:
        return self.bucket

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **keywords):
        properties = cloudformation_json["Properties"]
        s3.s3_backends[account_id]["aws"].put_bucket_policy(properties["Bucket"], json.dumps(properties["PolicyDocument"]).encode())
        return cls(account_id, properties["Bucket"])

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    def delete(self, account_id: str, region_name: str) -> None:
        if self.bucket in s3.s3_backends[account_id]["aws"].buckets:
            s3.s3_backends[account_id]["aws"].delete_bucket_policy(self.bucket)


# Types that are accepted and do nothing here, with the property that names them.
ACCEPTED = {
    "AWS::CDK::Metadata": "",
    "AWS::ApplicationAutoScaling::ScalableTarget": "",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "PolicyName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::EC2::SecurityGroupEgress": "",
    "AWS::Lambda::EventInvokeConfig": "",
    "AWS::Logs::MetricFilter": "FilterName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Scheduler::ScheduleGroup": "Name",
    "AWS::SNS::Subscription": "",
    "AWS::SNS::TopicPolicy": "",
    "AWS::SQS::QueuePolicy": "",
}


class Accepted(CloudFormationModel):
    """A resource without behaviour; its attributes are made-up ARNs."""

    def __init__(self, name: str):
        self.physical_resource_id = name

    has_cfn_attr = classmethod(lambda cls, attribute: True)

    def get_cfn_attribute(self, attribute_name: str) -> str:
        service = self.cloudformation_type().split("::")[1].lower()
        return f"arn:aws:{service}:us-east-1:123456789012:{self.physical_resource_id}"

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **keywords):
        return cls(resource_name)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name):
        return original_resource

    def delete(self, account_id: str, region_name: str) -> None:
        pass


def resource_class(resource_type: str) -> type[CloudFormationModel] | None:
    """The model of a type; one that is not emulated fails the deployment instead of being left out of it."""
    if resource_type.startswith("Custom::") or resource_type == "AWS::CloudFormation::CustomResource":
        return CustomResource
    if resource_type in ACCEPTED:
        return _accepted[resource_type]
    if resource_type in parsing.NULL_MODELS:
        return None
    if resource_type not in parsing.get_model_map():
        raise ValidationError(resource_type, f"{resource_type} is not emulated: add it to emulator/cloudformation.py")
    return parsing.get_model_map()[resource_type]


_accepted: dict[str, type[Accepted]] = {
    kind: type(kind.replace("::", ""), (Accepted,), {"cloudformation_type": staticmethod(lambda kind=kind: kind), "cloudformation_name_type": staticmethod(lambda name=name: name)})
    for kind, name in ACCEPTED.items()
}


generate_resource_name = parsing.generate_resource_name


def resource_name(resource_type: str, *positional: str) -> str:
    """As on AWS, where repositories of images have small letters alone."""
    name = generate_resource_name(resource_type, *positional)
    return name.lower() if resource_type == "AWS::ECR::Repository" else name


def install() -> None:
    parsing.generate_resource_name = resource_name
    for operation in (describe_change_set, delete_change_set, execute_change_set):
        setattr(responses.CloudFormationResponse, operation.__name__, operation)
    parsing.resource_class_from_type = resource_class
    parsing.ResourceMap.create = create
    parsing.ResourceMap.update = update
    parsing.ResourceMap.delete = delete
    parsing.ResourceMap._delete_resource = retain_or_delete
    # Policies are stored, not enforced: one that demands TLS would refuse every request to a plain HTTP server.
    s3.FakeBucket.get_permission = lambda bucket, action, resource: PermissionResult.NEUTRAL
