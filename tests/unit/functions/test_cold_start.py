"""What the recognizer has before its first photo, and that it starts without it, and asks again."""

from __future__ import annotations

import runpy
import subprocess
import sys
import threading
from functools import partial

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from urllib3.exceptions import SSLError

from emotion_bot import bot as bot_module
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.store import BundleNotFound, DigestMismatch, StoreError, s3
from emotion_bot.vision.apart import RecognitionFailed, RecognizerDied
from functions.recognizer import app
from tests.unit.fakes import (
    TOKEN,
    FakeAlbums,
    FakeQueue,
    FakeRecognizer,
    InMemoryPersistence,
    counted,
    face,
    logged,
)
from tests.unit.functions.messages import ABOUT, PHOTO, batch, failures, record


class Ssm:
    """The token, or why it cannot be read."""

    def __init__(self):
        self.token = TOKEN
        self.asked = 0

    def get_parameter(self, *, Name, WithDecryption):  # noqa: N803 - boto3's names
        assert (Name, WithDecryption) == ("token", True)
        self.asked += 1
        if isinstance(self.token, Exception):
            raise self.token
        return {"Parameter": {"Value": self.token}}


class Store:
    """What `open_bundle` finds."""

    def __init__(self, folder):
        self.folder, self.error, self.opened = folder, None, []

    def open(self, store, engine):
        self.opened.append((store, engine))
        if self.error:
            raise self.error
        return self.folder


@pytest.fixture
def ssm():
    return Ssm()


@pytest.fixture
def store(monkeypatch, tmp_path):
    store = Store(tmp_path)
    monkeypatch.setattr(bot_module, "open_bundle", store.open)
    return store


@pytest.fixture
def recognizer():
    return FakeRecognizer(face())


@pytest.fixture(autouse=True)
def cold(api, ssm, store, recognizer, monkeypatch):
    """Telegram, SSM, store and recognizer are fakes; other clients are real, and ask nothing."""
    client = boto3.client
    monkeypatch.setattr(app.boto3, "client", lambda name, **_: ssm if name == "ssm" else client(name))
    monkeypatch.setattr(app, "Telegram", partial(Telegram, transport=api))
    monkeypatch.setattr(app, "recognizer", lambda: recognizer)
    monkeypatch.setattr(app, "DynamoDBPersistenceLayer", lambda **_: InMemoryPersistence())
    monkeypatch.setattr(app, "Albums", lambda *_: FakeAlbums())
    app.bot.cache_clear()
    yield
    if app.bot.cache_info().currsize:
        app.bot().close()
    app.bot.cache_clear()


@pytest.fixture
def answered(context):
    """Whether a photo is answered; the queue is a fake."""

    def is_answered(update_id, job=PHOTO, delivery=1):
        parts = app.bot()
        object.__setattr__(parts, "sqs", FakeQueue())
        return not failures(app.handler(batch(record(job | {"update_id": update_id}, 1, delivery)), context))

    return is_answered


def test_all_that_can_be_done_before_the_first_photo_is_done_once(api, ssm, store, recognizer, answered):
    app.get_ready()
    assert store.opened == [("models", "litert")]
    assert recognizer.loaded == [store.folder]
    assert app.bot().telegram.bot.token == TOKEN
    assert api.methods == ["getMe"]
    assert answered(1)
    assert answered(2)
    assert (len(store.opened), ssm.asked) == (1, 1)


NO_MODEL = [
    DigestMismatch("1/litert.zip", "a" * 64, "b" * 64),
    BundleNotFound("models holds no current.json"),
    FileNotFoundError("/tmp/emotion-bot-0 was emptied"),
    StoreError("s3://models/current.json cannot be read: Connect timeout"),
    StoreError("The manifest.json is not of this bot's format (format: Input should be 2)"),
]


@pytest.mark.parametrize("error", NO_MODEL, ids=["altered", "missing", "emptied", "out of reach", "older"])
def test_without_its_model_it_starts_counts_it_and_asks_again(
    api, store, recognizer, answered, log, capsys, error
):
    store.error = error
    app.get_ready()
    (line,) = logged(log.getvalue())
    assert (line["level"], line["reason"]) == ("CRITICAL", str(error))
    assert counted(capsys.readouterr().out) == {"NoModel": 1}
    assert not answered(1)
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "NoModel": 1, "PhotoFailed": 1}
    assert not [method for method in api.methods if method.startswith("send")]
    store.error = None
    assert answered(1)
    assert api.methods.count("sendPhoto") == 1
    assert len(store.opened) == 3


