"""What SAM CLI and AWS say when something fails, in their own words, and what becomes of it for a person."""

from __future__ import annotations

import datetime

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import Stubber

from infra.deploy import sam
from infra.deploy.aws import explained
from infra.deploy.environment import CONFIG, read
from infra.deploy.refusal import Refusal
from infra.deploy.stack import Stack, failure, refuse_if_busy

BEGAN = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
CHANGE_SET = "Error: Failed to create changeset for the stack: emotion-bot, An error occurred "
STACK_ARN = "Stack:arn:aws:cloudformation:eu-west-1:1:stack/emotion-bot/1"

# From the sources of aws-sam-cli and botocore, and CloudFormation's documentation.
SAID = {
    "Error: Building image for RecognizerFunction requires Docker. is Docker daemon running?": (
        "the Docker engine does not answer any more; start it, then try again"
    ),
    "Error: Running AWS SAM projects locally requires a container runtime. Do you have Docker or Finch "
    "installed and running?": "the Docker engine does not answer any more; start it, then try again",
    "Error: RecognizerFunction failed to build: write /x: no space left on device": (
        "the disk is full; docker system prune makes room, then try again"
    ),
    "toomanyrequests: Rate exceeded": (
        "the registry of images lets nobody fetch more for the moment; try again in a few minutes"
    ),
    "dial tcp: lookup public.ecr.aws: no such host": (
        "the network is down, or lets nobody fetch what it takes; check it, then try again"
    ),
    'Error: Could not connect to the endpoint URL: "https://cloudformation.eu-west-1.amazonaws.com/"': (
        "the network is down, or lets nobody fetch what it takes; check it, then try again"
    ),
    "Error: Failed to create managed resources: An error occurred (BucketAlreadyExists) when calling the "
    "CreateBucket operation: The requested bucket name is not available.": (
        "the bucket's name is taken, and names are shared by all accounts; choose another one"
    ),
    f"{CHANGE_SET}(ValidationError) when calling the CreateChangeSet operation: {STACK_ARN} is in "
    "ROLLBACK_COMPLETE state and can not be updated.": (
        "its first deployment failed, and what is left of that stands in the way; remove it with make delete"
    ),
    f"{CHANGE_SET}(ValidationError) when calling the CreateChangeSet operation: {STACK_ARN} is in "
    "UPDATE_IN_PROGRESS state and can not be updated.": (
        "another deployment is at work (UPDATE_IN_PROGRESS); wait until that is done, then try again"
    ),
    f"{CHANGE_SET}(ExpiredToken) when calling the CreateChangeSet operation: The security token included in "
    "the request is expired": "the AWS credentials expired meanwhile; sign in again, then try again",
    f"{CHANGE_SET}(AccessDenied) when calling the CreateChangeSet operation: User: arn:aws:iam::1:user/a is "
    "not authorized to perform: cloudformation:CreateChangeSet": (
        "these AWS credentials may not do all that it takes (cloudformation:CreateChangeSet); use others"
    ),
    f"{CHANGE_SET}(ValidationError) when calling the CreateChangeSet operation: Parameter AlarmEmail failed "
    "to satisfy constraint: an e-mail address": (
        "CloudFormation refuses the value of AlarmEmail; give another one"
    ),
    "Error: PythonPipBuilder:ResolveDependencies - {requests==1(sdist)}": (
        "PythonPipBuilder:ResolveDependencies - {requests==1(sdist)}"
    ),
    "": "its own words are above",
}
RESERVED = (
    "Resource handler returned message: 'Specified ReservedConcurrentExecutions for function decreases "
    "account's UnreservedConcurrentExecution below its minimum value of [10].'"
)
REGISTRAR = (
    "Received response status [FAILED] from custom resource. Message returned: Telegram rejects the bot's "
    "token; set the token's parameter to the one that @BotFather shows. (RequestId: 1)"
)
EVENTS = {
    ("AWS::S3::Bucket", "emotion-bot-models already exists"): (
        "the name of the bucket (the-name) is taken, and names are shared by all accounts; choose another one"
    ),
    ("AWS::Lambda::Function", RESERVED): (
        "the account's quota of concurrent executions is too small; choose ReserveConcurrency false, or have "
        "AWS raise it first (Service Quotas, AWS Lambda, Concurrent executions)"
    ),
    ("Custom::TelegramWebhook", REGISTRAR): (
        "Telegram rejects the bot's token; set the token's parameter to the one that @BotFather shows"
    ),
    ("AWS::SQS::Queue", "Internal Failure."): "TheResource: Internal Failure",
}


