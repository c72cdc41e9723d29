"""The stack as CloudFormation has it: whether it can be deployed to, and why a deployment failed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from infra.deploy.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_cloudformation import CloudFormationClient

    from infra.deploy.environment import Environment

UNDEPLOYED: Final = "REVIEW_IN_PROGRESS"
"""A stack of which there is nothing but a change set."""
_CHANGE_SET: Final = "samcli-deploy"
"""What SAM CLI's names begin with."""
_TAKEN: Final = (
    "the name of the bucket ({0}) is taken, and names are shared by all accounts; choose another one"
)
_CANCELLED: Final = re.compile(r"cancelled", re.IGNORECASE)
_QUOTA: Final = (
    "the account's quota of concurrent executions is too small; choose ReserveConcurrency false, or have AWS "
    "raise it first (Service Quotas, AWS Lambda, Concurrent executions)"
)
_EXISTS: Final = re.compile(r"already exists|AlreadyExists|AlreadyOwnedByYou|name is not available")
_REASONS: Final = (
    (r"UnreservedConcurrentExecution|ConcurrentExecutions", _QUOTA),
    (r"Message returned: (.+?)(?: \(RequestId.*)?$", "{0}"),
    (r"(?:CodeDeploy|[Dd]eployment).*(?:alarm|rolled back|ALARM)",
     "an alarm rose while the new version had its first share of updates; read the recognizer's log"),
)  # fmt: skip
"""What CloudFormation and the services that it quotes say; and what that means for a person."""


@dataclass(frozen=True)
class Stack:
    """A stack that is there."""

    name: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    changed: datetime
    """When CloudFormation last began to."""

    @property
    def is_deployed(self) -> bool:
        """Whether there is more of it than what a first failure left."""
        return self.status not in (UNDEPLOYED, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")


def find(cloudformation: CloudFormationClient, name: str) -> Stack | None:
    """A stack by its name, or None. Other errors of botocore pass through."""
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    return Stack(
        name,
        found["StackStatus"],
        {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])},
        found.get("LastUpdatedTime", found["CreationTime"]),
    )


def refuse_if_busy(stack: Stack | None, environment: Environment) -> None:
    """Make sure that CloudFormation would take a deployment.

    Raises:
        Refusal: it would not.
    """
    if stack is None or stack.status == UNDEPLOYED:
        return
    if stack.status.endswith("_IN_PROGRESS"):
        raise Refusal(
            f"Another deployment of {stack.name} is at work ({stack.status}); wait until it is done, "
            "then try again."
        )
    if stack.status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        raise Refusal(
            f"What is left of {stack.name} stands in the way ({stack.status}); "
            f"remove it first: make delete{environment.options}"
        )
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        raise Refusal(
            f"{stack.name} is stuck half way back ({stack.status}); the old bot goes on, but first run: "
            f"aws cloudformation continue-update-rollback --stack-name {stack.name}"
        )


def failure(cloudformation: CloudFormationClient, name: str, since: datetime) -> str | None:
    """What went wrong first in a stack, without a full stop; None where nothing did."""
    try:
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [event for page in pages for event in page["StackEvents"]]
    except ClientError:
        return None
    failed = [
        event
        for event in events
        if event["Timestamp"] >= since
        and event.get("ResourceStatus", "").endswith("_FAILED")
        and not _CANCELLED.search(event.get("ResourceStatusReason", "cancelled"))
    ]
    if not failed:
        return None
    first = min(reversed(failed), key=lambda event: event["Timestamp"])
    said = first["ResourceStatusReason"]
    if first["ResourceType"] == "AWS::S3::Bucket" and _EXISTS.search(said):
        return _TAKEN.format(first.get("PhysicalResourceId") or first["LogicalResourceId"])
    for pattern, meaning in _REASONS:
        if found := re.search(pattern, said):
            return meaning.format(*found.groups()).rstrip(".")
    return f"{first['LogicalResourceId']}: {said.rstrip('.')}"


def withdraw(cloudformation: CloudFormationClient, name: str, since: datetime) -> bool:
    """Take back the change set that the person declined: whether there was one."""
    try:
        summaries = cloudformation.list_change_sets(StackName=name)["Summaries"]
    except ClientError:
        return False
    waiting = [
        each
        for each in summaries
        if each.get("ExecutionStatus") == "AVAILABLE"
        and each["ChangeSetName"].startswith(_CHANGE_SET)
        and each["CreationTime"] >= since
    ]
    for each in waiting:
        cloudformation.delete_change_set(ChangeSetName=each["ChangeSetId"])
    stack = find(cloudformation, name)
    if waiting and stack and stack.status == UNDEPLOYED:
        cloudformation.delete_stack(StackName=name)
    return bool(waiting)
