"""Local AWS: S3, SQS, DynamoDB and SSM by moto, with the very resources that the template makes."""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING, Final

import boto3
import httpx
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import sqs_backends

from playground.loopback import HOST, Server

if TYPE_CHECKING:
    from pathlib import Path

REGION: Final = "eu-central-1"
BUCKET = "emotion-bot-models"
PREFIX = "models"
QUEUE = "emotion-bot-photos"
DEAD_LETTER_QUEUE = "emotion-bot-photos-dead-letter"
TABLE = "emotion-bot-records"
TOKEN_PARAMETER = "/emotion-bot/bot-token"  # noqa: S105 - a name, not a secret
SECRET_PARAMETER = "/emotion-bot/webhook-secret"  # noqa: S105 - a name, not a secret
_CURRENT: Final = f"{PREFIX}/current.json"
MAX_RECEIVE_COUNT = 3
VISIBILITY_TIMEOUT = 20
"""Seconds until a job that failed is tried again; the template's six minutes are too long to wait for."""


class LocalAWS:
    """Every AWS service that the bot uses, in this process; nothing can reach the real one.

    `environment` is what the functions find in theirs. It is put into `os.environ`, with dummy credentials
    and the endpoint of this server, until `close` puts back what was there.

    Args:
        store: folder laid out as the store in S3 is; uploaded under `PREFIX`.
        token: the bot's.
        secret: the webhook's.
        environment: further variables of the functions.
    """

    def __init__(self, store: Path, token: str, secret: str, environment: dict[str, str]) -> None:
        logging.getLogger("moto").setLevel(logging.ERROR)
        self.server = Server(DomainDispatcherApplication(create_backend_app))
        self.queue_url = ""
        self.queue_arn = ""
        self.dead_letter_url = ""
        self.environment = {
            "AWS_ENDPOINT_URL": self.server.url,
            "AWS_ACCESS_KEY_ID": "playground",
            "AWS_SECRET_ACCESS_KEY": "playground",
            "AWS_SESSION_TOKEN": "playground",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), HOST, "localhost"])),
            "AWS_LAMBDA_RUNTIME_API": "playground",
            "POWERTOOLS_TRACE_DISABLED": "true",
            # Metrics are lines on stdout for CloudWatch, which nobody reads here.
            "POWERTOOLS_METRICS_DISABLED": "true",
            "MODEL_STORE": f"s3://{BUCKET}/{PREFIX}",
            "BOT_TOKEN_PARAMETER": TOKEN_PARAMETER,
            "WEBHOOK_SECRET_PARAMETER": SECRET_PARAMETER,
            "RECORDS_TABLE": TABLE,
            "MAX_RECEIVE_COUNT": str(MAX_RECEIVE_COUNT),
        } | environment
        self._before = {
            name: os.environ.get(name) for name in (*self.environment, "QUEUE_URL", "AWS_PROFILE")
        }
        os.environ.pop("AWS_PROFILE", None)
        os.environ.update(self.environment)
        boto3.setup_default_session()
        # moto's services are the process's own: what an earlier one held is still there.
        httpx.post(f"{self.server.url}/moto-api/reset").raise_for_status()
        self._make_queues()
        self._make_table()
        self._put_parameters(token, secret)
        self._upload(store)
        self._current = (store / "current.json").read_bytes()
        self.environment["QUEUE_URL"] = os.environ["QUEUE_URL"] = self.queue_url

    def close(self) -> None:
        """Forget everything, and put the environment back."""
        self.server.close()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def _make_queues(self) -> None:
        sqs = boto3.client("sqs")
        self.dead_letter_url = sqs.create_queue(QueueName=DEAD_LETTER_QUEUE)["QueueUrl"]
        redrive = {
            "deadLetterTargetArn": self._arn(self.dead_letter_url),
            "maxReceiveCount": MAX_RECEIVE_COUNT,
        }
        self.queue_url = sqs.create_queue(
            QueueName=QUEUE,
            Attributes={"VisibilityTimeout": str(VISIBILITY_TIMEOUT), "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]
        self.queue_arn = self._arn(self.queue_url)

    @staticmethod
    def _arn(queue_url: str) -> str:
        sqs = boto3.client("sqs")
        return sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]

    @staticmethod
    def _make_table() -> None:
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.update_time_to_live(
            TableName=TABLE, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiration"}
        )

    @staticmethod
    def _put_parameters(token: str, secret: str) -> None:
        ssm = boto3.client("ssm")
        for name, value in ((TOKEN_PARAMETER, token), (SECRET_PARAMETER, secret)):
            ssm.put_parameter(Name=name, Value=value, Type="SecureString")

    @staticmethod
    def seconds_hidden(message_id: str) -> float:
        """Until the queue hands a message out again; only moto can tell."""
        queue = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].get_queue(QUEUE)
        hidden = [message.visible_at for message in queue._messages if message.id == message_id]
        return max(0.0, *(at / 1000 - time.time() for at in hidden)) if hidden else 0.0

    def withhold_release(self) -> None:
        """Take out of the store what names the released bundle, as if nobody had published one."""
        boto3.client("s3").delete_object(Bucket=BUCKET, Key=_CURRENT)

    def restore_release(self) -> None:
        """Put it back."""
        boto3.client("s3").put_object(Bucket=BUCKET, Key=_CURRENT, Body=self._current)

    @staticmethod
    def _upload(store: Path) -> None:
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for file in sorted(path for path in store.rglob("*") if path.is_file()):
            s3.put_object(
                Bucket=BUCKET, Key=f"{PREFIX}/{file.relative_to(store).as_posix()}", Body=file.read_bytes()
            )
