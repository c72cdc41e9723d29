"""FER-2013 in one file that opens at once: `prepare` writes it, and every command takes it for the CSV."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.lib.format import read_array
from pydantic import BaseModel, ConfigDict, Field

from emotion_bot.vision.crop import CROP_SIZE
from training.data import BALLOT, CLASSES, SPLITS, Faces, NotFer2013, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

ABOUT = "about.json"
MAGIC = b"PK"
"""What a zip begins with, and so a file of NumPy's (`.npz`)."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold: the bytes follow from the data alone."""
_ROW: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {
    "crops": (np.uint8, (CROP_SIZE, CROP_SIZE)),
    "labels": (np.int64, ()),
    "votes": (np.int64, (len(BALLOT),)),
}
"""Of each field of `Faces`, the type, and the shape of one row."""
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, RuntimeError, ValueError)
"""All that `zipfile`, `numpy` and `pydantic` say of a file that is not whole."""

Md5 = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _About(BaseModel):
    """`about.json` of a prepared file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    data_md5: Md5
    votes_md5: Md5 | None


@dataclass(frozen=True)
class Dataset:
    """The official splits, and what they were read from."""

    splits: dict[str, Faces]
    data_md5: str
    """Of the contest's CSV."""
    votes_md5: str | None
    """Of the CSV of FER+; None where it was not given."""


def load(path: Path, votes: Path | None = None) -> Dataset:
    """The data in the contest's CSV, or in what `save` made of it.

    Args:
        path: the one or the other.
        votes: the CSV of FER+, to go with the contest's; a prepared file has its votes inside.

    Raises:
        NotFer2013: a file is missing, or not what it should be; the message names the row, or what to do.
    """
    if not is_prepared(path):
        splits = read(path, votes)
        return Dataset(splits, _md5(path), _md5(votes) if votes else None)
    if votes:
        raise NotFer2013(
            f"{path} is prepared already, with votes or without; "
            f"to add {votes}, prepare it again from the contest's CSV"
        )
    try:
        with zipfile.ZipFile(path) as file:
            about = _About.model_validate_json(file.read(ABOUT))
            return Dataset({split: _faces(file, split) for split in SPLITS}, about.data_md5, about.votes_md5)
    except OSError as error:
        raise NotFer2013(f"{path} cannot be read: {error.strerror}") from error
    except _DAMAGED as error:
        raise NotFer2013(
            f"{path} is not, or no longer, what `python -m training prepare` wrote; "
            "prepare it again from the contest's CSV"
        ) from error


def is_prepared(path: Path) -> bool:
    """Whether a file is to be read as `save` writes it, by its name or its first bytes."""
    if path.suffix == ".npz":
        return True
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # whoever reads it as a CSV says what is wrong


def save(data: Dataset, path: Path) -> None:
    """Write one compressed file, which `numpy.load` opens too: all of it, or nothing.

    The same data makes the same bytes.

    Raises:
        NotFer2013: the file cannot be written.
    """
    packed = io.BytesIO()
    about = _About(data_md5=data.data_md5, votes_md5=data.votes_md5)
    with zipfile.ZipFile(packed, "w") as file:
        _add(file, ABOUT, about.model_dump_json().encode())
        for split in SPLITS:
            for field in _ROW:
                array = io.BytesIO()
                np.save(array, getattr(data.splits[split], field))
                _add(file, _member(split, field), array.getvalue())
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(packed.getbuffer())
                os.fchmod(opened.fileno(), 0o644)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink()
            raise
    except OSError as error:
        raise NotFer2013(f"{path} cannot be written: {error.strerror}") from error


def _member(split: str, field: str) -> str:
    return f"{split}_{field}.npy"


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3  # Unix, wherever this runs
    entry.external_attr = 0o644 << 16
    # Level 1: faces hardly shrink, and a higher one makes them no smaller, only slower to pack.
    file.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)


def _faces(file: zipfile.ZipFile, split: str) -> Faces:
    # Read whole, which checks the CRC, before NumPy believes any size that it finds there.
    faces = Faces(**{field: read_array(io.BytesIO(file.read(_member(split, field)))) for field in _ROW})
    for field, (kind, shape) in _ROW.items():
        array: NDArray[np.generic] = getattr(faces, field)
        if array.dtype != kind or array.shape != (*faces.crops.shape[:1], *shape):
            raise ValueError(f"{split}'s {field} are {array.dtype} of shape {array.shape}")
    if not np.isin(faces.labels, range(len(CLASSES))).all():
        raise ValueError(f"{split} has labels that are no classes")
    return faces


def _md5(file: Path) -> str:
    """The digest by which the contest's file is known."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "md5").hexdigest()
