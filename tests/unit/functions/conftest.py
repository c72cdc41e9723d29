"""The environment of a deployed function, without AWS."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters as powertools_parameters
from aws_lambda_powertools.utilities.parameters.base import DEFAULT_PROVIDERS
from moto import mock_aws

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
    FakeAlbums,
    FakeBotApi,
    FakeModel,
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
        "RECORDS_TABLE": "records",
        "MAX_RECEIVE_COUNT": "6",
    }.items():
        monkeypatch.setenv(name, value)
    for read in (settings.webhook_settings, settings.registrar_settings, settings.recognizer_settings):
        read.cache_clear()
    webhook_app.secret.cache_clear()
    fake = FakeParameters(secret=SECRET, token=TOKEN)
    monkeypatch.setitem(DEFAULT_PROVIDERS, "ssm", fake)
    monkeypatch.setattr(webhook_app, "parameters", lambda: fake)
    monkeypatch.setattr(powertools_parameters, "SSMProvider", lambda **_: fake)  # for who imports it anew
    return fake


@pytest.fixture
def api():
    return FakeBotApi()


@pytest.fixture
def queue(monkeypatch):
    fake = FakeQueue()
    monkeypatch.setattr(webhook_app, "sqs", lambda: fake)
    return fake


class Table:
    """DynamoDB, with one table, until it is out of reach."""

    def __init__(self, client):
        self.client = client
        self.error = None

    def __getattr__(self, name):
        if self.error and name != "exceptions":
            raise self.error
        return getattr(self.client, name)

    def kept(self):
        return {item["id"]["S"]: item for item in self.client.scan(TableName="records")["Items"]}


@pytest.fixture(scope="session")
def client():
    """Made once: it takes long."""
    return boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


@pytest.fixture
def dynamodb(client):
    with mock_aws():  # for one test: others have a moto of their own
        yield client


@pytest.fixture
def records(dynamodb, monkeypatch):
    """The webhook's records, empty."""
    dynamodb.create_table(
        TableName="records",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    table = Table(dynamodb)
    monkeypatch.setattr(webhook_app, "dynamodb", lambda: table)
    webhook_app.languages.cache_clear()
    yield table
    webhook_app.languages.cache_clear()
    dynamodb.delete_table(TableName="records")


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
    monkeypatch.setattr("emotion_bot.chat.telegram._PAUSES", ())  # what fails, fails at the first try
    recognizer = FakeRecognizer(face())
    parts = recognizer_app.Bot(
        recognizer=recognizer,
        model=FakeModel(recognizer),
        telegram=Telegram(TOKEN, API, transport=api),
        answered=InMemoryPersistence(),
        apologised=InMemoryPersistence(),
        albums=FakeAlbums(),
        sqs=FakeQueue(),
        workers=ThreadPoolExecutor(recognizer_app.AT_ONCE),
        loop=recognizer_app.event_loop(),
    )
    monkeypatch.setattr(recognizer_app, "bot", lambda: parts)
    yield parts
    parts.close()
