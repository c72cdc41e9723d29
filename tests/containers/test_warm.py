"""`sam local start-lambda`: a photo's whole way, and the second one finds the functions warm."""

from __future__ import annotations

import json
import re

import boto3
import pytest
from botocore.config import Config

from infra.containers.sam import lambdas
from infra.containers.stage import Stage
from playground.aws import REGION
from playground.runtime.event_source import records
from tests.events import SAMPLES

PATIENCE = Config(read_timeout=180, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def stage(surroundings, services):
    return Stage(surroundings, services, SAMPLES["recognizer-photo"])


@pytest.fixture(scope="module")
def running(litert, surroundings, stage):
    with lambdas(litert, surroundings, stage.variables) as (url, log):
        client = boto3.client(
            "lambda",
            REGION,
            endpoint_url=url,
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=PATIENCE,
        )

        def invoke(function, event):
            answer = client.invoke(FunctionName=function, Payload=json.dumps(event))
            assert "FunctionError" not in answer
            return json.loads(answer["Payload"].read())

        yield invoke, log


def test_a_photo_goes_the_whole_way_cold_and_then_warm(running, stage):
    invoke, log = running
    for number in (1, 2):
        update = SAMPLES["webhook-photo"] | {
            "body": SAMPLES["webhook-photo"]["body"].replace("870000001", f"87000000{number}")
        }
        assert invoke("WebhookFunction", update)["statusCode"] == 200
        told = stage.services.sqs.receive_message(
            QueueUrl=stage.queue_url, MessageSystemAttributeNames=["All"], WaitTimeSeconds=5
        )
        assert invoke(
            "RecognizerFunction", records(told["Messages"], f"arn:aws:sqs:{REGION}:123456789012:x")
        ) == {"batchItemFailures": []}
        sent = [message for message in stage.told()["messages"] if "photo" in message]
        assert len(sent) == number
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith('{"level"')]
    assert [line["cold_start"] for line in lines if line["message"] == "photo answered"] == [True, False]
    # The emulator says of each invocation how long it took, and of a function's first how long INIT did.
    reports = re.findall(r"^REPORT RequestId: \S+\s+(Init)?", log.read_text(), flags=re.MULTILINE)
    assert reports == ["Init", "Init", "", ""]
