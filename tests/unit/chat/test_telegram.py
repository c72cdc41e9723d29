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
    TokenUnavailable,
    TryAgain,
    Undeliverable,
)
from emotion_bot.chat.telegram import Telegram
from emotion_bot.jobs import Origin
from tests.unit.fakes import API, TOKEN, FakeBotApi

PATIENCE = 10
"""Seconds that a test waits for what comes at once."""
TRIES = 3
"""For what may be asked twice."""
ORIGIN = Origin(update_id=7, chat_id=-1005, message_id=3, thread_id=42, language="en")


@pytest.fixture
def api():
    return FakeBotApi()


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """How long the bot has waited; it takes no time."""
    seconds = []

    async def note(wait):
        seconds.append(wait)

    monkeypatch.setattr(asyncio, "sleep", note)
    return seconds


@pytest.fixture
def do(api):
    """Run `do(method, *arguments)` of a Telegram that talks to the fake one."""

    def run(method, *arguments, token=TOKEN, **settings):
        async def use():
            telegram = Telegram(token, f"{API}/", transport=api, **settings)
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
    api.answers["getFile"] = [file(file_path=path) for _ in range(TRIES)]
    with pytest.raises(TryAgain, match="not its own"):
        do("download", "photo")
    assert set(api.methods) == {"getFile"}


@pytest.mark.parametrize("code", [301, 302, 404, 500])
def test_whatever_is_no_file_is_tried_again(api, do, code):
    elsewhere = {"location": "https://elsewhere.test/"}
    api.answers["download"] = [httpx.Response(code, headers=elsewhere) for _ in range(TRIES)]
    with pytest.raises(TryAgain, match=str(code)):
        do("download", "photo")
    assert api.methods == ["getFile", "download"] * TRIES


def test_a_file_that_drips_is_given_up(api, do, monkeypatch):
    async def drip():
        await asyncio.Event().wait()
        yield b""

    monkeypatch.setattr(module, "_DOWNLOAD_TIMEOUT", 0.01)
    api.answers["download"] = [httpx.Response(200, content=drip()) for _ in range(TRIES)]
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
ASKED = module._CONNECTIONS + 1
"""How often at one try, where kept connections die one after the other."""
CALLS = {
    "sendMessage": ("send_text", ORIGIN, "sentence"),
    "sendPhoto": ("send_photo", ORIGIN, b"jpeg", "caption"),
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
    api.answers[method] = [trouble] * (TRIES * ASKED)
    with pytest.raises(TelegramFailure) as caught:
        do(*CALLS[method])
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in told
    assert "heart of gold" not in told


@pytest.mark.parametrize(
    "error", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadTimeout]
)
def test_connections_that_died_while_they_were_kept_cost_no_photo(api, do, error):
    api.answers["getFile"] = [error("died in the freeze")] * (ASKED - 1)
    assert do("download", "photo") == b"pixels"
    assert api.methods == ["getFile"] * ASKED + ["download"]


NOT_OUT = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")]
MAYBE_OUT = [
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    httpx.WriteError("x"),
    httpx.WriteTimeout("x"),
    httpx.RemoteProtocolError("x"),
    httpx.Response(500, json={"ok": False, "error_code": 500, "description": "Internal Server Error"}),
    httpx.Response(502, text="<html>Bad Gateway</html>"),
    httpx.Response(200, text="no JSON"),
]
SLOW_DOWN = (429, "Too Many Requests: retry later")


