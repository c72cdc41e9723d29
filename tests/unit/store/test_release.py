from __future__ import annotations

import json
import threading

import pytest

from emotion_bot.manifest import Manifest
from emotion_bot.store import BundleNotFound, Conflict, DigestMismatch, StoreError, open_bundle
from emotion_bot.store.bundle import pack
from emotion_bot.store.folder import FolderStore
from emotion_bot.store.release import check_free, promote, publish, rollback
from tests.unit.store import bundles


def deployed(store) -> str:
    return Manifest.read(open_bundle(str(store))).version


def test_a_bundle_packs_to_the_same_bytes_wherever_and_whenever(tmp_path):
    first = bundles.make_one(tmp_path / "first", "1", "litert")
    second = bundles.make_one(tmp_path / "second", "1", "litert")
    for file in sorted(second.iterdir(), reverse=True):
        content = file.read_bytes()
        file.unlink()
        file.write_bytes(content)
        file.chmod(0o600)
    assert pack(first) == pack(second)


def test_publishing_deploys_nothing(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    assert deployed(store) == "1"


def test_publishing_the_same_again_changes_nothing(store, tmp_path):
    before = {file: file.stat().st_mtime_ns for file in store.rglob("*.zip")}
    publish(str(store), bundles.make(tmp_path / "again", "1"))
    assert {file: file.stat().st_mtime_ns for file in store.rglob("*.zip")} == before


def test_a_version_is_never_overwritten(store, tmp_path):
    before = (store / "1" / "litert.zip").read_bytes()
    with pytest.raises(Conflict, match=r"already, with other content; choose another version"):
        publish(str(store), bundles.make(tmp_path / "other", "1", salt="other"))
    assert (store / "1" / "litert.zip").read_bytes() == before
    with pytest.raises(Conflict, match="holds version 1 already"):
        check_free(str(store), "1")
    check_free(str(store), "2")


def test_bundles_of_several_versions_are_not_published(store, tmp_path):
    mixed = {
        "litert": bundles.make_one(tmp_path / "a", "2", "litert"),
        "tensorflow": bundles.make_one(tmp_path / "b", "3", "tensorflow"),
    }
    with pytest.raises(StoreError, match=r"several versions \(2, 3\)"):
        publish(str(store), mixed)


def test_an_export_that_does_not_hold_together_is_not_published(tmp_path):
    made = bundles.make(tmp_path / "made", "1")
    (made["tensorflow"] / "pnet.lz4").write_bytes(b"altered")
    with pytest.raises(DigestMismatch, match=r"pnet.lz4"):
        publish(str(tmp_path / "new"), made)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("failure", [StoreError("The disk is full."), KeyboardInterrupt()])
def test_a_publication_that_is_cut_off_leaves_what_is_deployed_and_can_be_completed(
    store, tmp_path, monkeypatch, failure
):
    made, put = bundles.make(tmp_path / "two", "2"), FolderStore.put
    before = (store / "current.json").read_bytes()

    def put_all_but(self, name, data, *, replacing):
        if name == "2/tensorflow.zip":
            raise failure
        put(self, name, data, replacing=replacing)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "put", put_all_but)
        with pytest.raises(type(failure)):
            publish(str(store), made)
    assert [file.name for file in (store / "2").iterdir()] == ["litert.zip"]
    assert (store / "current.json").read_bytes() == before
    assert deployed(store) == "1"
    publish(str(store), made)
    promote(str(store), "2")
    assert deployed(store) == "2"


def test_nothing_exported_is_told(tmp_path):
    with pytest.raises(StoreError, match="no exported bundle to publish"):
        publish(str(tmp_path / "new"), {"litert": tmp_path})