def test_the_altered_bundle_is_named_with_both_digests(store, log):
    store.error = NO_MODEL[0]
    app.get_ready()
    (line,) = logged(log.getvalue())
    assert all(word in line["reason"] for word in ("1/litert.zip", "aaaaaaaaaaaa", "bbbbbbbbbbbb"))


def test_a_warm_one_goes_on_whatever_becomes_of_the_store(store, answered):
    app.get_ready()
    store.error = NO_MODEL[0]
    assert answered(1)
    assert len(store.opened) == 1


def test_the_farewell_needs_no_model(api, store, answered):
    store.error = NO_MODEL[0]
    app.get_ready()
    assert not answered(1, delivery=6)
    assert api.sent("sendMessage")["text"] == texts("en").apology
    assert len(store.opened) == 1


def test_jobs_of_a_batch_wait_for_one_fetch(store, context):
    app.bot()
    object.__setattr__(app.bot(), "sqs", FakeQueue())
    jobs = [record(ABOUT | {"update_id": number}, number) for number in range(10)]
    assert failures(app.handler(batch(*jobs), context)) == []
    assert len(store.opened) == 1


def test_init_does_not_wait_for_ever_and_the_first_photo_takes_what_has_come(
    store, answered, monkeypatch, log
):
    may_open, open_bundle = threading.Event(), store.open

    def open_late(*asked):
        assert may_open.wait(10)
        return open_bundle(*asked)

    monkeypatch.setattr(bot_module, "open_bundle", open_late)
    monkeypatch.setattr(app, "INIT_TIME", 0.001)
    app.get_ready()
    assert "no model" not in log.getvalue()
    may_open.set()
    assert answered(1)
    assert len(store.opened) == 1


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetParameter"),
        ConnectTimeoutError(endpoint_url="https://ssm.test"),
    ],
    ids=["denied", "out of reach"],
)
def test_without_its_token_it_starts_counts_it_and_asks_again(api, ssm, answered, log, capsys, error):
    ssm.token = error
    app.get_ready()
    (line,) = logged(log.getvalue())
    assert (line["level"], line["message"]) == ("CRITICAL", "no token")
    assert counted(capsys.readouterr().out) == {"TokenUnavailable": 1}
    assert not answered(1)
    assert counted(capsys.readouterr().out) == {"Jobs": 1, "PhotoFailed": 1, "TokenUnavailable": 1}
    assert api.methods == []
    ssm.token = TOKEN
    assert answered(1)


UNFIT = [
    RecognizerDied("signal 11"),
    RecognitionFailed("ValueError in litert.py, line 7"),
    SSLError("of urllib3, which botocore lets through in the middle of a bundle"),
]


@pytest.mark.parametrize("error", UNFIT, ids=["crashes", "cannot be loaded", "no error of the store's"])
def test_a_bundle_that_does_not_work_is_none_and_the_one_that_it_is_rolled_back_to_is_taken(
    store, recognizer, answered, log, capsys, error
):
    recognizer.error = error
    app.get_ready()
    (line,) = logged(log.getvalue())
    assert (line["message"], line["reason"]) == ("no model", str(error))
    assert ("exception" in line) == isinstance(error, SSLError)
    assert counted(capsys.readouterr().out) == {"NoModel": 1}
    assert not answered(1)
    recognizer.error = None
    assert answered(1)
    assert len(store.opened) == len(recognizer.loaded) == 3


def test_what_init_asks_of_aws_fails_before_init_does():
    """Each try can wait for a connection or for an answer; between them standard mode pauses for a second."""
    for config in (app.AT_INIT, s3.PATIENCE):
        tries = config.retries["total_max_attempts"]
        assert tries * max(config.connect_timeout, config.read_timeout) + (tries - 1) < app.INIT_TIME < 10


def test_in_lambda_all_of_it_happens_at_init(monkeypatch, store, capfd):
    """The module is run once more, as the runtime would import it."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    store.error = NO_MODEL[0]
    monkeypatch.setattr(Telegram, "connect", nothing)
    module = runpy.run_path(app.__file__, run_name="app")
    assert module["bot"].cache_info().currsize == 1
    assert counted(capfd.readouterr().out) == {"NoModel": 1}
    module["bot"]().close()


def test_what_holds_the_keys_loads_nothing_that_reads_pixels():
    code = "import sys, functions.recognizer.app; print({name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "boto3" in loaded
    assert not [name for name in ("numpy", "cv2", "ai_edge_litert", "tensorflow") if f"'{name}'" in loaded]


async def nothing(_self):
    """Instead of a connection."""
