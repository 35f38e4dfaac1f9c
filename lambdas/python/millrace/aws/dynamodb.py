"""The operations of DynamoDB that the records need, on one table."""

from __future__ import annotations

import json
import re

from .errors import AwsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .client import AwsClient

    Item = dict[str, dict[str, Any]]
    Key = tuple[str, str]


class Table:
    """A call whose answer was lost is repeated: a conditional write must tell its own earlier attempt from somebody else's."""

    def __init__(self, name: str, client: AwsClient) -> None:
        self._name = name
        self._client = client
        self._url = (client.endpoint("dynamodb") or f"https://dynamodb.{client.region}.{client.domain}") + "/"

    def get(self, key: Key) -> Item | None:
        """Consistent."""
        return self._call("GetItem", {"Key": key_of(key), "ConsistentRead": True}).get("Item")

    def put(self, key: Key) -> None:
        """An item of nothing but its key."""
        self._call("PutItem", {"Item": key_of(key)})

    def delete(self, key: Key) -> None:
        self._call("DeleteItem", {"Key": key_of(key)})

    def update(
        self,
        key: Key,
        update: str,
        values: Item,
        condition: str | None = None,
        names: dict[str, str] | None = None,
        return_item: bool = False,
    ) -> tuple[bool, Item | None]:
        """Whether it was written; and the new item or, where the condition did not hold, the one that is there.

        In both expressions ``#name`` is the attribute ``name``, unless ``names`` says otherwise.
        """
        mentioned = {mark: mark[1:] for mark in re.findall(r"#\w+", f"{update} {condition or ''}")}
        payload: dict[str, Any] = {
            "Key": key_of(key),
            "UpdateExpression": update,
            "ExpressionAttributeNames": {**mentioned, **(names or {})},
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW" if return_item else "NONE",
        }
        if condition is not None:
            payload.update({"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
        try:
            return True, self._call("UpdateItem", payload).get("Attributes")
        except AwsError as error:
            if error.aws_code == "ConditionalCheckFailedException":
                return False, error.body.get("Item")  # type: ignore[return-value]
            raise

    def query(
        self,
        condition: str,
        values: Item,
        index: str | None = None,
        consistent: bool = False,
        descending: bool = False,
        page_size: int | None = None,
    ) -> Iterator[Item]:
        """Page by page, as far as the caller goes."""
        payload: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": consistent,
            "ScanIndexForward": not descending,
        }
        if index is not None:
            payload["IndexName"] = index
        if page_size is not None:
            payload["Limit"] = page_size
        while True:
            answer = self._call("Query", payload)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            payload["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps({"TableName": self._name, **payload}, separators=(",", ":")).encode()
        headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"DynamoDB_20120810.{operation}"}
        return json.loads(self._client.send("dynamodb", operation, "POST", self._url, headers=headers, body=body).content)  # type: ignore[no-any-return]


def key_of(key: Key) -> Item:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
