"""The model comes from the store once per cold start, only as it was published, as soon as it can be had."""

from __future__ import annotations

import json
import logging
import tempfile
import zipfile

import boto3
import pytest

from emotion_bot.bot import is_tried_on
from emotion_bot.chat.texts import texts
from emotion_bot.store.bundle import digest, pack
from emotion_bot.telemetry import logger
from playground.aws import BUCKET, PREFIX


@pytest.fixture(autouse=True)
def cold(bot, monkeypatch, tmp_path):
    """A machine that has unpacked no bundle yet, and a recognizer that has not started."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        bot.recognizer.stop()
        yield
        bot.recognizer.stop()
    bot.recognizer.start()


@pytest.fixture
def fetched(bot, monkeypatch):
    """The names of the objects that are read from the store."""
    names, app = [], bot.aws.server.app

    def noted(environ, start_response):
        folder, _, name = environ["PATH_INFO"].removeprefix(f"/{BUCKET}/").partition("/")
        if environ["REQUEST_METHOD"] == "GET" and folder == PREFIX:
            names.append(name)
        return app(environ, start_response)

    monkeypatch.setattr(bot.aws.server, "app", noted)
    return names


@pytest.fixture
def told():
    """Why there is no model, each time that the log says so."""
    reasons = []

    class Reasons(logging.Handler):
        def emit(self, record):
            if record.getMessage() == "no model":
                reasons.append(record.reason)

    handler = Reasons()
    logger.addHandler(handler)
    yield reasons
    logging.getLogger(logger.name).removeHandler(handler)


@pytest.fixture
def zip_name(store):
    return f"{json.loads((store / 'current.json').read_text())['version']}/litert.zip"


def test_only_the_first_invocation_fetches_the_model(person, photos, wait, fetched, zip_name):
    photo = (photos / "rocket.jpg").read_bytes()

    wait(person, person.send_photo(photo))
    assert fetched == ["current.json", zip_name]

    wait(person, person.send_photo(photo))
    assert fetched == ["current.json", zip_name]


def flip(content):
    return content[:-1] + bytes([content[-1] ^ 1])


SPOILT = {
    "altered": ("litert.zip", flip, "SHA-256 should be"),
    "truncated": ("litert.zip", lambda content: content[:-100], "SHA-256 should be"),
    "missing": ("litert.zip", lambda _: None, "holds no"),
    "unreleased": ("current.json", lambda _: None, "holds no current.json"),
    "malformed": ("current.json", lambda content: content[:-20], "malformed"),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", SPOILT)
def test_without_the_bundle_that_was_published_nothing_is_answered_until_it_is_back(
    bot, person, photos, wait, told, zip_name, kind
):
    name, change, reason = SPOILT[kind]
    name = zip_name if name == "litert.zip" else name
    with bot.jobs.held(), bot.aws.altered(name, change):
        bot.recognizer.start()
        assert [reason in why for why in told] == [True]
        update = person.send_photo((photos / "obama.jpg").read_bytes())
        with bot.recognizer.borrow() as module:
            parts = module.bot()
        with pytest.raises(module.NoModel):
            parts.model.load(20)
        assert person.answers() == []
    assert "caption" in wait(person, update)
    assert len(person.answers()) == 1


@pytest.fixture
def answered_by():
    """The version of the model that each answer's log line names."""
    models = []

    class Models(logging.Handler):
        def emit(self, record):
            if record.getMessage() == "photo answered":
                models.append(record.model)

    handler = Models()
    logger.addHandler(handler)
    yield models
    logging.getLogger(logger.name).removeHandler(handler)


@pytest.fixture
def on_trial(bot, store, zip_name, tmp_path):
    """Have a copy of the released bundle, called "trial", look at a share of the photos."""

    def begin(share, change=lambda packed: packed):
        folder = tmp_path / "trial"
        with zipfile.ZipFile(store / zip_name) as released:
            released.extractall(folder)
        manifest = json.loads((folder / "manifest.json").read_bytes())
        (folder / "manifest.json").write_text(json.dumps(manifest | {"version": "trial"}))
        packed = pack(folder)
        key = f"{PREFIX}/trial/litert.zip"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=change(packed))
        trial = {"version": "trial", "sha256": {"litert": digest(packed)}, "share": share}
        return bot.aws.altered(
            "current.json", lambda current: json.dumps(json.loads(current) | {"trial": trial}).encode()
        )

    return begin


def test_both_models_answer_each_its_share(
    bot, person, photos, wait, told, fetched, zip_name, on_trial, answered_by
):
    photo = (photos / "obama.jpg").read_bytes()
    with on_trial(50):
        fetched.clear()  # of what this test did itself
        bot.recognizer.start()
        updates = []
        for _ in range(6):
            updates.append(person.send_photo(photo))
            assert "caption" in wait(person, updates[-1])
            assert bot.faces(updates[-1]) == 1
        about = wait(person, person.send_text("/about"))["text"]
    released = zip_name.partition("/")[0]
    expected = ["trial" if is_tried_on(update["update_id"], 50) else released for update in updates]
    assert answered_by == expected
    assert fetched == ["current.json", zip_name, "trial/litert.zip"]
    assert texts("en").about(released, None, None, ("trial", 50)).split("\n\n")[2] in about
    assert told == []


def test_a_trial_whose_bundle_is_not_what_was_published_costs_no_answer(
    bot, person, photos, wait, zip_name, on_trial, answered_by
):
    with on_trial(99, flip):
        bot.recognizer.start()
        update = person.send_photo((photos / "obama.jpg").read_bytes())
        assert "caption" in wait(person, update)
        assert bot.faces(update) == 1
    assert answered_by == [zip_name.partition("/")[0]]


def test_a_warm_one_goes_on_with_what_it_has(bot, person, photos, wait, told, zip_name):
    bot.recognizer.start()
    with bot.aws.altered(zip_name, flip), bot.aws.altered("current.json", lambda _: None):
        assert "caption" in wait(person, person.send_photo((photos / "obama.jpg").read_bytes()))
    assert told == []


@pytest.mark.parametrize("how", ["closed", "failing"])
def test_where_the_store_is_out_of_reach_no_photo_is_lost(bot, person, photos, wait, told, how):
    with bot.jobs.held(), bot.aws.unreachable("s3", how):
        bot.recognizer.start()
        assert ["cannot be read" in why for why in told] == [True]
        update = person.send_photo((photos / "obama.jpg").read_bytes())
    assert "caption" in wait(person, update)


def test_where_the_token_cannot_be_read_no_photo_is_lost(bot, person, photos, wait):
    with bot.jobs.held():
        with bot.aws.unreachable("ssm", "failing"):
            bot.recognizer.start()
        update = person.send_photo((photos / "obama.jpg").read_bytes())
    assert "caption" in wait(person, update)