@pytest.mark.parametrize(("said", "meaning"), SAID.items())
def test_sam_s_words(said, meaning):
    assert sam.reason(f"Building codeuri\n{said}\n") == meaning


def event(kind, status, reason, seconds):
    return {
        "StackId": "1",
        "EventId": str(seconds),
        "StackName": "emotion-bot",
        "LogicalResourceId": "TheResource",
        "PhysicalResourceId": "the-name",
        "ResourceType": kind,
        "Timestamp": BEGAN + datetime.timedelta(seconds=seconds),
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.fixture
def cloudformation():
    client = boto3.client("cloudformation")
    with Stubber(client) as stubber:
        client.answers = stubber.add_response
        yield client


@pytest.mark.parametrize(("said", "meaning"), EVENTS.items())
def test_cloudformation_s_first_failure_tells(cloudformation, said, meaning):
    kind, reason = said
    events = [
        event("AWS::CloudFormation::Stack", "UPDATE_ROLLBACK_IN_PROGRESS", "The following failed: …", 4),
        event("AWS::SNS::Topic", "CREATE_FAILED", "Resource creation cancelled", 3),
        event("AWS::SNS::Topic", "CREATE_FAILED", "A later one", 2),
        event(kind, "UPDATE_FAILED", reason, 1),
        event("AWS::SNS::Topic", "CREATE_FAILED", "Of an earlier deployment", -1),
    ]
    cloudformation.answers("describe_stack_events", {"StackEvents": events})

    assert failure(cloudformation, "emotion-bot", BEGAN) == meaning


def test_no_failure(cloudformation):
    cloudformation.answers("describe_stack_events", {"StackEvents": []})

    assert failure(cloudformation, "emotion-bot", BEGAN) is None


UNDEPLOYABLE = {
    "UPDATE_IN_PROGRESS": (
        "Another deployment of emotion-bot-dev is at work (UPDATE_IN_PROGRESS); "
        "wait until it is done, then try again."
    ),
    "ROLLBACK_COMPLETE": (
        "What is left of emotion-bot-dev stands in the way (ROLLBACK_COMPLETE); "
        "remove it first: make delete ENV=dev"
    ),
    "UPDATE_ROLLBACK_FAILED": (
        "emotion-bot-dev is stuck half way back (UPDATE_ROLLBACK_FAILED); the old bot goes on, "
        "but first run: aws cloudformation continue-update-rollback --stack-name emotion-bot-dev"
    ),
}


@pytest.mark.parametrize(("status", "sentence"), UNDEPLOYABLE.items())
def test_a_stack_that_cannot_be_deployed_to(status, sentence):
    environment = read("dev", CONFIG)

    with pytest.raises(Refusal) as refusal:
        refuse_if_busy(Stack(environment.stack, status, {}, {}, BEGAN), environment)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_that_can(status):
    environment = read("prod", CONFIG)
    refuse_if_busy(Stack(environment.stack, status, {}, {}, BEGAN), environment)
    refuse_if_busy(None, environment)


@pytest.mark.parametrize(
    ("code", "beginning"),
    [
        ("ExpiredToken", "The AWS credentials have expired; sign in again"),
        ("InvalidClientTokenId", "AWS does not know these credentials in this region; check them"),
        ("SignatureDoesNotMatch", "AWS rejects the signature; check the secret key"),
        ("AccessDenied", "These AWS credentials may not do GetCallerIdentity; use others"),
        ("Throttling", "AWS is asked too much at the moment; try again in a minute."),
        ("Odd", "AWS refuses GetCallerIdentity (Odd): so it is."),
    ],
)
def test_answers_of_aws(code, beginning):
    error = ClientError({"Error": {"Code": code, "Message": "so it is."}}, "GetCallerIdentity")

    assert explained(error).startswith(beginning)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (NoCredentialsError(), "aws configure"),
        (ProfileNotFound(profile="mine"), "export AWS_PROFILE=…"),
        (SSOTokenLoadError(error_msg="gone"), "aws sso login"),
        (UnauthorizedSSOTokenError(), "aws sso login"),
        (EndpointConnectionError(endpoint_url="https://sts"), "check this machine's network"),
    ],
)
def test_ways_not_to_reach_aws(error, advice):
    assert advice in explained(error)
