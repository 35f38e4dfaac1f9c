"""EventBridge: rules reach Lambda functions and state machines, and a failed delivery the target's dead-letter queue."""
import datetime
import json
import threading

import moto.awslambda.models as awslambda
import moto.events.models as events
from moto.sqs import sqs_backends

from . import faults, lambdas, stepfunctions

send_to_other_targets = events.Rule.send_to_targets


def send_to_targets(rule: events.Rule, event: dict, transform_input: bool = True) -> None:
    """Delivers an event that the rule matches; moto serves the kinds of target that it knows."""
    if rule.state != "ENABLED" or not rule.event_pattern.matches_event(event):
        return
    fault = faults.strike("event", source=event["source"], detailType=event["detail-type"], status=str(event["detail"].get("status")), rule=rule.name) or {"do": None}
    if fault["do"] == "drop":
        return
    for _ in range(2 if fault["do"] == "duplicate" else 1):
        ours = [target for target in rule.targets if target["Arn"].split(":")[2] in ("lambda", "states")]
        for target in ours:
            # Lambda's asynchronous invocation retries and dead-letters by itself; nobody waits for it.
            threading.Thread(target=_deliver, args=(target, event), daemon=True).start()
        others = [target for target in rule.targets if target not in ours]
        if others:
            remaining = events.Rule(rule.name, rule.account_id, rule.region_name, None, None, None, None, rule.event_bus_name, None, targets=others)
            remaining.event_pattern = rule.event_pattern
            send_to_other_targets(remaining, event, transform_input)


def _deliver(target: dict, original: dict) -> None:
    _, _, service, region, account, *_ = target["Arn"].split(":")
    event = _transform(target, original)
    attempts = 1 + int(target.get("RetryPolicy", {}).get("MaximumRetryAttempts", 2))
    for _ in range(min(attempts, 3)):
        if service == "lambda":
            _, failed, _ = lambdas.invoke(awslambda.lambda_backends[account][region].get_function(target["Arn"]), event)
        else:
            status, _ = stepfunctions.call("StartExecution", json.dumps({"stateMachineArn": target["Arn"], "input": json.dumps(event)}).encode())
            failed = status != 200
        if not failed:
            return
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if queue:
        sqs_backends[account][region].send_message(queue_name=queue.split(":")[-1], message_body=json.dumps(event))


def _transform(target: dict, original: dict) -> dict:
    event = dict(original)
    if isinstance(event.get("time"), (int, float)):
        event["time"] = datetime.datetime.fromtimestamp(event["time"], datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    transformer = target.get("InputTransformer")
    if transformer:
        return events.EventTemplateParser.parse(transformer.get("InputTemplate"), transformer.get("InputPathsMap", {}), event)
    return json.loads(target["Input"]) if "Input" in target else event


def install() -> None:
    events.Rule.send_to_targets = send_to_targets
