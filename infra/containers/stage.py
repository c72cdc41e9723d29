"""What one event needs around it, of its own: a Telegram with its chat, a queue, a table, parameters."""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import boto3
import cv2
import httpx
import numpy as np

from emotion_bot.jobs import AlbumItem, AlbumJob, read_job
from emotion_bot.records import Albums
from playground.aws import BUCKET, PREFIX, REGION

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from emotion_bot.jobs import Job
    from infra.containers.world import World

Json = dict[str, Any]
_COUNTS: Final = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed")

ROOT: Final = Path(__file__).parents[2]
SECRET: Final = "local-webhook-secret"  # noqa: S105 - what the sample events say
PHOTO: Final = (ROOT / "playground" / "photos" / "two_people.jpg").read_bytes()


class Services:
    """Clients of the world's AWS, made once: boto3's sessions are no business of several threads."""

    def __init__(self, url: str) -> None:
        session = boto3.Session("test", "test", region_name=REGION)
        self.s3 = session.client("s3", endpoint_url=url)
        self.sqs = session.client("sqs", endpoint_url=url)
        self.dynamodb = session.client("dynamodb", endpoint_url=url)
        self.ssm = session.client("ssm", endpoint_url=url)

    def upload(self, store: Path) -> None:
        """The models, laid out as in a stack's bucket."""
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for file in sorted(store.rglob("*")):
            if file.is_file():
                self.s3.upload_file(str(file), BUCKET, f"{PREFIX}/{file.relative_to(store).as_posix()}")


class Stage:
    """An event's surroundings. Photos that it names are the same photo of two people."""

    def __init__(self, world: World, services: Services, event: Json, photo: bytes = PHOTO) -> None:
        self.world, self.services = world, services
        self.name = secrets.token_hex(4)
        self.token = f"42:{self.name}"
        services.ssm.put_parameter(Name=f"/{self.name}/token", Value=self.token, Type="SecureString")
        services.ssm.put_parameter(Name=f"/{self.name}/secret", Value=SECRET, Type="SecureString")
        services.dynamodb.create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self.queue_url = services.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self._fill(event, photo)

    @property
    def variables(self) -> dict[str, str]:
        """What the functions find in their environment."""
        return {
            "BOT_TOKEN_PARAMETER": f"/{self.name}/token",
            "WEBHOOK_SECRET_PARAMETER": f"/{self.name}/secret",
            "QUEUE_URL": self.queue_url.replace(self.world.aws_here, self.world.aws),
            "RECORDS_TABLE": self.name,
            "MODEL_STORE": f"s3://{BUCKET}/{PREFIX}",
            "TELEGRAM_API_URL": self.world.telegram,
        }

    def jobs(self) -> list[Job]:
        """What is in the queue, also what it holds back for a while; to be had once."""
        counts = self.services.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["All"])
        if not any(int(counts["Attributes"][name]) for name in _COUNTS):
            return []
        told = self.services.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=5
        )
        return [read_job(message["Body"]) for message in told.get("Messages", ())]

    def records(self) -> Json:
        """What is in the table, by id."""
        items = self.services.dynamodb.scan(TableName=self.name)["Items"]
        return {item["id"]["S"]: item for item in items}

    def call(self, method: str, **parameters: object) -> Json:
        """Call the emulated Telegram, as it does itself with what a webhook answers."""
        url = f"{self.world.telegram_here}/bot{self.token}/{method}"
        return dict(httpx.post(url, json=parameters, trust_env=False).json())

    def told(self) -> Json:
        """What the emulated Telegram received."""
        return self.world.told(self.token)

    def download(self, file_id: str) -> NDArray[np.uint8]:
        """A picture that it keeps: uint8 (H, W, 3), BGR."""
        path = self.call("getFile", file_id=file_id)["result"]["file_path"]
        content = httpx.get(
            f"{self.world.telegram_here}/file/bot{self.token}/{path}", trust_env=False
        ).content
        return cast("NDArray[np.uint8]", cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR))

    def _fill(self, event: Json, photo: bytes) -> None:
        seed: Json = {"chats": [], "messages": [], "queries": [], "files": {}}
        if "body" in event:
            self._take_update(event, seed)
        for record in event.get("Records", ()):
            self._take_job(json.loads(record["body"]), seed, b64encode(photo).decode())
        self.world.begin(self.token, seed)

    def _take_update(self, event: Json, seed: Json) -> None:
        body = event["body"]
        try:
            update = json.loads(b64decode(body) if event.get("isBase64Encoded") else body)
        except ValueError:
            return
        query = update.get("callback_query")
        message = (
            query["message"] if query else next(value for key, value in update.items() if key != "update_id")
        )
        seed["chats"].append(message["chat"])
        seed["messages"] += [message, *filter(None, [message.get("reply_to_message")])]
        seed["queries"] += filter(None, [query])

    def _take_job(self, body: Json, seed: Json, photo: str) -> None:
        if "chat_id" not in body:
            return
        chat = {"id": body["chat_id"], "type": "private", "first_name": "Ada"}
        person = {"id": body["chat_id"], "is_bot": False, "first_name": "Ada"}
        seed["chats"].append(chat)
        seed["messages"].append({"message_id": body["message_id"], "date": 0, "chat": chat, "from": person})
        if "file_id" in body:
            seed["files"][body["file_id"]] = photo
        if body.get("kind") == "album":
            albums = Albums(self.services.dynamodb, self.name)
            job = AlbumJob.model_validate(body)
            for number in (21, 22):
                albums.join(job, AlbumItem(message_id=number, file_id=f"photo{number}"))
                seed["files"][f"photo{number}"] = photo
