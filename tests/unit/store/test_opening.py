from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.manifest import Manifest
from emotion_bot.store import BundleNotFound, DigestMismatch, StoreError, open_bundle
from emotion_bot.store.bundle import pack, unpack
from tests.unit.store import bundles


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_deployed_bundle_opens(store, engine):
    folder = open_bundle(str(store), engine)
    manifest = Manifest.read(folder)
    assert (manifest.version, manifest.engine) == ("1", engine)
    assert {file.name for file in folder.iterdir()} == {"manifest.json", *bundles.FILES[engine]}


def test_what_was_unpacked_is_used_again(store):
    folder = open_bundle(str(store))
    unpacked = folder.stat().st_ino
    assert open_bundle(str(store)) == folder
    assert folder.stat().st_ino == unpacked


def test_a_zip_that_was_altered_after_it_was_unpacked_is_refused_all_the_same(store):
    open_bundle(str(store))
    packed = store / "1" / "litert.zip"
    packed.write_bytes(packed.read_bytes() + b"more")
    with pytest.raises(DigestMismatch, match=r"litert\.zip in .* is not what was published"):
        open_bundle(str(store))


@pytest.mark.parametrize("spoil", ["alter", "add", "remove"])
def test_what_was_unpacked_and_spoilt_is_not_used_again(store, spoil):
    folder = open_bundle(str(store))
    before = pack(folder)
    match spoil:
        case "alter":
            (folder / "pnet.tflite").write_bytes(b"altered")
        case "add":
            (folder / "more").mkdir()
        case "remove":
            (folder / "pnet.tflite").unlink()
    assert open_bundle(str(store)) == folder
    assert pack(folder) == before


def test_only_this_user_may_look_into_the_unpacked_bundle(store, unpacked):
    open_bundle(str(store))
    (cache,) = unpacked.iterdir()
    assert cache.stat().st_mode & 0o777 == 0o700
    assert [file.name for file in cache.iterdir()] == [
        json.loads((store / "current.json").read_text())["sha256"]["litert"]
    ]


@pytest.mark.parametrize("kind", ["open to others", "a link", "a file"])
def test_a_place_that_others_could_have_prepared_is_refused(store, unpacked, kind):
    cache = unpacked / f"emotion-bot-{os.getuid()}"
    match kind:
        case "open to others":
            cache.mkdir()
            cache.chmod(0o755)
        case "a link":
            (unpacked / "elsewhere").mkdir(mode=0o700)
            cache.symlink_to(unpacked / "elsewhere")
        case "a file":
            cache.touch()
    with pytest.raises(StoreError, match=r"remove it, or set TMPDIR|set TMPDIR to a folder"):
        open_bundle(str(store))


@pytest.mark.parametrize(
    "change", [lambda data: data[:-100], lambda _: b"", lambda data: data[:50] + b"!" + data[51:]]
)
def test_a_zip_that_was_altered_or_cut_short_is_refused(store, unpacked, change):
    zipped = store / "1" / "litert.zip"
    zipped.write_bytes(change(zipped.read_bytes()))
    with pytest.raises(
        DigestMismatch, match=r"1/litert.zip in .* should be [0-9a-f]{12}… but is [0-9a-f]{12}…"
    ):
        open_bundle(str(store))
    assert not [file for cache in unpacked.iterdir() for file in cache.iterdir()]


