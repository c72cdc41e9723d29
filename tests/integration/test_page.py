"""What the chat page's server lets in, and from whom."""

from __future__ import annotations

import json

import httpx
import pytest

from playground.page.server import SAMPLES, Page
from playground.telegram import Telegram


@pytest.fixture
def world():
    return Telegram("42:emulated")


@pytest.fixture
def page(world):
    page = Page(world, 0)
    yield page
    page.close()


def test_the_page_and_what_it_needs_are_served_from_here_alone(page):
    html = httpx.get(page.url)

    assert html.status_code == 200
    assert html.headers["content-security-policy"].startswith("default-src 'self'")
    assert "://" not in html.text
    for name in ("style.css", "script.js", "bot.svg"):
        assert f"/static/{name}" in html.text
        assert httpx.get(f"{page.url}/static/{name}").status_code == 200
    for name in SAMPLES:
        assert httpx.get(f"{page.url}/samples/{name}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/samples/CREDITS.txt", "/samples/../cli.py", "/samples/..%2fcli.py", "/files/x"]
)
def test_nothing_else_is_served(page, path):
    assert httpx.get(page.url + path).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:8080"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_another_sites_page_is_refused(world, page, headers):
    body = {"text": "hello", "language": "en"}

    assert httpx.post(f"{page.url}/text", json=body, headers=headers).status_code == 403
    assert httpx.get(f"{page.url}/about", headers=headers).status_code == 403
    assert not world.messages
    assert httpx.post(f"{page.url}/text", json=body, headers={"Origin": page.url}).status_code == 204


@pytest.mark.parametrize(
    "request_of",
    [
        {"json": []},
        {"json": {"text": 1}},
        {"json": {"text": "  "}},
        {"content": b"{"},
        {"data": {"text": "a form of another site"}},
    ],
)
def test_a_text_that_is_none_is_refused(world, page, request_of):
    assert httpx.post(f"{page.url}/text", **request_of).status_code == 400
    assert not world.messages


def test_uploads_are_bounded(world, page):
    file = {"file": ("a.jpg", bytes(33 * 2**20))}

    assert httpx.post(f"{page.url}/file", files=file).status_code == 413
    assert httpx.post(f"{page.url}/file", data={"language": "en"}).status_code == 400
    assert not world.files


def test_what_happens_in_the_chat_streams_to_the_page(world, page, photos):
    httpx.post(f"{page.url}/text", json={"text": "hello", "language": "ru"})
    file = {"file": ("obama.jpg", (photos / "obama.jpg").read_bytes())}
    httpx.post(f"{page.url}/file", files=file, data={"language": "ru"})
    world.show_action(next(iter(world.chats)), "upload_photo")

    with httpx.stream("GET", f"{page.url}/events") as stream:
        lines = (line.removeprefix("data: ") for line in stream.iter_lines() if line.startswith("data: "))
        text, photo, action = (json.loads(next(lines)) for _ in range(3))
    with httpx.stream("GET", f"{page.url}/events", headers={"Last-Event-ID": "1"}) as stream:
        resumed = next(line for line in stream.iter_lines() if line.startswith("data: "))

    assert text["message"]["text"] == "hello"
    assert text["message"]["from"]["language_code"] == "ru"
    largest = photo["message"]["photo"][-1]["file_id"]
    assert httpx.get(f"{page.url}/files/{largest}").headers["content-type"] == "image/jpeg"
    assert action["action"] == "upload_photo"
    assert json.loads(resumed.removeprefix("data: ")) == action


def test_a_file_that_is_no_photo_is_not_served(world, page):
    httpx.post(f"{page.url}/file", files={"file": ("page.html", b"<script>alert(1)</script>")})
    (file_id,) = world.files

    assert httpx.get(f"{page.url}/files/{file_id}").status_code == 404
