"""What the chat page's server lets in, and from whom, and what it shows of the chat."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import cv2
import httpx
import numpy as np
import pytest

from emotion_bot.chat.texts import COMMANDS, LANGUAGES, texts
from playground.page.samples import SAMPLES


@pytest.fixture
def mine(telegram, page):
    """The messages that the page's person sent."""

    def messages():
        chat_id = max(telegram.chats)
        return [
            message
            for (chat, _), message in telegram.messages.items()
            if chat == chat_id and not message["from"]["is_bot"]
        ]

    return messages


@pytest.fixture
def post(page):
    def send(path, **content) -> httpx.Response:
        return httpx.post(page.url + path, timeout=60, **content)

    return send


@pytest.fixture
def events(page):
    """The page's stream: an iterator of (number, event)."""

    @contextmanager
    def read(**headers):
        with httpx.stream("GET", f"{page.url}/events", headers=headers, timeout=60) as stream:
            lines = stream.iter_lines()

            def each():
                for line in lines:
                    if line.startswith("id: "):
                        yield int(line[4:]), json.loads(next(lines).removeprefix("data: "))

            yield each()

    return read


def test_the_page_and_what_it_needs_are_served_from_here_alone(page):
    html = httpx.get(page.url)

    assert html.status_code == 200
    assert html.headers["content-security-policy"].startswith("default-src 'self'")
    assert html.headers["etag"]
    assert "://" not in html.text
    parts = set(re.findall(r'(?:src|href)="(/[^"#]+)', html.text))
    assert any(part.endswith(".js") for part in parts)
    for part in parts:
        assert httpx.get(page.url + part).status_code == 200
    for name in SAMPLES:
        assert httpx.get(f"{page.url}/samples/{name}").status_code == 200
        small = httpx.get(f"{page.url}/samples/small/{name}")
        assert small.headers["content-type"] == "image/webp"
        assert len(small.content) < 10_000


@pytest.mark.parametrize("path", ["/", "/static/page.js", "/static/style.css", "/static/bot.svg"])
def test_what_the_page_is_written_in_comes_compressed_to_those_who_take_it_so(page, path):
    packed = httpx.get(page.url + path)
    plain = httpx.get(page.url + path, headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)
    again = httpx.get(page.url + path, headers={"If-None-Match": packed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/samples/CREDITS.txt",
        "/samples/small/CREDITS.md",
        "/samples/../cli.py",
        "/samples/..%2fcli.py",
        "/files/x",
        "/crops/1/1/1.png",
        "/static/server.py",
    ],
)
def test_nothing_else_is_served(page, path):
    answer = httpx.get(page.url + path)

    assert answer.status_code == 404
    assert answer.json() == {"error": "Not Found."}


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8080"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_is_refused(page, mine, post, headers):
    body = {"text": "hello", "language": "en"}

    for path in ("/text", "/press", "/engine", "/faults", "/file"):
        assert post(path, json=body, headers=headers).status_code == 403
    assert httpx.get(f"{page.url}/about", headers=headers).status_code == 403
    assert not mine()


def test_a_link_to_the_page_works_and_so_does_the_page_itself(page, mine, post):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    own = {"Origin": page.url, "Sec-Fetch-Site": "same-origin"}

    assert httpx.get(page.url, headers=link).status_code == 200
    assert post("/text", json={"text": "hello"}, headers=link).status_code == 403
    assert post("/text", json={"text": "hello"}, headers=own).status_code == 204
    assert len(mine()) == 1


@pytest.mark.parametrize(
    ("path", "content", "sentence"),
    [
        ("/text", {"json": []}, "JSON object"),
        ("/text", {"content": b"{"}, "JSON object"),
        ("/text", {"data": {"text": "a form"}}, "JSON object"),
        ("/text", {"json": {"text": 1}}, "Write something"),
        ("/text", {"json": {"text": "  "}}, "Write something"),
        ("/text", {"json": {"text": "x" * 4097}}, "at most 4096 characters"),
        ("/text", {"json": {"text": "x", "language": "<b>"}}, "by its code"),
        ("/text", {"json": {"text": "x", "reply_to": 999_999_999}}, "not in this chat"),
        ("/text", {"json": {"text": "x", "reply_to": "1"}}, "by its number"),
        ("/file", {"data": {"language": "en"}}, "Choose a file"),
        ("/file", {"files": [("file", ("a", b""))] * 31}, "at most 30 files"),
        ("/file", {"files": {"file": b"x"}, "data": {"caption": "x" * 1025}}, "at most 1024 characters"),
        ("/file", {"files": {"file": b"x"}, "data": {"reply_to": "x"}}, "by its number"),
        ("/press", {"json": {"message_id": 1}}, "Name the button"),
        ("/press", {"json": {"message_id": 1, "data": "x", "language": "en"}}, "no such button"),
        ("/engine", {"json": {"engine": "steam"}}, "litert or tensorflow"),
        ("/engine", {"json": {"engine": "litert", "install": 1}}, "true or false"),
        ("/faults", {"json": {}}, "slow, flood and no_bundle"),
        ("/faults", {"json": {"slow": "yes"}}, "true or false"),
        ("/faults", {"json": {"hail": True}}, "slow, flood and no_bundle"),
    ],
)
def test_each_mistake_is_one_sentence_and_nothing_happens(mine, post, path, content, sentence):
    answer = post(path, **content)

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]
    assert answer.json()["error"].endswith(".")
    assert not mine()


