"""The store in S3: the same promises as a folder's, kept by conditional requests over real HTTP."""

from __future__ import annotations

import json
import tempfile
from functools import partial

import boto3
import pytest
from moto.server import ThreadedMotoServer

from emotion_bot.manifest import Manifest
from emotion_bot.store import BundleNotFound, Conflict, DigestMismatch, StoreError, open_bundle, open_bundles
from emotion_bot.store.overview import overview
from emotion_bot.store.release import copy, end_trial, promote, publish, rollback, try_out
from emotion_bot.store.s3 import S3Store
from tests.unit.store import bundles

BUCKET = "models"


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def s3(endpoint, monkeypatch, tmp_path):
    """A client, an empty bucket, and a place of its own for what is unpacked."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()


@pytest.fixture
def store(tmp_path) -> str:
    """An address under which version 1 is published and deployed."""
    address = f"s3://{BUCKET}/bots/emotion"
    publish(address, bundles.make(tmp_path / "one", "1"))
    promote(address, "1")
    return address


def keys(s3) -> set[str]:
    return {item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}


def change(s3, key: str, data: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"bots/emotion/{key}", Body=data)


def content(s3, key: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=f"bots/emotion/{key}")["Body"].read()


def test_publish_promote_open_roll_back(store, s3, tmp_path):
    assert keys(s3) == {
        f"bots/emotion/{name}" for name in ("current.json", "1/litert.zip", "1/tensorflow.zip")
    }
    assert Manifest.read(open_bundle(store, "tensorflow")).version == "1"
    publish(store, bundles.make(tmp_path / "two", "2"))
    promote(store, "2")
    assert Manifest.read(open_bundle(store)).version == "2"
    rollback(store)
    assert Manifest.read(open_bundle(store)).version == "1"


def test_publish_try_out_promote(store, tmp_path):
    publish(store, bundles.make(tmp_path / "two", "2"))
    try_out(store, "2", 10)
    opened = open_bundles(store)
    assert Manifest.read(opened.deployed).version == "1"
    assert Manifest.read(opened.open_trial(opened.trial)).version == "2"
    assert [(each.version, each.state, each.share) for each in overview(store)] == [
        ("1", "deployed", 90),
        ("2", "on trial", 10),
    ]
    end_trial(store)
    try_out(store, "2", 50)
    promote(store, "2")
    assert [(each.version, each.state) for each in overview(store)] == [("2", "deployed"), ("1", "previous")]


def test_a_folder_is_copied_to_the_byte(s3, tmp_path):
    folder = str(tmp_path / "folder")
    publish(folder, bundles.make(tmp_path / "one", "1"))
    promote(folder, "1")
    assert copy(folder, f"s3://{BUCKET}/bots/emotion").version == "1"
    assert keys(s3) == {"bots/emotion/1/litert.zip", "bots/emotion/1/tensorflow.zip"}
    assert content(s3, "1/litert.zip") == (tmp_path / "folder" / "1" / "litert.zip").read_bytes()


def test_a_bucket_with_no_prefix_is_a_store_too(s3, tmp_path):
    publish(f"s3://{BUCKET}", bundles.make(tmp_path / "one", "1"))
    promote(f"s3://{BUCKET}/", "1")
    assert keys(s3) == {"current.json", "1/litert.zip", "1/tensorflow.zip"}
    assert Manifest.read(open_bundle(f"s3://{BUCKET}")).version == "1"


@pytest.mark.usefixtures("store")
def test_the_layout_is_that_of_a_folder(s3, tmp_path):
    publish(str(tmp_path / "folder"), bundles.make(tmp_path / "again", "1"))
    promote(str(tmp_path / "folder"), "1")
    for name in ("current.json", "1/litert.zip", "1/tensorflow.zip"):
        assert content(s3, name) == (tmp_path / "folder" / name).read_bytes()


def test_nothing_is_loaded_whose_digest_differs(store, s3, tmp_path):
    change(s3, "1/litert.zip", content(s3, "1/litert.zip")[:-1])
    with pytest.raises(DigestMismatch, match=r"1/litert.zip in s3://models/bots/emotion"):
        open_bundle(store)
    assert not list((tmp_path / "tmp").rglob("*.tflite"))


def test_a_version_is_never_overwritten(store, s3, tmp_path):
    before = content(s3, "1/litert.zip")
    publish(store, bundles.make(tmp_path / "same", "1"))
    with pytest.raises(Conflict, match="already, with other content"):
        publish(store, bundles.make(tmp_path / "other", "1", salt="other"))
    assert content(s3, "1/litert.zip") == before


@pytest.mark.parametrize("act", [promote, partial(try_out, share=10)], ids=["promotion", "trial"])
def test_who_changes_it_on_old_knowledge_is_told(store, s3, tmp_path, monkeypatch, act):
    for version in ("2", "3"):
        publish(store, bundles.make(tmp_path / version, version))
    put = S3Store.put

    def put_too_late(self, name, data, *, replacing):
        monkeypatch.setattr(S3Store, "put", put)
        promote(store, "3")
        put(self, name, data, replacing=replacing)

    monkeypatch.setattr(S3Store, "put", put_too_late)
    with pytest.raises(Conflict, match=r"current.json was written by somebody else meanwhile"):
        act(store, "2")
    current = json.loads(content(s3, "current.json"))
    assert current["version"] == "3"
    assert "trial" not in current


def test_of_two_that_roll_back_at_once_one_is_told(store, s3, tmp_path, monkeypatch):
    for version in ("2", "3"):
        publish(store, bundles.make(tmp_path / version, version))
        promote(store, version)
    put = S3Store.put

    def put_too_late(self, name, data, *, replacing):
        monkeypatch.setattr(S3Store, "put", put)
        rollback(store)
        put(self, name, data, replacing=replacing)

    monkeypatch.setattr(S3Store, "put", put_too_late)
    with pytest.raises(Conflict, match=r"current.json was written by somebody else meanwhile"):
        rollback(store)
    assert json.loads(content(s3, "current.json"))["version"] == "2"


def test_a_publication_that_is_cut_off_leaves_what_is_deployed_and_can_be_completed(
    store, s3, tmp_path, monkeypatch
):
    made, before, put = bundles.make(tmp_path / "two", "2"), content(s3, "current.json"), S3Store.put

    def put_all_but(self, name, data, *, replacing):
        if name == "2/tensorflow.zip":
            raise StoreError("The line is dead.")
        put(self, name, data, replacing=replacing)

    with monkeypatch.context() as patch:
        patch.setattr(S3Store, "put", put_all_but)
        with pytest.raises(StoreError, match="The line is dead"):
            publish(store, made)
    assert "bots/emotion/2/litert.zip" in keys(s3)
    assert content(s3, "current.json") == before
    publish(store, made)
    promote(store, "2")
    assert Manifest.read(open_bundle(store, "tensorflow")).version == "2"


def test_the_first_promotion_does_not_overwrite_another_first():
    store = S3Store(BUCKET, "new/")
    store.put("current.json", b"1", replacing=None)
    with pytest.raises(Conflict):
        store.put("current.json", b"2", replacing=None)
    assert store.get("current.json").data == b"1"


def test_an_empty_prefix_is_told():
    with pytest.raises(BundleNotFound, match=r"s3://models/typo holds no current.json; check the address"):
        open_bundle(f"s3://{BUCKET}/typo")


def test_a_missing_bucket_is_told(tmp_path):
    with pytest.raises(StoreError, match=r"s3://nowhere/current.json cannot be read: NoSuchBucket"):
        open_bundle("s3://nowhere")
    with pytest.raises(StoreError, match=r"s3://nowhere/current.json cannot be read: NoSuchBucket"):
        overview("s3://nowhere")
    with pytest.raises(StoreError, match=r"s3://nowhere/1/litert.zip cannot be written: NoSuchBucket"):
        publish("s3://nowhere", bundles.make(tmp_path / "one", "1"))


def test_a_machine_without_credentials_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it remembers the credentials
    with pytest.raises(StoreError, match="Unable to locate credentials"):
        open_bundle(f"s3://{BUCKET}")
    with pytest.raises(StoreError, match="Unable to locate credentials"):
        publish(f"s3://{BUCKET}", bundles.make(tmp_path / "one", "1"))


def test_a_machine_that_is_set_up_wrongly_is_told(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nosuch")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(StoreError, match=r"AWS is not set up on this machine: .*nosuch"):
        open_bundle(f"s3://{BUCKET}")


def test_an_impossible_bucket_name_is_told():
    with pytest.raises(StoreError, match="Invalid bucket name"):
        open_bundle("s3://no bucket")
