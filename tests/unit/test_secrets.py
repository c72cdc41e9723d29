"""Token and webhook secret stay where they belong, whatever libraries and servers say about them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import io
import json
import logging
import re
import socket
import ssl
import subprocess
import traceback
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import boto3
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from emotion_bot.chat.errors import TelegramFailure, sorted_out
from emotion_bot.chat.telegram import Telegram
from emotion_bot.jobs import Origin
from emotion_bot.telemetry import logger, tracer
from functions.webhook import app as webhook
from playground.telegram import Telegram as Emulator
from playground.telegram.server import BotApi
from tests.unit.fakes import API, SECRET, TOKEN, FakeBotApi

ROOT = Path(__file__).parents[2]
ORIGIN = Origin(update_id=7, chat_id=1, message_id=3, language="en")
CALLS = {
    "getFile": ("download", "photo"),
    "download": ("download", "photo"),
    "sendMessage": ("send_text", ORIGIN, "sentence"),
    "sendPhoto": ("send_photo", ORIGIN, b"jpeg", "caption"),
}
# Whatever a server says, it may say it about the address that it was asked at.
WORDS = st.text(max_size=30).map(lambda text: f"{text}/bot{TOKEN}/getMe") | st.just(TOKEN)
BODIES = st.one_of(
    WORDS,
    st.fixed_dictionaries(
        {"ok": st.booleans()},
        optional={
            "error_code": st.integers(300, 599),
            "description": WORDS,
            "parameters": st.dictionaries(st.just("retry_after"), st.integers(0, 9)),
            "result": st.one_of(WORDS, st.fixed_dictionaries({"file_path": WORDS})),
        },
    ).map(json.dumps),
)
ANSWERS = st.builds(
    lambda code, body: (code, body), st.sampled_from([200, 302, 400, 401, 403, 404, 429, 500]), BODIES
)
ERRORS = st.sampled_from(
    [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.InvalidURL, httpx.PoolTimeout]
)


@pytest.fixture
def at_once(monkeypatch):
    """Waiting for another try takes no time."""

    async def pass_by(seconds):
        pass

    monkeypatch.setattr(asyncio, "sleep", pass_by)


def failure_of(method, answers):
    """How a call fails that gets these answers again and again; None if it does not."""
    api = FakeBotApi()
    api.answers[method] = [
        answer(f"{API}/bot{TOKEN}/{method}")
        if isinstance(answer, type)
        else httpx.Response(answer[0], text=answer[1])
        for _ in range(40)
        for answer in answers
    ]

    async def call():
        telegram = Telegram(TOKEN, API, transport=api)
        name, *arguments = CALLS[method]
        try:
            await getattr(telegram, name)(*arguments)
        except Exception as failure:  # an answer that is no Bot API's comes out as any error
            return failure
        finally:
            await telegram.close()

    return asyncio.run(call())


def shown(error):
    """Every way in which an error is shown, Powertools' structured one included."""
    stream = io.StringIO()
    previous = logger.registered_handler.setStream(stream)
    try:
        logger.error("it failed", exc_info=(type(error), error, error.__traceback__))
    finally:
        logger.registered_handler.setStream(previous)
    return "\n".join([str(error), repr(error), *traceback.format_exception(error), stream.getvalue()])


@pytest.mark.usefixtures("at_once")
@settings(max_examples=40, deadline=None)
@given(st.sampled_from(sorted(CALLS)), st.lists(ERRORS | ANSWERS, min_size=1, max_size=3))
@example(
    "sendMessage", [(400, json.dumps({"ok": False, "error_code": 400, "description": f"no /bot{TOKEN}/x"}))]
)
@example("sendMessage", [(403, json.dumps({"ok": False, "error_code": 403, "description": TOKEN}))])
@example("download", [httpx.InvalidURL])
def test_no_error_tells_the_token(method, answers):
    failure = failure_of(method, answers)
    assert failure is None or TOKEN not in shown(failure)


