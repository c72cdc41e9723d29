"""Stand-ins for what lies outside: Telegram, SSM, SQS, DynamoDB, and a recognizer that looks at nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import httpx
import numpy as np
from aws_lambda_powertools.utilities.idempotency import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
)
from aws_lambda_powertools.utilities.parameters.base import BaseProvider

from emotion_bot.chat.faces import SeenFace
from emotion_bot.records import AlbumGone
from emotion_bot.vision import Face, Recognition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from emotion_bot.bot import NoModel
    from emotion_bot.jobs import AlbumItem, AlbumJob

TOKEN = "123456:AA-unit-test-token"
SECRET = "unit-test_secret"
API = "https://telegram.test"
MESSAGE = {"message_id": 9, "date": 0, "chat": {"id": 1, "type": "private"}}


class FakeBotApi(httpx.AsyncBaseTransport):
    """Telegram's server: notes every call, and answers as told, by default with success."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.files = files if files is not None else {"photo": b"pixels"}
        """File id to content."""
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.uploads: list[bytes] = []
        self.answers: dict[str, list[httpx.Response | Exception]] = {}
        """What to answer to a method instead, in turn."""
        self.meanwhile: dict[str, Callable[[], Awaitable[object]]] = {}
        """What to wait for before a method is answered; for ten seconds at most."""
        self.rejected: set[str] = set()
        """Tokens that were good once."""
        self.webhook = ""
        """Where updates go."""

    def fail(self, method: str, code: int, description: str = "", **parameters: int) -> None:
        body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
        self.answers.setdefault(method, []).append(httpx.Response(code, json=body))

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def sent(self, method: str) -> dict[str, str]:
        """The one call of a method."""
        (call,) = [parameters for name, parameters in self.calls if name == method]
        return call

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url).startswith(API), request.url.host
        body = await request.aread()
        path = request.url.path
        token = path.removeprefix("/file").removeprefix("/bot").partition("/")[0]
        assert token in {TOKEN, *self.rejected}
        if path.startswith("/file/"):
            method, parameters = "download", {"path": path.rpartition("/")[2]}
        else:
            method, parameters = path.rpartition("/")[2], self._parameters(request, body)
        self.calls.append((method, parameters))
        if method in self.meanwhile:
            async with asyncio.timeout(10):
                await self.meanwhile[method]()
        if token in self.rejected:
            return httpx.Response(401, json={"ok": False, "error_code": 401, "description": "Unauthorized"})
        if self.answers.get(method):
            answer = self.answers[method].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self._succeed(method, parameters)

    def _parameters(self, request: httpx.Request, body: bytes) -> dict[str, str]:
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/"):
            return dict(parse_qsl(body.decode()))
        message = BytesParser(EmailMessage).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
        parameters = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            if part.get_filename():
                self.uploads.append(content)
            else:
                parameters[name] = content.decode()
        return parameters

    def _succeed(self, method: str, parameters: dict[str, str]) -> httpx.Response:
        if method == "download":
            return httpx.Response(200, content=self.files[parameters["path"]])
        if method == "getFile":
            file_id = parameters["file_id"]
            result: object = {
                "file_id": file_id,
                "file_unique_id": "u",
                "file_size": len(self.files[file_id]),
                "file_path": f"photos/{file_id}",
            }
        elif method == "getMe":
            result = {"id": 1, "is_bot": True, "first_name": "Emotions", "username": "emotion_test_bot"}
        elif method == "getWebhookInfo":
            result = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": 0}
        elif method in ("setWebhook", "deleteWebhook"):
            self.webhook, result = parameters.get("url", ""), True
        elif method in ("sendPhoto", "sendMessage"):
            result = MESSAGE
        elif method == "sendMediaGroup":
            result = [MESSAGE for _ in json.loads(parameters["media"])]
        else:
            result = True
        return httpx.Response(200, json={"ok": True, "result": result})


class FakeParameters(BaseProvider):
    """SSM: parameters by name; what is missing cannot be read."""

    def __init__(self, **values: str) -> None:
        self.values = values
        super().__init__()

    def _get(self, name: str, **_: object) -> str:
        return self.values[name]

    def _get_multiple(self, path: str, **_: object) -> dict[str, str]:
        raise NotImplementedError


@dataclass
class FakeQueue:
    """SQS: keeps what is sent, or fails."""

    error: Exception | None = None
    bodies: list[str] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    """Of each body, in seconds."""
    groups: list[str] = field(default_factory=list)
    """Of each body: whose turn SQS counts it as."""
    hidden: list[dict[str, object]] = field(default_factory=list)

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        MessageBody: str,  # noqa: N803
        DelaySeconds: int,  # noqa: N803
        MessageGroupId: str,  # noqa: N803
    ) -> None:
        assert QueueUrl == "https://sqs.test/1/photos"
        if self.error:
            raise self.error
        self.bodies.append(MessageBody)
        self.groups.append(MessageGroupId)
        self.delays.append(DelaySeconds)

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803
        return {"QueueUrl": f"https://sqs.test/1/{QueueName}"}

    def change_message_visibility(self, **parameters: object) -> None:
        if self.error:
            raise self.error
        self.hidden.append(parameters)


