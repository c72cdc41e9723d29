"""Local AWS: S3, SQS, DynamoDB and SSM by moto, with the very resources that the template makes."""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import boto3
import httpx
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from playground.loopback import HOST, Server
from playground.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from moto.sqs.models import Message

    from playground.services import How

REGION: Final = "eu-central-1"
BUCKET = "emotion-bot-models"
PREFIX = "models"
QUEUE = "emotion-bot-photos"
DEAD_LETTER_QUEUE = "emotion-bot-photos-dead-letter"
TABLE = "emotion-bot-records"
TOKEN_PARAMETER = "/emotion-bot/bot-token"  # noqa: S105 - a name, not a secret
SECRET_PARAMETER = "/emotion-bot/webhook-secret"  # noqa: S105 - a name, not a secret
_CURRENT: Final = f"{PREFIX}/current.json"
ATTEMPTS = 5
"""At a job; as in infra/template.yaml."""
MAX_RECEIVE_COUNT = ATTEMPTS + 1
"""Deliveries of a job: those, and the farewell."""
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
        max_receive_count: deliveries of a job before it is set aside.
        visibility: seconds that the queue hides a job that was handed out.
    """

    def __init__(
        self,
        store: Path,
        token: str,
        secret: str,
        environment: dict[str, str],
        *,
        max_receive_count: int = MAX_RECEIVE_COUNT,
        visibility: int = VISIBILITY_TIMEOUT,
    ) -> None:
        logging.getLogger("moto").setLevel(logging.ERROR)
        self._services = Services()
        self.server = Server(self._services)
        self._max_receive_count, self._visibility = max_receive_count, visibility
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
            "MAX_RECEIVE_COUNT": str(max_receive_count),
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
            "maxReceiveCount": self._max_receive_count,
        }
        self.queue_url = sqs.create_queue(
            QueueName=QUEUE,
            Attributes={"VisibilityTimeout": str(self._visibility), "RedrivePolicy": json.dumps(redrive)},
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
        hidden = [message.visible_at for message in _messages(QUEUE) if message.id == message_id]
        return max(0.0, *(at / 1000 - time.time() for at in hidden)) if hidden else 0.0

    def unreachable(self, service: str, how: How = "closed") -> AbstractContextManager[None]:
        """A service, "s3", "sqs", "dynamodb" or "ssm", is out of reach meanwhile."""
        return self._services.unreachable(service, how)

    @property
    def waiting(self) -> int:
        """Jobs in the queue, whether hidden, delayed or to be had."""
        return len(_messages(QUEUE))

    @property
    def dead(self) -> int:
        """Jobs that were set aside."""
        return len(_messages(DEAD_LETTER_QUEUE))

    def redrive(self) -> int:
        """Put the dead letters back into the queue, as StartMessageMoveTask does, which moto lacks: how many.

        Each is a new message: its id, its age and the count of its deliveries begin anew.
        """
        sqs, moved = boto3.client("sqs"), 0
        while messages := sqs.receive_message(QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                sqs.send_message(QueueUrl=self.queue_url, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=self.dead_letter_url, ReceiptHandle=message["ReceiptHandle"])
            moved += len(messages)
        return moved

    @contextmanager
    def altered(self, name: str, change: Callable[[bytes], bytes | None]) -> Iterator[None]:
        """An object of the store, such as "current.json", is another meanwhile, or missing where None."""
        s3, key = boto3.client("s3"), f"{PREFIX}/{name}"
        before = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        now = change(before)
        if now is None:
            s3.delete_object(Bucket=BUCKET, Key=key)
        else:
            s3.put_object(Bucket=BUCKET, Key=key, Body=now)
        try:
            yield
        finally:
            s3.put_object(Bucket=BUCKET, Key=key, Body=before)

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


def _messages(queue: str) -> list[Message]:
    """All that a queue holds. SQS tells two counts; who comes out of hiding between them is in neither."""
    return list(sqs_backends[DEFAULT_ACCOUNT_ID][REGION].get_queue(queue)._messages)
