"""A version on trial: begun, changed, ended, promoted; and what an older bot makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from emotion_bot.manifest import Engine, Manifest, Sha256, Version
from emotion_bot.store import BundleNotFound, Conflict, DigestMismatch, StoreError, open_bundles
from emotion_bot.store.folder import FolderStore
from emotion_bot.store.release import end_trial, promote, publish, rollback, try_out
from tests.unit.store import bundles


def deployed(store: str) -> str:
    return Manifest.read(open_bundles(store).deployed).version


def on_trial(store: str) -> tuple[str, int] | None:
    trial = json.loads((Path(store) / "current.json").read_text()).get("trial")
    return trial and (trial["version"], trial["share"])


def test_a_trial_begins_changes_its_share_and_ends(two):
    before = (Path(two) / "current.json").read_bytes()
    assert try_out(two, "2", 10).version == "1"
    assert on_trial(two) == ("2", 10)
    assert deployed(two) == "1"
    try_out(two, "2", 50)
    assert on_trial(two) == ("2", 50)
    assert end_trial(two).trial is None
    assert (Path(two) / "current.json").read_bytes() == before


def test_both_bundles_are_had_of_one_reading(two):
    try_out(two, "2", 10)
    opened = open_bundles(two)
    promote(two, "3")
    assert Manifest.read(opened.deployed).version == "1"
    assert Manifest.read(opened.open_trial(opened.trial)).version == "2"
    assert opened.trial.share == 10


def test_without_a_trial_there_is_none(two):
    assert open_bundles(two).trial is None


@pytest.mark.parametrize("version", ["2", "3"])
def test_whatever_is_promoted_ends_the_trial(two, version):
    try_out(two, "2", 10)
    assert promote(two, version).previous.version == "1"
    assert on_trial(two) is None
    assert deployed(two) == version


def test_to_promote_what_is_deployed_leaves_the_trial_alone(two):
    try_out(two, "2", 10)
    promote(two, "1")
    assert on_trial(two) == ("2", 10)


def test_a_rollback_ends_the_trial(two):
    promote(two, "3")
    try_out(two, "2", 10)
    assert rollback(two).version == "1"
    assert on_trial(two) is None


def test_a_trial_keeps_the_way_back(two):
    promote(two, "3")
    try_out(two, "2", 10)
    end_trial(two)
    assert rollback(two).version == "1"


def test_what_was_deployed_before_can_be_tried_out_against_what_is(two):
    promote(two, "2")
    try_out(two, "1", 10)
    assert promote(two, "1").previous.version == "2"


@pytest.mark.parametrize(
    ("version", "share", "error", "message"),
    [
        ("1", 10, Conflict, "Version 1 is deployed in .*, so there is nothing to try out"),
        ("9", 10, BundleNotFound, "holds no version 9; publish it first"),
        ("../1", 10, StoreError, "cannot be a version"),
        ("2", 0, StoreError, "A trial cannot have 0 % of the photos; choose 1 to 99"),
        ("2", 100, StoreError, "A trial cannot have 100 % of the photos; choose 1 to 99, or promote"),
    ],
)
def test_what_cannot_be_tried_out_is_told(two, version, share, error, message):
    before = (Path(two) / "current.json").read_bytes()
    with pytest.raises(error, match=message):
        try_out(two, version, share)
    assert (Path(two) / "current.json").read_bytes() == before


def test_one_at_a_time(two):
    try_out(two, "2", 10)
    with pytest.raises(Conflict, match=r"Version 2 is on trial in .*; promote it, or end its trial first"):
        try_out(two, "3", 10)
    assert on_trial(two) == ("2", 10)


def test_there_must_be_a_trial_to_end_and_something_to_try_out_against(two, tmp_path):
    with pytest.raises(BundleNotFound, match=r"No version is on trial in .*; version 1 is deployed"):
        end_trial(two)
    publish(str(tmp_path / "new"), bundles.make(tmp_path / "again", "1"))
    with pytest.raises(BundleNotFound, match=r"holds no current\.json"):
        try_out(str(tmp_path / "new"), "1", 10)


def test_an_altered_version_is_not_tried_out_nor_opened(two):
    file = Path(two) / "2" / "litert.zip"
    packed = file.read_bytes()
    file.write_bytes(packed[:-50])
    with pytest.raises(StoreError):
        try_out(two, "2", 10)
    file.write_bytes(packed)
    try_out(two, "2", 10)
    file.write_bytes(packed[:-50])
    opened = open_bundles(two)
    with pytest.raises(DigestMismatch, match=r"2/litert.zip"):
        opened.open_trial(opened.trial)


def test_a_version_that_lacks_an_engine_of_the_deployed_one_is_not_tried_out(store, tmp_path):
    made = bundles.make(tmp_path / "two", "2")
    publish(str(store), {"litert": made["litert"]})
    with pytest.raises(BundleNotFound, match="no bundle for the engine tensorflow"):
        try_out(str(store), "2", 10)


def test_who_begins_a_trial_on_old_knowledge_is_told(two, monkeypatch):
    put = FolderStore.put

    def put_too_late(self, name, data, *, replacing):
        monkeypatch.setattr(FolderStore, "put", put)
        promote(two, "3")
        put(self, name, data, replacing=replacing)

    monkeypatch.setattr(FolderStore, "put", put_too_late)
    with pytest.raises(Conflict, match="was written by somebody else meanwhile"):
        try_out(two, "2", 10)
    assert (deployed(two), on_trial(two)) == ("3", None)


def test_a_bot_that_is_older_than_trials_reads_what_is_deployed(two):
    """The format as it was; what it does not know, it overlooks."""

    class Release(BaseModel):
        version: Version
        sha256: dict[Engine, Sha256]

    class Current(Release):
        previous: Release | None = None

    promote(two, "2")
    try_out(two, "3", 10)
    read = Current.model_validate_json((Path(two) / "current.json").read_bytes())
    assert (read.version, read.previous.version) == ("2", "1")
