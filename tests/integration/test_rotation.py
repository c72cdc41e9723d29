"""The bot's token is replaced at Telegram, then in its parameter: environments that are warm take it up."""

from __future__ import annotations

import boto3
import pytest

from playground.aws import TOKEN_PARAMETER
from playground.runtime.event_source import Watcher

NEW = "1000000:rotated"


@pytest.fixture
def keep():
    """Put a token into the parameter."""

    def put(token):
        boto3.client("ssm").put_parameter(
            Name=TOKEN_PARAMETER, Value=token, Type="SecureString", Overwrite=True
        )

    return put


@pytest.fixture(autouse=True)
def warm(telegram, bot, keep, monkeypatch):
    """A recognizer that looks for another token whenever it needs one, not every ten seconds."""
    with monkeypatch.context() as patch:
        patch.setattr("emotion_bot.chat.account._READ_AGAIN", 0)
        bot.recognizer.stop()
        bot.recognizer.start()
        before = telegram.token
        yield
    telegram.token = before
    keep(before)
    bot.recognizer.stop()
    bot.recognizer.start()


def test_photos_are_answered_before_and_after_and_none_is_lost(telegram, person, photos, wait, keep):
    photo = (photos / "obama.jpg").read_bytes()
    assert "caption" in wait(person, person.send_photo(photo))

    telegram.token = NEW
    keep(NEW)

    assert "caption" in wait(person, person.send_photo(photo))
    assert len(person.answers()) == 2


@pytest.mark.usefixtures("impatient")
def test_one_that_comes_before_the_parameter_is_changed_is_answered_after(
    telegram, bot, person, photos, wait, keep
):
    failed = []

    class Failed(Watcher):
        def received(self, message):
            if failed:
                keep(NEW)

        def given_back(self, message):
            failed.append(message)

    telegram.token = NEW
    watcher = Failed()
    bot.jobs.watchers.append(watcher)
    try:
        update = person.send_photo((photos / "obama.jpg").read_bytes())
        assert "caption" in wait(person, update)
    finally:
        bot.jobs.watchers.remove(watcher)
    assert len(failed) == 1
    assert len(person.answers()) == 1