@pytest.mark.parametrize(
    ("size", "sentence"), [(33 << 20, "a.jpg is larger than 32 MB"), (129 << 20, "128 MB")]
)
def test_uploads_are_bounded(mine, post, size, sentence):
    answer = post("/file", files={"file": ("a.jpg", bytes(size))})

    assert answer.status_code == 413
    assert sentence in answer.json()["error"]
    assert not mine()


@pytest.mark.parametrize("language", ["en", "de", "pt-BR", "xx"])
def test_the_bot_is_introduced_in_the_language_of_the_person(page, language):
    about = httpx.get(f"{page.url}/about", params={"language": language}).json()
    known = texts(language[:2])

    assert about["description"] == known.description
    assert about["commands"] == [
        {"command": command, "description": known.command_descriptions[command]} for command in COMMANDS
    ]
    assert about["username"] == "emotion_playground_bot"
    assert about["samples"] == list(SAMPLES)
    assert [entry["code"] for entry in about["languages"]] == list(LANGUAGES)
    assert httpx.get(f"{page.url}/about", params={"language": "?"}).status_code == 400


def test_what_happens_in_the_chat_streams_to_the_page_and_no_other_chat(person, page, mine, post, events):
    person.send_text("not for this page")
    post("/text", json={"text": "/help", "language": "ru"})
    with events() as stream:
        number, event = next((number, event) for number, event in stream if "message" in event)
    with events(**{"Last-Event-ID": str(number - 1)}) as stream:
        resumed = next(stream)

    assert event["message"] == mine()[0]
    assert event["message"]["from"]["language_code"] == "ru"
    assert resumed == (number, event)


def test_a_photo_of_the_chat_is_served_and_kept_by_the_browser(page, mine, post, photos):
    post("/file", files={"file": (photos / "obama.jpg").read_bytes()}, data={"caption": "me"})
    (message,) = mine()
    address = f"{page.url}/files/{message['photo'][-1]['file_id']}"
    image = httpx.get(address)

    assert message["caption"] == "me"
    assert image.headers["content-type"] == "image/jpeg"
    assert httpx.get(address, headers={"If-None-Match": image.headers["etag"]}).status_code == 304


def test_a_file_that_is_no_photo_is_not_served(page, mine, post):
    post("/file", files={"file": ("page.html", b"<script>alert(1)</script>")})
    (message,) = mine()

    assert httpx.get(f"{page.url}/files/{message['document']['file_id']}").status_code == 404


def test_several_photos_are_albums_of_ten_and_other_files_stand_alone(mine, post):
    grey = cv2.imencode(".jpg", np.full((20, 20), 127, np.uint8))[1].tobytes()
    files = [("file", (f"{number}.jpg", grey)) for number in range(12)] + [("file", ("a.txt", b"text"))]
    first = post("/text", json={"text": "hello"})
    reply_to = str(mine()[0]["message_id"])
    sent = post("/file", files=files, data={"caption": "all", "language": "de", "reply_to": reply_to})
    messages = mine()[1:]

    assert (first.status_code, sent.status_code) == (204, 204)
    groups = [message.get("media_group_id") for message in messages]
    assert [groups.count(group) for group in dict.fromkeys(groups)] == [10, 2, 1]
    assert [message.get("caption") for message in messages] == ["all"] + [None] * 12
    assert "document" in messages[-1]
    assert {message["reply_to_message"]["message_id"] for message in messages} == {int(reply_to)}


def test_buttons_are_pressed_and_answered(mine, post, until):
    post("/text", json={"text": "/language", "language": "en"})
    question = until("message", lambda message: "reply_markup" in message)
    button = question["reply_markup"]["inline_keyboard"][0][1]
    press = {"message_id": question["message_id"], "data": button["callback_data"], "language": "en"}

    assert post("/press", json=press).status_code == 204
    alert = until("alert")
    assert alert["message_id"] == question["message_id"]
    assert alert["text"] == texts("de").language_chosen
    assert until("trace", lambda trace: trace["what"] == "button")["state"] in ("delivering", "done")
