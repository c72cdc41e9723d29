"""The way out: what is fetched, from where and how much; what is sent; what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import traceback
from types import SimpleNamespace

import httpx
import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from emotion_bot.chat import telegram as module
from emotion_bot.chat.constants import Limit
from emotion_bot.chat.errors import (
    FileTooBig,
    Refused,
    TelegramFailure,
    TokenRejected,
    TryAgain,
    Undeliverable,
)
from emotion_bot.chat.telegram import Telegram
from emotion_bot.jobs import Origin
from tests.unit.fakes import API, TOKEN, FakeBotApi

PATIENCE = 10
"""Seconds that a test waits for what comes at once."""
ORIGIN = Origin(update_id=7, chat_id=-1005, message_id=3, thread_id=42, language="en")


@pytest.fixture
def api():
    return FakeBotApi()


@pytest.fixture
def do(api):
    """Run `do(method, *arguments)` of a Telegram that talks to the fake one."""

    def run(method, *arguments):
        async def use():
            telegram = Telegram(TOKEN, f"{API}/", transport=api)
            try:
                return await getattr(telegram, method)(*arguments)
            finally:
                await telegram.close()

        return asyncio.run(use())

    return run


def file(**changes):
    result = {
        "file_id": "photo",
        "file_unique_id": "u",
        "file_size": 6,
        "file_path": "photos/photo",
        **changes,
    }
    return httpx.Response(200, json={"ok": True, "result": result})


def test_a_file_is_fetched_in_two_steps(api, do):
    assert do("download", "photo") == b"pixels"
    assert api.calls == [("getFile", {"file_id": "photo"}), ("download", {"path": "photo"})]


def test_what_telegram_says_is_too_big_is_not_even_begun(api, do):
    api.answers["getFile"] = [file(file_size=Limit.DOWNLOAD_BYTES + 1)]
    with pytest.raises(FileTooBig):
        do("download", "photo")
    assert api.methods == ["getFile"]


def test_what_telegram_refuses_as_too_big_is_too_big(api, do):
    api.fail("getFile", 400, "Bad Request: file is too big")
    with pytest.raises(FileTooBig):
        do("download", "photo")


def test_what_turns_out_too_big_is_broken_off(api, do):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 1 << 20
            yield b"x" * (1 << 20)

    api.answers["getFile"] = [file(file_size=6)]
    api.answers["download"] = [httpx.Response(200, content=endless())]
    with pytest.raises(FileTooBig):
        do("download", "photo")
    assert read <= Limit.DOWNLOAD_BYTES + (2 << 20)


def test_a_file_of_exactly_the_limit_is_fetched(api, do):
    api.files["photo"] = bytes(Limit.DOWNLOAD_BYTES)
    assert len(do("download", "photo")) == Limit.DOWNLOAD_BYTES


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "/etc/passwd",
        "pyproject.toml",
        "https://elsewhere.test/photo",
        "//elsewhere.test/photo",
        "../../bot/getMe",
        "photos/../../secret",
        "photos/photo?x=1",
        "photos/photo#x",
        "photos//photo",
        "@elsewhere.test/photo",
        "photos\\photo",
        "photos/\nphoto",
    ],
)
def test_a_path_that_leads_elsewhere_is_not_followed(api, do, path):
    api.answers["getFile"] = [file(file_path=path)]
    with pytest.raises(TryAgain, match="not its own"):
        do("download", "photo")
    assert api.methods == ["getFile"]


@pytest.mark.parametrize("code", [301, 302, 404, 500])
def test_whatever_is_no_file_is_tried_again(api, do, code):
    api.answers["download"] = [httpx.Response(code, headers={"location": "https://elsewhere.test/"})]
    with pytest.raises(TryAgain, match=str(code)):
        do("download", "photo")
    assert api.methods == ["getFile", "download"]


def test_a_file_that_drips_is_given_up(api, do, monkeypatch):
    async def drip():
        await asyncio.Event().wait()
        yield b""

    monkeypatch.setattr(module, "_DOWNLOAD_TIMEOUT", 0.01)
    api.answers["download"] = [httpx.Response(200, content=drip())]
    with pytest.raises(TryAgain, match="TimeoutError"):
        do("download", "photo")


def test_a_photo_is_sent_as_a_reply_in_its_topic(api, do):
    do("send_photo", ORIGIN, b"\xff\xd8jpeg", "caption")
    call = api.sent("sendPhoto")
    assert (call["chat_id"], call["message_thread_id"], call["caption"]) == ("-1005", "42", "caption")
    assert json.loads(call["reply_parameters"]) == {"message_id": 3, "allow_sending_without_reply": True}
    assert api.uploads == [b"\xff\xd8jpeg"]


def test_buttons_stand_under_a_photo(api, do):
    do(
        "send_photo",
        ORIGIN,
        b"jpeg",
        "caption",
        InlineKeyboardMarkup([[InlineKeyboardButton("1", None, "x")]]),
    )
    assert json.loads(api.sent("sendPhoto")["reply_markup"]) == {
        "inline_keyboard": [[{"text": "1", "callback_data": "x"}]]
    }


def test_an_album_is_sent_in_one_call_with_one_caption(api, do):
    do("send_album", ORIGIN, [b"\xff\xd8one", b"\xff\xd8two", b"\xff\xd8three"], "caption")
    call = api.sent("sendMediaGroup")
    assert (call["chat_id"], call["message_thread_id"]) == ("-1005", "42")
    assert json.loads(call["reply_parameters"]) == {"message_id": 3, "allow_sending_without_reply": True}
    media = json.loads(call["media"])
    assert [item["type"] for item in media] == ["photo"] * 3
    assert [item.get("caption") for item in media] == ["caption", None, None]
    assert api.uploads == [b"\xff\xd8one", b"\xff\xd8two", b"\xff\xd8three"]


def test_a_text_is_sent_as_a_reply(api, do):
    do("send_text", ORIGIN.model_copy(update={"thread_id": None}), "sentence")
    call = api.sent("sendMessage")
    assert (call["text"], "message_thread_id" in call) == ("sentence", False)
    assert json.loads(call["reply_parameters"])["message_id"] == 3


@pytest.mark.parametrize(
    ("code", "description", "parameters", "failure", "message"),
    [
        (403, "Forbidden: bot was blocked by the user", {}, Undeliverable, "blocked by the user"),
        (400, "Bad Request: chat not found", {}, Refused, "Chat not found"),
        (
            400,
            "Bad Request: group chat was upgraded",
            {"migrate_to_chat_id": -7},
            Undeliverable,
            "supergroup",
        ),
        (401, "Unauthorized", {}, TokenRejected, "BotFather"),
        (404, "Not Found", {}, TokenRejected, "BotFather"),
        (409, "Conflict", {}, TryAgain, "Conflict"),
        (429, "Too Many Requests", {"retry_after": 17}, TryAgain, "17 s"),
        (500, "Internal Server Error", {}, TryAgain, "cannot be reached"),
        (502, "Bad Gateway", {}, TryAgain, "cannot be reached"),
    ],
)
def test_what_telegram_refuses(api, do, code, description, parameters, failure, message):
    api.fail("sendMessage", code, description, **parameters)
    with pytest.raises(failure, match=message) as caught:
        do("send_text", ORIGIN, "sentence")
    assert getattr(caught.value, "retry_after", None) == parameters.get("retry_after")


TROUBLES = [
    httpx.ConnectError(f"{API}/bot{TOKEN}"),
    httpx.ReadTimeout(f"{API}/bot{TOKEN}"),
    httpx.RemoteProtocolError(f"{API}/bot{TOKEN}"),
    httpx.InvalidURL(f"{API}/bot{TOKEN}"),
    *(httpx.Response(code, text=f"{TOKEN} heart of gold") for code in (400, 401, 403, 500)),
]
ATTEMPTS = module._CONNECTIONS + 1
CALLS = {
    "sendMessage": ("send_text", ORIGIN, "sentence"),
    "sendMediaGroup": ("send_album", ORIGIN, [b"one", b"two"], "caption"),
    "getFile": ("download", "photo"),
    "download": ("download", "photo"),
}
NO_JSON = httpx.Response(200, text=f"{TOKEN} heart of gold")


@pytest.mark.parametrize(
    ("method", "trouble"),
    [
        *((method, trouble) for method in CALLS for trouble in TROUBLES),
        ("sendMessage", NO_JSON),
        ("sendMediaGroup", NO_JSON),
        ("getFile", NO_JSON),
    ],
)
def test_neither_errors_nor_logs_tell_the_token(api, do, caplog, capfd, method, trouble):
    caplog.set_level(logging.INFO)
    api.answers[method] = [trouble] * ATTEMPTS
    with pytest.raises(TelegramFailure) as caught:
        do(*CALLS[method])
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in told
    assert "heart of gold" not in told


@pytest.mark.parametrize(
    "error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadTimeout]
)
def test_connections_that_died_while_they_were_kept_cost_no_photo(api, do, error):
    api.answers["getFile"] = [error("died in the freeze")] * (ATTEMPTS - 1)
    assert do("download", "photo") == b"pixels"
    assert api.methods == ["getFile"] * ATTEMPTS + ["download"]


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_a_network_that_is_down_is_not_asked_again(api, do, error):
    api.answers["getFile"] = [error("no route")]
    with pytest.raises(TryAgain):
        do("download", "photo")
    assert api.methods == ["getFile"]


def test_an_answer_that_may_be_out_is_never_sent_again(api, do):
    api.answers["sendMessage"] = [httpx.RemoteProtocolError("gone")]
    with pytest.raises(TryAgain):
        do("send_text", ORIGIN, "sentence")
    assert api.methods == ["sendMessage"]


def test_a_connection_opened_ahead_is_no_trouble_when_it_fails(api, do):
    api.answers["getMe"] = [httpx.ConnectError("no route")]
    do("connect")
    assert api.methods == ["getMe"]


class KeptConnections:
    """A Bot API server on this machine that keeps its connections, counts them, and drops them when told."""

    def __init__(self):
        self.api, self.opened, self.open = FakeBotApi(), 0, set()

    async def answer(self, reader, writer):
        self.opened += 1
        self.open.add(writer)
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
                method, path, _ = head[0].split()
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                headers = {"content-type": headers.get("content-type", "")}
                response = await self.api.handle_async_request(
                    httpx.Request(method, API + path, headers=headers, content=body)
                )
                content = await response.aread()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
                await writer.drain()
        writer.close()

    async def drop(self):
        for writer in self.open:
            writer.close()
            await writer.wait_closed()
        self.open.clear()


@pytest.fixture
def over_a_network():
    """Run `use(telegram, server)` with a Telegram that talks to KeptConnections over real sockets."""

    def run(use):
        async def serve():
            kept = KeptConnections()
            async with await asyncio.start_server(kept.answer, "127.0.0.1", 0) as server:
                port = server.sockets[0].getsockname()[1]
                telegram = Telegram(TOKEN, f"http://127.0.0.1:{port}")
                async with asyncio.timeout(PATIENCE):
                    await use(telegram, kept)
                    await telegram.close()
                    await kept.drop()
            return kept

        return asyncio.run(serve())

    return run


async def one_photo(telegram):
    assert await telegram.download("photo") == b"pixels"
    await telegram.send_photo(ORIGIN, b"jpeg", "caption")


def test_methods_and_files_and_the_next_photo_share_one_connection(over_a_network):
    async def use(telegram, server):
        await telegram.connect()
        await one_photo(telegram)
        await one_photo(telegram)

    server = over_a_network(use)
    assert server.api.methods == ["getMe", *["getFile", "download", "sendPhoto"] * 2]
    assert server.opened == 1


def test_a_connection_that_telegram_closed_meanwhile_is_replaced(over_a_network):
    async def use(telegram, server):
        await one_photo(telegram)
        await server.drop()
        await one_photo(telegram)

    server = over_a_network(use)
    assert server.api.methods == ["getFile", "download", "sendPhoto"] * 2
    assert server.opened == 2


@pytest.mark.parametrize(("seconds", "connections"), [(60, 1), (75, 2)])
def test_an_idle_connection_is_kept_for_a_minute_and_let_go_before_telegram_does(
    over_a_network, monkeypatch, seconds, connections
):
    async def use(telegram, server):
        await one_photo(telegram)
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + seconds)
        monkeypatch.setattr("httpcore._async.http11.time", later)
        await one_photo(telegram)

    assert over_a_network(use).opened == connections


def test_when_all_goes_well_the_libraries_are_silent(do, caplog):
    caplog.set_level(logging.INFO)
    do("download", "photo")
    do("send_text", ORIGIN, "sentence")
    assert caplog.text == ""


def test_only_the_server_of_the_settings_is_asked(do):
    """The fake one fails at every other address; and the real default is Telegram's own."""
    do("send_photo", ORIGIN, b"jpeg", "caption")
    assert Telegram(TOKEN, "https://api.telegram.org/").bot.base_url == f"https://api.telegram.org/bot{TOKEN}"
