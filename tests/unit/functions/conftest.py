"""The environment of a deployed function, without AWS."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from aws_lambda_powertools.utilities.parameters.base import DEFAULT_PROVIDERS

from emotion_bot import settings
from emotion_bot.chat.telegram import Telegram
from emotion_bot.telemetry import logger
from functions.recognizer import app as recognizer_app
from functions.webhook import app as webhook_app
from tests.unit.fakes import (
    API,
    SECRET,
    TOKEN,
    Context,
    FakeBotApi,
    FakeParameters,
    FakeQueue,
    FakeRecognizer,
    InMemoryPersistence,
    face,
)


@pytest.fixture(autouse=True)
def parameters(monkeypatch):
    """SSM, and the environment that names its parameters."""
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "QUEUE_URL": "https://sqs.test/1/photos",
        "WEBHOOK_SECRET_PARAMETER": "secret",
        "BOT_TOKEN_PARAMETER": "token",
        "TELEGRAM_API_URL": API,
        "MODEL_STORE": "models",
        "IDEMPOTENCY_TABLE": "answered",
        "MAX_RECEIVE_COUNT": "3",
    }.items():
        monkeypatch.setenv(name, value)
    for read in (settings.webhook_settings, settings.registrar_settings, settings.recognizer_settings):
        read.cache_clear()
    fake = FakeParameters(secret=SECRET, token=TOKEN)
    monkeypatch.setitem(DEFAULT_PROVIDERS, "ssm", fake)
    return fake


@pytest.fixture
def api():
    return FakeBotApi()


@pytest.fixture
def queue(monkeypatch):
    fake = FakeQueue()
    monkeypatch.setattr(webhook_app, "sqs", lambda: fake)
    return fake


@pytest.fixture
def context():
    return Context()


@pytest.fixture
def log():
    """What the functions log, as a stream; Powertools holds on to the stdout of its import."""
    stream = io.StringIO()
    previous = logger.registered_handler.setStream(stream)
    yield stream
    logger.registered_handler.setStream(previous)


@pytest.fixture
def bot(api, monkeypatch):
    """What the recognizer makes at its cold start; the parts are fakes that a test may change."""
    parts = recognizer_app.Bot(
        recognizer=FakeRecognizer(face()),
        telegram=Telegram(TOKEN, API, transport=api),
        answered=InMemoryPersistence(),
        sqs=FakeQueue(),
        workers=ThreadPoolExecutor(recognizer_app.AT_ONCE),
        loop=recognizer_app.event_loop(),
    )
    monkeypatch.setattr(recognizer_app, "bot", lambda: parts)
    yield parts
    parts.close()