def test_promote_and_rollback(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    assert promote(str(store), "2").version == "2"
    assert deployed(store) == "2"
    assert rollback(str(store)).version == "1"
    assert deployed(store) == "1"
    with pytest.raises(BundleNotFound, match=r"records no version before 1; name one"):
        rollback(str(store))
    promote(str(store), "2")
    assert deployed(store) == "2"


def test_promoting_twice_keeps_the_way_back(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    promote(str(store), "2")
    promote(str(store), "2")
    assert rollback(str(store)).version == "1"


def test_promoting_mends_a_malformed_current_json(store):
    (store / "current.json").write_text("{")
    promote(str(store), "1")
    assert deployed(store) == "1"


@pytest.mark.parametrize("version", ["3", "nosuch"])
def test_an_unpublished_version_is_not_promoted(store, version):
    with pytest.raises(BundleNotFound, match=rf"holds no version {version}; publish it first"):
        promote(str(store), version)
    assert deployed(store) == "1"


@pytest.mark.parametrize("version", ["", "../1", ".hidden", "a b", "1\n", "x" * 65])
def test_what_cannot_be_a_version_is_refused(store, version):
    with pytest.raises(StoreError, match="cannot be a version"):
        promote(str(store), version)
    with pytest.raises(StoreError, match="cannot be a version"):
        check_free(str(store), version)


def test_an_altered_version_is_neither_promoted_nor_rolled_back_to(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    promote(str(store), "2")
    current = (store / "current.json").read_bytes()
    bundles.repack(store, "1", lambda files: files.update({"pnet.tflite": b"altered"}))
    (store / "current.json").write_bytes(current)
    with pytest.raises(DigestMismatch, match=r"pnet.tflite"):
        promote(str(store), "1")
    with pytest.raises(DigestMismatch, match=r"pnet.tflite"):
        rollback(str(store))
    assert (store / "current.json").read_bytes() == current


def test_a_version_of_an_older_format_is_neither_promoted_nor_rolled_back_to(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    promote(str(store), "2")
    current = (store / "current.json").read_bytes()
    bundles.repack(store, "1", lambda files: bundles.edit(files, format=1))
    (store / "current.json").write_bytes(current)
    for deploy in (lambda: promote(str(store), "1"), lambda: rollback(str(store))):
        with pytest.raises(StoreError, match=r"not of this bot's format \(format: .*export and publish"):
            deploy()
    assert (store / "current.json").read_bytes() == current


def test_a_version_that_lacks_an_engine_of_the_deployed_one_is_not_promoted(store, tmp_path):
    made = bundles.make(tmp_path / "two", "2")
    publish(str(store), {"litert": made["litert"]})
    with pytest.raises(BundleNotFound, match=r"Version 2 has no bundle for the engine tensorflow, but .* 1"):
        promote(str(store), "2")
    assert deployed(store) == "1"
    publish(str(store), made)
    promote(str(store), "2")
    assert deployed(store) == "2"


def test_nor_is_it_rolled_back_to(tmp_path):
    store, one = str(tmp_path / "store"), bundles.make(tmp_path / "one", "1")
    publish(store, {"litert": one["litert"]})
    promote(store, "1")
    publish(store, bundles.make(tmp_path / "two", "2"))
    promote(store, "2")
    with pytest.raises(BundleNotFound, match=r"engine tensorflow, but version 2, which is deployed, has one"):
        rollback(store)
    publish(store, one)
    assert rollback(store).version == "1"


def test_a_rollback_leads_to_the_very_bytes_that_were_deployed(store, tmp_path):
    publish(str(store), bundles.make(tmp_path / "two", "2"))
    promote(str(store), "2")
    for file in (store / "1").iterdir():
        file.unlink()
    publish(str(store), bundles.make(tmp_path / "forged", "1", salt="forged"))
    with pytest.raises(DigestMismatch, match=r"1/litert.zip"):
        rollback(str(store))


def test_who_promotes_on_old_knowledge_is_told(store, tmp_path, monkeypatch):
    for version in ("2", "3"):
        publish(str(store), bundles.make(tmp_path / version, version))
    put = FolderStore.put

    def put_too_late(self, name, data, *, replacing):
        monkeypatch.setattr(FolderStore, "put", put)
        promote(str(store), "3")
        put(self, name, data, replacing=replacing)

    monkeypatch.setattr(FolderStore, "put", put_too_late)
    with pytest.raises(Conflict, match=r"current.json was written by somebody else meanwhile"):
        promote(str(store), "2")
    assert deployed(store) == "3"


def test_of_two_that_roll_back_at_once_one_is_told(store, tmp_path, monkeypatch):
    for version in ("2", "3"):
        publish(str(store), bundles.make(tmp_path / version, version))
        promote(str(store), version)
    put = FolderStore.put

    def put_too_late(self, name, data, *, replacing):
        monkeypatch.setattr(FolderStore, "put", put)
        rollback(str(store))
        put(self, name, data, replacing=replacing)

    monkeypatch.setattr(FolderStore, "put", put_too_late)
    with pytest.raises(Conflict, match=r"current.json was written by somebody else meanwhile"):
        rollback(str(store))
    assert deployed(store) == "2"


def test_of_many_that_promote_at_once_one_is_deployed_and_the_others_are_told(store, tmp_path, monkeypatch):
    versions = ["2", "3", "4", "5"]
    for version in versions:
        publish(str(store), bundles.make(tmp_path / version, version))
    all_have_read, put = threading.Barrier(len(versions)), FolderStore.put
    won, told = [], []

    def put_together(self, name, data, *, replacing):
        all_have_read.wait(timeout=60)
        put(self, name, data, replacing=replacing)

    def deploy(version: str) -> None:
        try:
            won.append(promote(str(store), version).version)
        except Conflict:
            told.append(version)

    monkeypatch.setattr(FolderStore, "put", put_together)
    threads = [threading.Thread(target=deploy, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [deployed(store)]
    assert sorted(won + told) == versions


def test_of_many_that_write_at_once_one_wins(tmp_path):
    (tmp_path / "store").mkdir()
    store, outcomes = FolderStore(tmp_path / "store"), []

    def write(number: int) -> None:
        try:
            store.put("current.json", json.dumps(number).encode(), replacing=None)
            outcomes.append(number)
        except Conflict:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert json.loads(store.get("current.json").data) == outcomes[0]
    assert [file.name for file in (tmp_path / "store").iterdir()] == ["current.json"]


def test_a_store_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        StoreError, match=r"cannot be written: Not a directory|cannot be written: File exists"
    ):
        publish(str(tmp_path / "file"), bundles.make(tmp_path / "made", "1"))
