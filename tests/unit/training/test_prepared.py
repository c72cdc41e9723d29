from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.training import csvs
from training.data import SPLITS, Faces, NotFer2013
from training.inventory import table
from training.prepared import ABOUT, Dataset, load, save

ROWS = len(csvs.rows())


@pytest.fixture(scope="module")
def csv(tmp_path_factory):
    return csvs.write(tmp_path_factory.mktemp("csv") / "fer2013.csv", csvs.rows())


@pytest.fixture(scope="module")
def votes(tmp_path_factory):
    return csvs.write_votes(tmp_path_factory.mktemp("votes") / "votes.csv", ROWS)


@pytest.fixture(scope="module")
def prepared(csv, votes, tmp_path_factory):
    file = tmp_path_factory.mktemp("prepared") / "fer2013.npz"
    save(load(csv, votes), file)
    return file


def same(ours: Dataset, theirs: Dataset) -> bool:
    return (ours.data_md5, ours.votes_md5) == (theirs.data_md5, theirs.votes_md5) and all(
        np.array_equal(getattr(ours.splits[split], field.name), getattr(theirs.splits[split], field.name))
        for split in SPLITS
        for field in fields(Faces)
    )


def test_what_was_prepared_is_what_was_read(csv, votes, prepared):
    data = load(prepared)
    assert same(data, load(csv, votes))
    assert data.data_md5 == hashlib.md5(csv.read_bytes()).hexdigest()
    assert data.votes_md5 == hashlib.md5(votes.read_bytes()).hexdigest()
    assert data.splits["Training"].votes.sum() == 9 * 126


def test_without_votes_there_are_none(csv, tmp_path):
    save(load(csv), tmp_path / "fer2013.npz")
    data = load(tmp_path / "fer2013.npz")
    assert data.votes_md5 is None
    assert not data.splits["Training"].votes.any()


def test_the_same_data_make_the_same_bytes(prepared, tmp_path):
    save(load(prepared), tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == prepared.read_bytes()


def test_numpy_opens_it_too_whatever_its_name(prepared, tmp_path):
    renamed = tmp_path / "fer2013"
    renamed.write_bytes(prepared.read_bytes())
    assert same(load(renamed), load(prepared))
    with np.load(renamed) as arrays:
        assert arrays["PrivateTest_crops"].shape == (28, 48, 48)


def test_votes_do_not_go_with_a_prepared_file(prepared, votes):
    with pytest.raises(NotFer2013, match=r"is prepared already.* to add .*votes.csv, prepare it again"):
        load(prepared, votes)


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def numpy_file(**arrays: np.ndarray) -> bytes:
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return packed.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"emotion,pixels,Usage\n",
        zipped(),
        zipped(**{"fer2013.csv": csvs.HEADER.encode()}),
        numpy_file(Training_crops=np.zeros((3, 48, 48), np.uint8)),
    ],
    ids=["empty", "a CSV", "an empty zip", "the contest's zip", "a foreign npz"],
)
def test_what_prepare_did_not_write_is_told(tmp_path, content):
    file = tmp_path / "fer2013.npz"
    file.write_bytes(content)
    with pytest.raises(NotFer2013, match=r"fer2013.npz is not, or no longer, what .* prepare it again from"):
        load(file)


def repacked(prepared: Path, **changes: bytes) -> bytes:
    with zipfile.ZipFile(prepared) as file:
        return zipped(**{name: file.read(name) for name in file.namelist()} | changes)


def array(values: np.ndarray) -> bytes:
    packed = io.BytesIO()
    np.save(packed, values)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("member", "content"),
    [
        (ABOUT, b'{"format": 2, "data_md5": "%s", "votes_md5": null}' % (b"0" * 32)),
        (ABOUT, b'{"format": 1, "data_md5": "abc", "votes_md5": null}'),
        (ABOUT, b"[]"),
        ("Training_crops.npy", array(np.zeros((140, 24, 24), np.uint8))),
        ("Training_crops.npy", array(np.zeros((140, 48, 48), np.float32))),
        ("Training_crops.npy", array(np.zeros((139, 48, 48), np.uint8))),
        ("Training_labels.npy", array(np.full(140, 7))),
        ("Training_labels.npy", array(np.full(140, -1))),
        ("Training_labels.npy", array(np.zeros(()))),
        ("PrivateTest_votes.npy", array(np.zeros((28, 9), np.int64))),
        ("PrivateTest_votes.npy", b"\x93NUMPY"),
        ("PrivateTest_votes.npy", array(np.array([{}], dtype=object))),
    ],
)
def test_a_file_of_other_arrays_is_told(prepared, tmp_path, member, content):
    file = tmp_path / "fer2013.npz"
    file.write_bytes(repacked(prepared, **{member: content}))
    with pytest.raises(NotFer2013, match="prepare it again from the contest's CSV"):
        load(file)


@given(data=st.data())
def test_a_damaged_file_is_told_or_does_not_matter(prepared, data, tmp_path_factory):
    content = bytearray(prepared.read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        # Also near the end, where the zip's directory stands.
        position = data.draw(
            st.integers(0, len(content) - 1) | st.integers(len(content) - 900, len(content) - 1)
        )
        content[position] = data.draw(st.integers(0, 255))
    file = tmp_path_factory.mktemp("damaged") / "fer2013.npz"
    file.write_bytes(content)
    try:
        found = load(file)
    except NotFer2013:
        return
    assert same(found, load(prepared))


@pytest.mark.parametrize("out", ["nowhere/fer2013.npz", "file/fer2013.npz"])
def test_a_place_that_cannot_be_written_is_told(prepared, tmp_path, out):
    (tmp_path / "file").touch()
    with pytest.raises(NotFer2013, match=r"fer2013.npz cannot be written: (No such file|Not a directory)"):
        save(load(prepared), tmp_path / out)


def test_a_full_disk_leaves_what_was_there(prepared, tmp_path, monkeypatch):
    out = tmp_path / "fer2013.npz"
    out.write_bytes(b"before")

    def full(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(NotFer2013, match="cannot be written: No space left on device"):
        save(load(prepared), out)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"fer2013.npz": b"before"}


def test_the_file_can_be_read_by_others(prepared):
    assert prepared.stat().st_mode & 0o777 == 0o644
    assert prepared.stat().st_uid == os.getuid()


def test_the_table_says_what_is_in_each_split_and_what_is_left_out(tmp_path):
    constant = f"3,{' '.join(['7'] * 2304)},Training"
    leaks = [csvs.row(4, 1001), csvs.row(4, 2002), csvs.row(0, 2002)]
    lines = [*csvs.rows(), constant, *leaks]
    csv = csvs.write(tmp_path / "fer2013.csv", lines)
    votes = csvs.write_votes(tmp_path / "votes.csv", len(lines))
    assert table(load(csv, votes).splits).splitlines()[:14] == [
        "                     Training   PublicTest  PrivateTest",
        "happy                      21            4            4",
        "sad                        22            4            4",
        "neutral                    20            4            4",
        "angry                      21            4            4",
        "disgust                    20            4            4",
        "fear                       20            4            4",
        "surprise                   20            4            4",
        "all                       144           28           28",
        "of one colour               1            0            0",
        "leaked                      3            1            1",
        "used                      140           12           12",
        "FER+ votes                130           25           25",
        "  agreed                  130           25           25",
    ]
