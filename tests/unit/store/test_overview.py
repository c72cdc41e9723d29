"""What a store holds, and how a version gets from one store to another."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_bot.store import BundleNotFound, Conflict, DigestMismatch, release
from emotion_bot.store.overview import Listed, overview
from emotion_bot.store.release import copy, promote, publish, try_out
from tests.unit.store import bundles


def test_a_version_is_copied_to_the_byte(two, tmp_path):
    other = str(tmp_path / "other")
    assert copy(two, other).version == "1"
    assert copy(two, other, "2").version == "2"
    for name in ("1/litert.zip", "1/tensorflow.zip", "2/litert.zip", "2/tensorflow.zip"):
        assert (Path(other) / name).read_bytes() == (Path(two) / name).read_bytes()
    assert not (Path(other) / "current.json").exists()
    copy(two, other)
    with pytest.raises(BundleNotFound, match="holds no version 9"):
        copy(two, other, "9")


def test_an_altered_version_is_not_copied(two, tmp_path):
    bundles.repack(Path(two), "1", lambda files: files.update({"pnet.tflite": b"altered"}))
    with pytest.raises(DigestMismatch):
        copy(two, str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_what_is_altered_while_it_is_copied_is_not_copied(two, tmp_path, monkeypatch):
    find = release.find

    def find_and_alter(*asked):
        found = find(*asked)
        bundles.repack(Path(two), "1", lambda files: files.update({"pnet.tflite": b"altered"}))
        return found

    monkeypatch.setattr(release, "find", find_and_alter)
    with pytest.raises(Conflict, match="altered meanwhile"):
        copy(two, str(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_what_a_store_holds_is_listed(two, tmp_path):
    both = ("litert", "tensorflow")
    assert overview(two) == [
        Listed("1", "deployed", both, 100),
        Listed("3", "published", both, 0),
        Listed("2", "published", both, 0),
    ]
    promote(two, "2")
    try_out(two, "3", 10)
    (Path(two) / "3" / "tensorflow.zip").unlink()
    (Path(two) / "notes").mkdir()
    (Path(two) / "notes" / "litert.txt").touch()
    assert overview(two) == [
        Listed("2", "deployed", both, 90),
        Listed("3", "on trial", ("litert",), 10),
        Listed("1", "previous", both, 0),
    ]


def test_a_store_that_holds_nothing_is_told(tmp_path):
    with pytest.raises(BundleNotFound, match="holds no version; publish one there"):
        overview(str(tmp_path / "nowhere"))


def test_what_is_published_and_not_deployed_is_listed(tmp_path):
    publish(str(tmp_path / "new"), bundles.make(tmp_path / "made", "1"))
    assert [each.state for each in overview(str(tmp_path / "new"))] == ["published"]
