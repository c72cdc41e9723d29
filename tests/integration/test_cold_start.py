"""The model comes from the store once per cold start, and only as it was published."""

from __future__ import annotations

import json
import tempfile

import boto3
import pytest

from emotion_bot.store import BundleNotFound, DigestMismatch
from playground.aws import BUCKET, PREFIX


@pytest.fixture(autouse=True)
def cold(bot, monkeypatch, tmp_path):
    """A machine that has unpacked no bundle yet, and a recognizer that has not started."""
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path))
        bot.recognizer.stop()
        yield
        bot.recognizer.stop()
    bot.recognizer.start()


@pytest.fixture
def fetched(bot, monkeypatch):
    """The names of the objects that are read from the store."""
    names, app = [], bot.aws.server.app

    def noted(environ, start_response):
        folder, _, name = environ["PATH_INFO"].removeprefix(f"/{BUCKET}/").partition("/")
        if environ["REQUEST_METHOD"] == "GET" and folder == PREFIX:
            names.append(name)
        return app(environ, start_response)

    monkeypatch.setattr(bot.aws.server, "app", noted)
    return names


@pytest.fixture
def replace():
    """Change an object of the store, until the test is over."""
    s3, before = boto3.client("s3"), {}

    def put(name: str, change) -> None:
        key = f"{PREFIX}/{name}"
        before[key] = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        s3.put_object(Bucket=BUCKET, Key=key, Body=change(before[key]))

    yield put
    for key, content in before.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)


@pytest.fixture
def zip_name(store):
    return f"{json.loads((store / 'current.json').read_text())['version']}/litert.zip"


def test_only_the_first_invocation_fetches_the_model(person, photos, wait, fetched, zip_name):
    photo = (photos / "rocket.jpg").read_bytes()

    wait(person, person.send_photo(photo))
    assert fetched == ["current.json", zip_name]

    wait(person, person.send_photo(photo))
    assert fetched == ["current.json", zip_name]


def test_an_altered_bundle_is_refused(bot, replace, zip_name):
    replace(zip_name, lambda content: content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(
        DigestMismatch, match=r"litert\.zip .*SHA-256 should be [0-9a-f]{12}… but is [0-9a-f]{12}…"
    ):
        bot.recognizer.start()


def test_a_bundle_that_is_not_there_is_refused(bot, replace, zip_name):
    version = zip_name.partition("/")[0].encode()
    replace("current.json", lambda content: content.replace(version, b"no-such-version"))

    with pytest.raises(BundleNotFound, match=r"no-such-version/litert\.zip"):
        bot.recognizer.start()
