"""A store in a folder, such as `models/` of this repository."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_bot.store.errors import Conflict, StoreError
from emotion_bot.store.objects import MAX_OBJECT, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator


class FolderStore:
    """Objects are files under `root`; a tag is the content's SHA-256."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str) -> Stored | None:
        """See `Store.get`."""
        file = self._root / name
        try:
            if file.stat().st_size > MAX_OBJECT:
                raise StoreError(
                    f"{file} is larger than {MAX_OBJECT >> 20} MiB; this is no bundle of this bot."
                )
            data = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StoreError(f"{file} cannot be read: {error.strerror}.") from error
        return Stored(data, hashlib.sha256(data).hexdigest())

    def names(self) -> set[str]:
        """See `Store.names`."""
        return {file.relative_to(self._root).as_posix() for file in self._root.rglob("*") if file.is_file()}

    def put(self, name: str, data: bytes, *, replacing: str | None) -> None:
        """See `Store.put`."""
        file = self._root / name
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with _locked(self._root):
                found = self.get(name)
                if (found.tag if found else None) != replacing:
                    raise Conflict(
                        f"{file} was written by somebody else meanwhile; look at it, then try again."
                    )
                _replace(file, data)
        except OSError as error:
            raise StoreError(f"{file} cannot be written: {error.strerror}.") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time; the lock is on the folder itself, so that it leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(file: Path, data: bytes) -> None:
    """Readers see the old content or the new, never a part."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            os.fchmod(opened.fileno(), 0o644)
        draft.replace(file)
    except BaseException:
        draft.unlink()
        raise
