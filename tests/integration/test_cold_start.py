"""The model comes from the store once per cold start, only as it was published, as soon as it can be had."""

from __future__ import annotations

import json
import logging
import tempfile

import pytest

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