@pytest.mark.lets_secrets_out
def test_it_would_be_seen_if_one_did():
    with pytest.raises(TelegramFailure) as caught, sorted_out():
        raise TelegramFailure(f"/bot{TOKEN}/")
    assert TOKEN in shown(caught.value)
    assert TOKEN in shown(caught.value).splitlines()[-1]


@pytest.fixture
def everything_logged():
    """What all libraries log where the root logger lets everything through, as Lambda's DEBUG does."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(exc_text)s"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


def test_what_ssm_answers_is_logged_by_nobody(everything_logged, monkeypatch):
    with mock_aws():
        logging.disable()  # putting it there is no part of the bot
        boto3.client("ssm", "eu-central-1").put_parameter(Name="secret", Value=SECRET, Type="SecureString")
        logging.disable(logging.NOTSET)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="eu-central-1"))
        webhook.parameters.cache_clear()
        read = webhook.parameters().get("secret", decrypt=True, force_fetch=True)
        webhook.parameters.cache_clear()
    assert read == SECRET
    assert SECRET not in everything_logged.getvalue()


@pytest.mark.usefixtures("at_once")
def test_what_telegram_is_asked_is_logged_by_nobody(everything_logged):
    world = Emulator(TOKEN)
    api = BotApi(world)

    async def call():
        telegram = Telegram(TOKEN, api.url)
        await telegram.connect()
        with pytest.raises(TelegramFailure):
            await telegram.send_text(ORIGIN, "sentence")
        with pytest.raises(TelegramFailure):
            await telegram.download("photo")
        await telegram.close()

    try:
        asyncio.run(call())
    finally:
        api.close()
    assert TOKEN not in everything_logged.getvalue()


REDIRECT = httpx.Response(302, headers={"location": "https://elsewhere.test/"})


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("method", CALLS)
def test_nobody_can_send_the_bot_elsewhere(method):
    api = FakeBotApi()
    api.answers[method] = [REDIRECT] * 40
    asked = []
    handle = api.handle_async_request

    async def note(request):
        asked.append(request.url.host)
        return await handle(request)

    api.handle_async_request = note

    async def call():
        telegram = Telegram(TOKEN, API, transport=api)
        name, *arguments = CALLS[method]
        try:
            with pytest.raises(TelegramFailure):
                await getattr(telegram, name)(*arguments)
        finally:
            await telegram.close()

    asyncio.run(call())
    assert set(asked) == {"telegram.test"}


@pytest.fixture
def impostor(tmp_path):
    """A server with a certificate that nobody vouches for: its address, and what it was told."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.telegram.org")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, today, today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "pem"
    file.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    told = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with (
                        contextlib.suppress(OSError),
                        connection,
                        context.wrap_socket(connection, server_side=True) as tls,
                    ):
                        told.append(tls.recv(1000))

        thread = Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}", told
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.usefixtures("at_once")
def test_an_impostor_hears_nothing(impostor):
    url, told = impostor

    async def call():
        telegram = Telegram(TOKEN, url)
        try:
            with pytest.raises(TelegramFailure, match="cannot be reached"):
                await telegram.send_text(ORIGIN, "sentence")
        finally:
            await telegram.close()

    asyncio.run(call())
    assert told == []


def test_an_impostor_would_hear_something(impostor):
    url, told = impostor
    with pytest.raises(httpx.HTTPError):
        httpx.get(url, verify=False)
    assert told


def test_traces_follow_calls_of_aws_only():
    """Telegram's addresses would be in those of httpx."""
    assert tracer._config["patch_modules"] == ("botocore",)


SHAPES = {
    "a bot's token": rb"(?<![0-9])[0-9]{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])",
    "an AWS access key": rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])",
    "a private key": rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_repository_holds_no_secret(shape):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    assert len(files) > 100
    contents = {file: file.read_bytes() for file in files if file.is_file()}
    texts = {file: content for file, content in contents.items() if b"\0" not in content[:4096]}
    assert [file for file, text in texts.items() if re.search(SHAPES[shape], text)] == []