def test_a_file_that_was_altered_inside_is_refused(store):
    bundles.repack(store, "1", lambda files: files.update({"pnet.tflite": b"altered"}))
    with pytest.raises(DigestMismatch, match=r"pnet.tflite in 1/litert.zip"):
        open_bundle(str(store))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda files: files.pop("pnet.tflite"), "its manifest lists emotion.tflite, pnet.tflite"),
        (lambda files: files.update({"more.py": b""}), "holds .*more.py"),
        (lambda files: files.update({"../../outside": b""}), "holds ../../outside"),
        (lambda files: files.update({"/outside": b""}), "holds .*outside"),
        (lambda files: files.pop("manifest.json"), "holds no manifest.json"),
        (
            lambda files: files.update({"manifest.json": b"{"}),
            "manifest.json in .* is not of this bot's format",
        ),
        (
            lambda files: files.update({"manifest.json": b"{}"}),
            "manifest.json in .* is not of this bot's format",
        ),
        (
            lambda files: bundles.edit(files, version="2"),
            "bundle of version 2, not the litert bundle of version 1",
        ),
        (
            lambda files: bundles.edit(files, engine="tensorflow"),
            "the tensorflow bundle of version 1, not the litert",
        ),
        (lambda files: bundles.edit(files, format=99), "format"),
        (lambda files: bundles.edit(files, files={"../outside": "0" * 64}), "files"),
    ],
)
def test_a_zip_that_is_no_bundle_is_refused(store, tmp_path, change, message):
    bundles.repack(store, "1", change)
    with pytest.raises(StoreError, match=message):
        open_bundle(str(store))
    assert not list(tmp_path.rglob("outside"))


def test_what_an_older_bot_unpacked_is_refused_as_its_zip_is(store, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr("emotion_bot.store.bundle.Manifest.model_validate_json", Unchecked)
        bundles.repack(store, "1", lambda files: bundles.edit(files, format=1))
        open_bundle(str(store))
    with pytest.raises(StoreError, match="not of this bot's format"):
        open_bundle(str(store))


class Unchecked:
    """A manifest of any format, as its own bot reads it."""

    def __init__(self, text):
        vars(self).update(json.loads(text))


def test_a_zip_bomb_is_refused(store):
    with zipfile.ZipFile(store / "1" / "litert.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name in ("a", "b", "c"):
            bomb.writestr(name, bytes(50 * 2**20))
    bundles.vouch(store, (store / "1" / "litert.zip").read_bytes())
    with pytest.raises(StoreError, match="unpacks to more than 128 MiB"):
        open_bundle(str(store))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed"),
        ("[]", "malformed"),
        ('{"version": "1"}', r"malformed \(sha256: Field required\)"),
        ('{"version": "../1", "sha256": {"litert": "%s"}}' % ("0" * 64), r"malformed \(version"),
        ('{"version": "1", "sha256": {"litert": "abc"}}', r"malformed \(sha256"),
    ],
)
def test_a_malformed_current_json_is_told(store, text, message):
    (store / "current.json").write_text(text)
    with pytest.raises(StoreError, match=message):
        open_bundle(str(store))


def test_a_store_without_current_json_is_told(tmp_path):
    with pytest.raises(BundleNotFound, match=r"nowhere holds no current.json; check the address"):
        open_bundle(str(tmp_path / "nowhere"))


def test_a_missing_zip_is_told(store):
    (store / "1" / "litert.zip").unlink()
    with pytest.raises(BundleNotFound, match=r"holds no 1/litert.zip, though current.json names it"):
        open_bundle(str(store))


def test_a_missing_engine_is_told(store):
    current = json.loads((store / "current.json").read_text())
    del current["sha256"]["tensorflow"]
    (store / "current.json").write_text(json.dumps(current))
    with pytest.raises(BundleNotFound, match="no bundle for the engine tensorflow, only for litert"):
        open_bundle(str(store), "tensorflow")


def test_a_store_that_cannot_be_read_is_told(store):
    (store / "current.json").unlink()
    (store / "current.json").mkdir()
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        open_bundle(str(store))


def test_an_address_without_a_bucket_is_told():
    with pytest.raises(StoreError, match="names no bucket"):
        open_bundle("s3://")


def test_a_folder_needs_no_boto3(store):
    code = (
        "import sys; from emotion_bot.store import open_bundle; open_bundle(sys.argv[1]);"
        "assert 'boto3' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(store)], check=True, env={**os.environ, "TMPDIR": str(store)}
    )


@given(data=st.data())
def test_whatever_the_bytes_are_only_a_store_error_comes_out(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz")
    packed = bytearray(pack(bundles.make_one(folder / "made", "1", "litert")))
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    (folder / "out").mkdir()
    try:
        unpack(bytes(packed), folder / "out", name="it", version="1", engine="litert")
    except StoreError:
        pass
    else:
        assert Manifest.read(folder / "out").version == "1"