class TestPatience:
    """What is tried again within a call, and what is not."""

    @pytest.mark.parametrize("trouble", [*NOT_OUT, *MAYBE_OUT], ids=repr)
    def test_a_file_may_be_asked_for_three_times(self, api, do, waits, trouble):
        api.answers["download"] = [trouble] * (TRIES - 1)
        if trouble is MAYBE_OUT[-1]:  # as good a file as any
            del api.answers["download"][:]
            api.answers["getFile"] = [trouble] * (TRIES - 1)
        assert do("download", "photo") == b"pixels"
        assert waits == list(module._PAUSES)

    def test_after_the_third_time_it_fails(self, api, do):
        api.answers["getFile"] = [httpx.ConnectError("no route")] * (TRIES + 1)
        with pytest.raises(TryAgain, match="cannot be reached"):
            do("download", "photo")
        assert api.methods == ["getFile"] * TRIES

    def test_what_is_too_big_is_asked_for_once(self, api, do):
        api.files["photo"] = bytes(Limit.DOWNLOAD_BYTES + 1)
        with pytest.raises(FileTooBig):
            do("download", "photo")
        assert api.methods == ["getFile"]

    @pytest.mark.parametrize("trouble", NOT_OUT, ids=repr)
    @pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendMediaGroup"])
    def test_what_certainly_is_not_out_is_sent_again(self, api, do, waits, method, trouble):
        api.answers[method] = [trouble] * (TRIES - 1)
        do(*CALLS[method])
        assert api.methods == [method] * TRIES
        assert waits == list(module._PAUSES)

    def test_what_is_still_not_out_after_the_third_time_is_not_uncertain(self, api, do):
        api.answers["sendMessage"] = [httpx.ConnectError("no route")] * TRIES
        with pytest.raises(TryAgain) as caught:
            do("send_text", ORIGIN, "sentence")
        assert not caught.value.is_uncertain

    @pytest.mark.parametrize("trouble", MAYBE_OUT, ids=repr)
    @pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendMediaGroup"])
    def test_what_may_be_out_is_never_sent_again(self, api, do, method, trouble):
        api.answers[method] = [trouble]
        with pytest.raises(TryAgain) as caught:
            do(*CALLS[method])
        assert caught.value.is_uncertain
        assert api.methods == [method]

    def test_what_is_cut_off_while_it_is_sent_may_be_out(self, api, do):
        async def cut_off():
            asyncio.current_task().cancel()
            await asyncio.Event().wait()

        api.meanwhile["sendMessage"] = cut_off
        with pytest.raises(TryAgain, match="cut off") as caught:
            do("send_text", ORIGIN, "sentence")
        assert caught.value.is_uncertain

    @pytest.mark.parametrize("method", ["getFile", "sendMessage", "sendPhoto", "sendMediaGroup"])
    def test_where_telegram_says_slow_down_it_waits_and_goes_on(self, api, do, waits, method):
        api.fail(method, *SLOW_DOWN, retry_after=3)
        api.fail(method, *SLOW_DOWN, retry_after=7)
        do(*CALLS[method])
        assert api.methods.count(method) == 3
        assert waits == [3, 7]

    @pytest.mark.parametrize("method", CALLS)
    def test_each_time_that_it_says_so_is_told(self, api, do, method):
        told = []
        for _ in range(2):
            api.fail(method, *SLOW_DOWN, retry_after=1)
        do(*CALLS[method], throttled=lambda: told.append(method))
        assert told == [method] * 2

    def test_even_where_the_connection_is_only_opened_ahead(self, api, do):
        told = []
        api.fail("getMe", *SLOW_DOWN, retry_after=1)
        do("connect", throttled=lambda: told.append("getMe"))
        assert told == ["getMe"]

    def test_for_longer_than_ten_seconds_it_does_not_wait(self, api, do, waits):
        api.fail("sendMessage", *SLOW_DOWN, retry_after=11)
        with pytest.raises(TryAgain) as caught:
            do("send_text", ORIGIN, "sentence")
        assert (caught.value.retry_after, caught.value.is_uncertain, waits) == (11, False, [])

    def test_ten_seconds_are_all_there_is(self, api, do, waits):
        for seconds in (4, 4, 4):
            api.fail("sendMessage", *SLOW_DOWN, retry_after=seconds)
        with pytest.raises(TryAgain):
            do("send_text", ORIGIN, "sentence")
        assert waits == [4, 4]

    @pytest.mark.parametrize("code", [400, 403])
    def test_a_refusal_is_final(self, api, do, code):
        api.fail("sendMessage", code, "Forbidden: bot was blocked by the user")
        with pytest.raises(Undeliverable):
            do("send_text", ORIGIN, "sentence")
        assert api.methods == ["sendMessage"]


class TestToken:
    """Another token than at first, and when it is looked for."""

    OLD, NEW = "123456:old", TOKEN
    REJECTED = (401, "Unauthorized")

    @pytest.fixture
    def read(self, api):
        """Where the token is kept; the fake Telegram takes the new one only."""
        api.rejected.add(self.OLD)
        tokens = [self.NEW]

        def read_token():
            read_token.count += 1
            token = tokens[-1]
            if isinstance(token, Exception):
                raise token
            return token

        read_token.count, read_token.tokens = 0, tokens
        return read_token

    @pytest.mark.parametrize("method", ["sendMessage", "sendPhoto", "sendMediaGroup", "getFile"])
    def test_one_that_was_rotated_is_read_anew_and_the_call_goes_on(self, api, do, read, method):
        do(*CALLS[method], token=self.OLD, read_token=read)
        assert read.count == 1
        assert api.methods.count(method) == 2

    def test_without_one_it_is_read_before_the_first_call(self, api, do, read):
        assert do("download", "photo", token=None, read_token=read) == b"pixels"
        assert api.methods == ["getFile", "download"]

    def test_calls_at_one_time_share_the_new_one(self, api, read):
        async def use():
            telegram = Telegram(self.OLD, API, transport=api, read_token=read)
            await asyncio.gather(*(telegram.send_text(ORIGIN, "sentence") for _ in range(5)))
            await telegram.close()

        asyncio.run(use())
        assert read.count == 1

    @pytest.mark.parametrize("now", [OLD, TokenUnavailable("AccessDenied")], ids=["same", "unreadable"])
    def test_it_is_read_at_most_every_ten_seconds(self, api, read, monkeypatch, now):
        clock = SimpleNamespace(now=1000.0)
        monkeypatch.setattr("emotion_bot.chat.account.monotonic", lambda: clock.now)
        read.tokens.append(now)

        async def use():
            telegram = Telegram(self.OLD, API, transport=api, read_token=read)
            for _ in range(3):
                with pytest.raises((TokenRejected, TokenUnavailable)):
                    await telegram.send_text(ORIGIN, "sentence")
                assert read.count == 1
                clock.now += 4.9
            read.tokens.append(self.NEW)
            await telegram.send_text(ORIGIN, "sentence")
            await telegram.close()

        asyncio.run(use())
        assert read.count == 2

    def test_one_that_cannot_be_read_is_told_and_asked_for_again(self, api, read):
        read.tokens.append(TokenUnavailable("AccessDeniedException"))

        async def use():
            telegram = Telegram(None, API, transport=api, read_token=read)
            with pytest.raises(TokenUnavailable, match="AccessDeniedException"):
                await telegram.connect()
            with pytest.raises(TokenUnavailable):
                _ = telegram.bot
            read.tokens.append(self.NEW)
            await telegram.send_text(ORIGIN, "sentence")
            assert telegram.bot.token == self.NEW
            await telegram.close()

        asyncio.run(use())

    def test_where_it_is_kept_nowhere_a_rejection_is_final(self, api, do):
        api.fail("sendMessage", *self.REJECTED)
        with pytest.raises(TokenRejected):
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
