"""The webhook's URL, as strangers and Telegram's repetitions find it."""

from __future__ import annotations

import json

import httpx
import pytest


@pytest.fixture
def jobs(bot, person, monkeypatch):
    """The update ids of the person's jobs that reach the recognizer, in order."""
    ids, invoke = [], bot.recognizer.invoke

    def noted(event):
        bodies = [json.loads(record["body"]) for record in event["Records"]]
        ids.extend(body["update_id"] for body in bodies if body["chat_id"] == person.chat_id)
        return invoke(event)

    monkeypatch.setattr(bot.recognizer, "invoke", noted)
    return ids


@pytest.fixture
def post(telegram, bot):
    def send(content: bytes, secret: str | None = None) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        headers["X-Telegram-Bot-Api-Secret-Token"] = bot.secret if secret is None else secret
        return httpx.post(telegram.webhook.url, content=content, headers=headers)

    return send


@pytest.mark.parametrize("secret", ["", "wrong", "Ω"])
def test_a_stranger_is_refused_and_nothing_is_queued(person, photos, wait, jobs, post, secret):
    photo = (photos / "rocket.jpg").read_bytes()
    first = person.send_photo(photo)
    wait(person, first)
    forged = json.dumps(first | {"update_id": 7}).encode()

    assert post(forged, secret.encode() if secret == "Ω" else secret).status_code == 403
    second = person.send_photo(photo)
    wait(person, second)
    # Had the forged one been queued, it would have come before the second.
    assert jobs == [first["update_id"], second["update_id"]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"update_id": "1"}',
        b'{"update_id": 1, "message": {}}',
        b"[" * 100_000,
    ],
    ids=["nothing", "null", "list", "cut", "bytes", "id", "message", "nested"],
)
def test_a_malformed_update_is_taken_so_that_it_does_not_come_again(jobs, post, content):
    answer = post(content)

    assert answer.status_code == 200
    assert answer.content == b""
    assert jobs == []


def test_the_same_update_is_answered_once(telegram, person, photos, wait, jobs):
    photo = (photos / "rocket.jpg").read_bytes()
    first = person.send_photo(photo)
    wait(person, first)

    telegram.send_update(person.chat_id, first)
    second = person.send_photo(photo)
    wait(person, second)

    assert jobs == [first["update_id"], first["update_id"], second["update_id"]]
    assert len(person.answers()) == 2
