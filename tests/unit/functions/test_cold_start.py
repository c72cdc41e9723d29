"""What the recognizer has before its first photo, and that it starts without it, and asks again."""

from __future__ import annotations

import runpy
import subprocess
import sys
import threading
from functools import partial
from types import SimpleNamespace

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import SSLError

from emotion_bot import bot as bot_module
from emotion_bot.bot import is_tried_on
from emotion_bot.chat.telegram import Telegram
from emotion_bot.chat.texts import texts
from emotion_bot.store import BundleNotFound, DigestMismatch, StoreError, s3
from emotion_bot.vision import Recognition
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
    """What `open_bundles` finds."""

    def __init__(self, folder):
        self.folder, self.error, self.opened = folder, None, []
        self.trial, self.trial_error = None, None

    def open(self, store, engine):
        self.opened.append((store, engine))
        if self.error:
            raise self.error
        return SimpleNamespace(deployed=self.folder, trial=self.trial, open_trial=self.open_trial)

    def open_trial(self, trial):
        if self.trial_error:
            raise self.trial_error
        return self.folder / trial.version


@pytest.fixture
def ssm():
    return Ssm()


@pytest.fixture
def store(monkeypatch, tmp_path):
    store = Store(tmp_path)
    monkeypatch.setattr(bot_module, "open_bundles", store.open)
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


def test_each_time_that_telegram_says_slow_down_is_counted(api, answered, capsys):
    app.get_ready()
    api.fail("getFile", 429, retry_after=0)
    api.fail("sendPhoto", 429, retry_after=400)
    assert not answered(1)
    assert counted(capsys.readouterr().out)["TelegramThrottled"] == 2


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

    monkeypatch.setattr(bot_module, "open_bundles", open_late)
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


def test_whatever_is_logged_once_there_is_a_model_names_it(recognizer, answered, log):
    app.get_ready()
    assert answered(1)
    recognizer.other[b"pixels"] = RecognitionFailed("ValueError")
    assert not answered(2)
    assert not answered(3, delivery=6)
    lines = logged(log.getvalue())
    assert [line["message"] for line in lines] == ["photo answered", "photo not answered", "photo given up"]
    assert {line["model"] for line in lines} == {"test-1"}
    app.bot().close()
    app.bot.cache_clear()
    app.logger.info("another function of this process")
    assert "model" not in logged(log.getvalue())[-1]


