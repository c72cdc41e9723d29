"""`python -m playground ask`: photographs in, lines of JSON and annotated photographs out."""

from __future__ import annotations

import json
import random
import shutil
import struct
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pytest

FACES = {
    "astronaut.png": 1,
    "obama.jpg": 1,
    "biden.jpg": 1,
    "two_people.jpg": 2,
    "chelsea.png": 0,
    "rocket.jpg": 0,
}


class Asked(NamedTuple):
    status: int
    lines: dict[str, dict]
    stderr: str
    out: Path


def lying_photo(upright: np.ndarray) -> bytes:
    """As a phone held upright writes it: the pixels lie on their side, EXIF says how to turn them (6)."""
    _, jpeg = cv2.imencode(".jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + tiff
    return jpeg[:2].tobytes() + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:].tobytes()


@pytest.fixture(scope="module")
def asked(finished, photos, tmp_path_factory) -> Asked:
    """One run on everything; `lines` by the photo's path."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "twins").mkdir()
    shutil.copy(photos / "obama.jpg", folder / "twins" / "obama.png")
    (folder / "phone.jpg").write_bytes(lying_photo(cv2.imread(str(photos / "obama.jpg"))))
    cv2.imwrite(str(folder / "pixel.png"), np.zeros((1, 1, 3), np.uint8))
    (folder / "noise.jpg").write_bytes(random.Random(1).randbytes(50_000))
    (folder / "empty.jpg").write_bytes(b"")
    names = [photos / name for name in FACES] + sorted(path for path in folder.rglob("*") if path.is_file())
    status, stdout, stderr = finished("ask", *names, folder / "missing.jpg", "--out", folder / "out")
    lines = [json.loads(line) for line in stdout.splitlines()]
    return Asked(status, {Path(line["photo"]).name: line for line in lines}, stderr, folder / "out")


@pytest.mark.parametrize("name", FACES)
def test_the_sample_photographs(asked, name):
    line = asked.lines[name]

    assert line["faces"] == FACES[name]
    assert line["reply"]
    assert line["milliseconds"] > 0
    assert (line["annotated"] is not None) == (FACES[name] > 0)


def test_an_annotated_photo_is_a_picture_of_the_same_shape(asked, photos):
    sent = cv2.imread(str(photos / "two_people.jpg"))
    annotated = cv2.imread(asked.lines["two_people.jpg"]["annotated"])

    assert Path(asked.lines["two_people.jpg"]["annotated"]) == asked.out / "two_people.annotated.jpg"
    assert annotated.shape == sent.shape
    assert (cv2.absdiff(sent, annotated).max(axis=2) > 60).mean() > 0.01


def test_photos_of_one_name_are_kept_apart(asked):
    assert Path(asked.lines["obama.jpg"]["annotated"]).name == "obama.annotated.jpg"
    assert Path(asked.lines["obama.png"]["annotated"]).name == "obama-2.annotated.jpg"


def test_a_photo_from_a_phone_is_turned_upright(asked):
    line = asked.lines["phone.jpg"]

    assert line["faces"] == 1
    height, width, _ = cv2.imread(line["annotated"]).shape
    assert height > width


@pytest.mark.parametrize("name", ["pixel.png", "noise.jpg", "empty.jpg"])
def test_what_is_no_photo_is_answered_with_a_sentence(asked, name):
    line = asked.lines[name]

    assert line["reply"].endswith(".")
    assert line["annotated"] is None
    assert not line["faces"]


def test_a_file_that_is_not_there_is_told_and_does_not_stop_the_rest(asked):
    assert asked.status == 1
    assert "missing.jpg cannot be read: No such file or directory." in asked.stderr
    assert "Traceback" not in asked.stderr
    assert asked.lines["missing.jpg"]["reply"] is None
    assert len(asked.lines) == len(FACES) + 6


def test_a_folder_that_cannot_be_written_is_one_sentence(finished, photos, tmp_path):
    (tmp_path / "file").touch()
    status, stdout, stderr = finished("ask", photos / "rocket.jpg", "--out", tmp_path / "file" / "out")

    assert (status, stdout) == (1, "")
    assert "cannot be written" in stderr
    assert "Traceback" not in stderr


def test_a_setting_that_cannot_be_is_one_sentence(finished, photos, tmp_path):
    status, stdout, stderr = finished("ask", photos / "rocket.jpg", "--out", tmp_path, ENGINE="nonsense")

    assert (status, stdout) == (1, "")
    assert "ENGINE in the environment: Input should be 'litert' or 'tensorflow'." in stderr
    assert "Traceback" not in stderr


def test_the_exit_status_is_0_if_every_photo_was_answered(finished, photos, tmp_path):
    status, stdout, _ = finished("ask", photos / "rocket.jpg", "--out", tmp_path / "new" / "folder")

    assert status == 0
    assert json.loads(stdout)["faces"] == 0


def test_a_missing_bundle_is_one_sentence(finished, photos, tmp_path):
    status, stdout, stderr = finished(
        "ask", photos / "rocket.jpg", "--out", tmp_path, "--store", tmp_path / "no"
    )

    assert (status, stdout) == (1, "")
    assert str(tmp_path / "no") in stderr
    assert "Traceback" not in stderr


def test_an_altered_bundle_is_one_sentence_that_names_the_digests(finished, photos, store, tmp_path):
    altered = tmp_path / "models"
    shutil.copytree(store, altered)
    (bundle,) = altered.glob("*/litert.zip")
    bundle.write_bytes(bundle.read_bytes() + b"!")
    status, stdout, stderr = finished(
        "ask", photos / "rocket.jpg", "--out", tmp_path, "--store", altered, TMPDIR=str(tmp_path)
    )

    assert (status, stdout) == (1, "")
    assert "litert.zip" in stderr
    assert "SHA-256 should be" in stderr
    assert len(stderr.splitlines()) == 1
