"""CloudFormation's side of a custom resource: hands the registrar its event and waits for the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from playground.loopback import Server
from playground.runtime.context import ACCOUNT

if TYPE_CHECKING:
    from playground.runtime.function import Function


class CustomResourceFailed(Exception):
    """The function answered FAILED, or nothing; the message is its reason."""


class CustomResource:
    """One custom resource of a stack: `create` and `delete` it as CloudFormation does.

    Args:
        function: what the resource's `ServiceToken` names.
        region: of the stack.
        properties: the resource's properties, without `ServiceToken`.
    """

    def __init__(self, function: Function, region: str, properties: dict[str, str]) -> None:
        self._function = function
        self._stack = f"arn:aws:cloudformation:{region}:{ACCOUNT}:stack/emotion-bot/{uuid4()}"
        self._properties = {
            "ServiceToken": f"arn:aws:lambda:{region}:{ACCOUNT}:function:registrar",
            **properties,
        }
        self._physical_id: str | None = None

    def create(self) -> None:
        """Raises: CustomResourceFailed: with the function's reason."""
        self._physical_id = self._request("Create")["PhysicalResourceId"]

    def delete(self) -> None:
        """Raises: CustomResourceFailed: with the function's reason."""
        self._request("Delete")

    def _request(self, request_type: str) -> dict[str, Any]:
        answers: list[dict[str, Any]] = []

        @Request.application
        def receive(request: Request) -> Response:
            answers.append(json.loads(request.get_data()))
            return Response()

        server = Server(receive)
        event = {
            "RequestType": request_type,
            "ResponseURL": f"{server.url}/{uuid4()}",
            "StackId": self._stack,
            "RequestId": str(uuid4()),
            "LogicalResourceId": "TelegramWebhook",
            "ResourceType": "Custom::TelegramWebhook",
            "ResourceProperties": self._properties,
        }
        if self._physical_id is not None:
            event["PhysicalResourceId"] = self._physical_id
        try:
            self._function.invoke(event)
        finally:
            server.close()
        if not answers or answers[0]["Status"] != "SUCCESS":
            raise CustomResourceFailed(answers[0]["Reason"] if answers else "The registrar sent no answer.")
        return answers[0]