class TestTrial:
    """A second model looks at a share of the photos, and costs no answer whatever becomes of it."""

    OF_ALL = 99  # of 100 updates; the tests' fall to it

    @pytest.fixture(autouse=True)
    def trial(self, store):
        store.trial = SimpleNamespace(version="2", share=self.OF_ALL)

    def test_both_are_loaded_before_the_first_photo(self, store, recognizer, answered):
        app.get_ready()
        assert recognizer.loaded == [store.folder, store.folder / "2"]
        assert app.bot().model.trial == ("2", self.OF_ALL)
        assert answered(1)
        assert len(store.opened) == 1

    def test_its_photos_are_logged_and_counted_under_its_version(self, recognizer, answered, log, capsys):
        app.get_ready()
        assert answered(1)
        assert recognizer.on_trial == [b"pixels"]
        (line,) = logged(log.getvalue())
        assert (line["message"], line["model"]) == ("photo answered", "2")
        printed = capsys.readouterr().out
        assert counted(printed, "2").items() >= {"Photos": 1, "Faces": 1, "Unsure": 0}.items()
        assert "NoTrialModel" not in counted(printed)

    def test_the_others_are_the_deployed_ones(self, store, recognizer, answered, capsys):
        store.trial.share = 10
        shares = {update for update in range(100) if is_tried_on(update, 10)}
        app.get_ready()
        for update in range(100):
            assert answered(update)
        printed = capsys.readouterr().out.splitlines()
        photos = [sum(counted(line, model).get("Photos", 0) for line in printed) for model in ("test-1", "2")]
        assert photos == [100 - len(shares), len(shares)]
        assert len(recognizer.on_trial) == len(shares)

    NO_TRIAL = (DigestMismatch("2/litert.zip", "a" * 64, "b" * 64), KeyError("a bug"))

    @pytest.mark.parametrize("error", NO_TRIAL, ids=["altered", "a bug"])
    def test_one_that_cannot_be_fetched_costs_nothing_but_its_trial(
        self, store, recognizer, answered, log, capsys, error
    ):
        store.trial_error = error
        app.get_ready()
        (line,) = logged(log.getvalue())
        assert (line["level"], line["message"]) == ("ERROR", "no model on trial")
        assert (line["trial"], line["model"], line["reason"]) == ("2", "test-1", str(error))
        assert ("exception" in line) == isinstance(error, KeyError)
        assert counted(capsys.readouterr().out) == {"NoTrialModel": 1}
        assert answered(1)
        assert recognizer.on_trial == []
        assert app.bot().model.trial is None
        assert counted(capsys.readouterr().out, "test-1")["Photos"] == 1

    @pytest.mark.parametrize("error", [RecognizerDied("signal 11"), RecognitionFailed("ValueError")])
    def test_one_that_cannot_be_loaded_costs_nothing_but_its_trial(self, recognizer, answered, capsys, error):
        recognizer.trial_error = error
        app.get_ready()
        assert counted(capsys.readouterr().out) == {"NoTrialModel": 1}
        assert answered(1)

    @pytest.mark.parametrize("error", [RecognizerDied("20 s"), RecognitionFailed("ValueError")])
    def test_where_it_dies_of_a_photo_the_deployed_one_answers_and_it_is_asked_no_more(
        self, recognizer, answered, log, capsys, error
    ):
        app.get_ready()
        recognizer.trial_error = error
        assert answered(1)
        no_trial, line = logged(log.getvalue())
        assert (no_trial["message"], no_trial["trial"]) == ("no model on trial", "2")
        assert (line["message"], line["model"]) == ("photo answered", "test-1")
        assert counted(capsys.readouterr().out)["NoTrialModel"] == 1
        assert answered(2)
        assert len(recognizer.on_trial) == 1

    def test_of_a_photo_that_the_deployed_one_dies_of_too_it_is_not_to_blame(
        self, recognizer, answered, capsys
    ):
        app.get_ready()
        recognizer.trial_error = RecognizerDied("signal 11")
        recognizer.other[b"pixels"] = RecognizerDied("signal 11")
        assert not answered(1)
        assert "NoTrialModel" not in counted(capsys.readouterr().out)
        assert app.bot().model.trial

    def test_what_is_drawn_is_part_of_it(self, recognizer, answered, monkeypatch):
        app.get_ready()
        monkeypatch.setattr(Recognition, "annotate", fail_once(RecognitionFailed("ValueError")))
        assert answered(1)
        assert app.bot().model.trial is None


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 98))
def test_a_larger_share_has_the_photos_of_a_smaller_one(update_id, share):
    assert is_tried_on(update_id, share) <= is_tried_on(update_id, share + 1)
    assert not is_tried_on(update_id, 0)
    assert is_tried_on(update_id, 100)


@pytest.mark.parametrize("share", [1, 10, 50])
@pytest.mark.parametrize("step", [1, 2, 10, 1000])
def test_the_share_is_of_the_photos_however_their_updates_are_numbered(share, step):
    tried = sum(is_tried_on(number * step, share) for number in range(20_000))
    assert tried / 20_000 == pytest.approx(share / 100, abs=0.01)


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


def fail_once(error):
    """Instead of a picture, and then a picture."""
    outcomes = iter([error])

    def annotate(self, labels):
        if failure := next(outcomes, None):
            raise failure
        return b"jpeg"

    return annotate


async def nothing(_self):
    """Instead of a connection."""