class InMemoryPersistence(BasePersistenceLayer):
    """DynamoDB: the records of Powertools' idempotency, in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, object] = {}
        self.error: Exception | None = None
        """What an update raises, as where the table cannot be reached."""
        self.is_gone = False
        """Whether all else raises, too."""

    def _get_record(self, idempotency_key):
        try:
            return self.records[idempotency_key]
        except KeyError:
            raise IdempotencyItemNotFoundError from None

    def _put_record(self, data_record):
        if self.is_gone:
            raise ConnectionError
        known = self.records.get(data_record.idempotency_key)
        if known is not None and not known.is_expired:
            raise IdempotencyItemAlreadyExistsError(old_data_record=known)
        self.records[data_record.idempotency_key] = data_record

    def _update_record(self, data_record):
        if self.error:
            raise self.error
        self.records[data_record.idempotency_key] = data_record

    def _delete_record(self, data_record):
        if self.error:
            raise self.error
        del self.records[data_record.idempotency_key]


class FakeAlbums:
    """The records of albums, as far as the recognizer asks for them: one album, or none."""

    def __init__(self, *items: AlbumItem) -> None:
        self.items = items
        self.is_gone = False
        self.is_forgotten = False
        self.error: Exception | None = None
        """What to forget an album raises, as where the table cannot be reached."""

    def take(self, job: AlbumJob) -> tuple[AlbumItem, ...]:
        if self.is_gone:
            raise AlbumGone
        return () if self.is_forgotten else self.items

    def forget(self, job: AlbumJob) -> None:
        if self.error:
            raise self.error
        self.is_forgotten = True


def face(
    emotion: str = "happy", score: float = 0.93, *, hard_to_tell: bool = False, too_small: bool = False
) -> Face:
    scores = dict.fromkeys(("happy", "sad", "neutral"), (1 - score) / 2) | {emotion: score}
    unclear = {"hard_to_tell": hard_to_tell, "too_small": too_small}
    return Face((2, 2, 20, 24), ((5, 5),) * 5, confidence=0.99, scores=scores, **unclear)


def seen(*faces: Face) -> list[SeenFace]:
    """The same faces, as the chat has words for them."""
    return [SeenFace(face.candidates, face.scores, face.box[2:]) for face in faces]


class FakeModel:
    """The bundle on its way: is there, or is not. One that is on trial looks at all photos."""

    def __init__(self, recognizer: FakeRecognizer) -> None:
        self.recognizer = recognizer
        self.error: NoModel | None = None
        self.trial: tuple[str, int] | None = None

    @property
    def deployed(self) -> SimpleNamespace:
        return self.recognizer.manifest

    def look(self, photo: bytes, update_id: int, use: Callable[[Recognition], object]) -> tuple[object, str]:
        model = self.trial[0] if self.trial else self.deployed.version
        return use(self.recognizer.recognize(photo)), model

    def load(self, patience: float) -> None:
        if self.error:
            raise self.error

    def close(self) -> None:
        pass


class FakeRecognizer:
    """Finds the faces that it was told of, or raises; in a photo of which it was told more, what is there."""

    def __init__(self, *faces: Face, error: Exception | None = None) -> None:
        self.faces, self.error = faces, error
        self.other: dict[bytes, Sequence[Face] | Exception] = {}
        """Photos with other faces than those, or with an error."""
        self.photos: list[bytes] = []
        self.manifest = SimpleNamespace(version="test-1", metrics={})
        self.loaded: list[Path] = []
        self.is_closed = False
        self.trial: SimpleNamespace | None = None
        self.on_trial: list[bytes] = []
        """Photos that were looked at on trial."""
        self.trial_error: Exception | None = None
        """What the bundle on trial raises, whatever it is to do."""

    def load(self, bundle: Path) -> None:
        self.loaded.append(bundle)

    def warm_up(self) -> None:
        if self.error:
            raise self.error

    def try_out(self, bundle: Path) -> None:
        if self.trial_error:
            raise self.trial_error
        self.loaded.append(bundle)
        self.trial = SimpleNamespace(version=bundle.name)

    def end_trial(self) -> None:
        self.trial = None

    def close(self) -> None:
        self.is_closed = True

    def recognize(self, photo: bytes, *, on_trial: bool = False) -> Recognition:
        if on_trial:
            self.on_trial.append(photo)
            if self.trial_error:
                raise self.trial_error
        self.photos.append(photo)
        faces = self.other.get(photo, self.error or self.faces)
        if isinstance(faces, Exception):
            raise faces
        return Recognition(photo=np.full((48, 64, 3), 128, np.uint8), faces=tuple(faces))


class Context:
    """Lambda's context object."""

    function_name = "unit-test"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-central-1:1:function:unit-test"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def __init__(self, milliseconds: int = 60_000) -> None:
        self.milliseconds = milliseconds

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def logged(output: str) -> list[dict[str, object]]:
    """The JSON lines that a function wrote, without the metrics."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" not in line]


def counted(output: str, model: str | None = None) -> dict[str, float]:
    """The counts that a function wrote, and their values; of several invocations, each one's last.

    Of a model, where one is named: those that are written under its version.
    """
    lines = [json.loads(line) for line in output.splitlines() if '"_aws"' in line]
    return {
        metric["Name"]: sum(np.atleast_1d(line[metric["Name"]]))
        for line in lines
        if line.get("model") == model
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
        if metric["Unit"] == "Count"
    }
