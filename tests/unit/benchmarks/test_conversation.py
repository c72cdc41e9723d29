"""What is measured of the conversation; the playground is a stand-in, but for its webhook's answers."""

from __future__ import annotations

import json
import zipfile
from types import SimpleNamespace

import pytest

from benchmarks import conversation, talking
from benchmarks.conversation import NotTalking
from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.chat.updates import parse


def test_what_is_uploaded_is_weighed_as_it_is_packed(monkeypatch, tmp_path):
    layer = tmp_path / "layer" / "python"
    layer.mkdir(parents=True)
    (layer / "zeros").write_bytes(bytes(1_000_000))
    monkeypatch.setattr(conversation, "layer", lambda: tmp_path / "layer")
    packed = conversation.zipped()
    assert 500 < packed["layer"] < 5000
    assert packed["zip"] > 1000
    file = conversation._zip(tmp_path / "layer.zip", tmp_path / "layer", "**/*")
    assert "python/zeros" in zipfile.ZipFile(file).namelist()


def test_the_import_is_that_of_the_middle_one_and_the_first_does_not_count(monkeypatch):
    times = iter(["9", "0.3", "0.1", "0.2"])
    monkeypatch.setattr(conversation, "_said", lambda *_: next(times))
    assert conversation.imported(3) == 200


def test_who_gives_up_is_said_in_one_sentence():
    with pytest.raises(NotTalking, match=r"^The page failed: no bundle here$"):
        conversation._said(["sh", "-c", "echo noise >&2; echo no bundle here >&2; exit 1"], {}, "the page")


class Webhook:
    """Notes what it is asked, and answers it."""

    def __init__(self, answer):
        self.answer, self.events = answer, []

    def invoke(self, event):
        self.events.append(event)
        return self.answer


@pytest.mark.parametrize(("known", "chats"), [(True, 1), (False, talking.COMMANDS * (talking.WARM_UP + 1))])
def test_the_webhook_is_asked_for_help_in_chats_that_it_knows_or_not(known, chats):
    bot = SimpleNamespace(webhook=Webhook({"body": '{"method": "sendMessage"}'}), secret="s")
    assert talking.commands(bot, 1, known=known) >= 0
    updates = [json.loads(event["body"]) for event in bot.webhook.events]
    assert len({update["message"]["chat"]["id"] for update in updates}) == chats
    assert bot.webhook.events[0]["headers"][SECRET_HEADER] == "s"
    assert parse(updates[0]).name == "help"


def test_an_answer_that_is_none_is_not_timed():
    bot = SimpleNamespace(webhook=Webhook({"statusCode": 503, "body": ""}), secret="s")
    with pytest.raises(SystemExit, match="503"):
        talking.commands(bot, 1, known=True)
