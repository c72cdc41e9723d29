"""From a store to a folder on this machine that holds a deployed bundle, every digest checked."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_bot.manifest import MANIFEST
from emotion_bot.store.bundle import digest, pack, read_manifest, unpack
from emotion_bot.store.current import CURRENT, read_current, zip_name
from emotion_bot.store.errors import BundleNotFound, DigestMismatch, StoreError
from emotion_bot.store.stores import connect

if TYPE_CHECKING:
    from emotion_bot.store.current import Release, Trial
    from emotion_bot.store.objects import Store


def open_bundle(store: str, engine: str = "litert") -> Path:
    """Fetch the deployed bundle, check it, unpack it, and return its folder.

    The store is asked each time, so that an altered bundle is never overlooked; what was unpacked before is
    used again, if it still is what its digest says.

    Args:
        store: a folder, or `s3://bucket/prefix`.
        engine: `litert` or `tensorflow`.

    Raises:
        BundleNotFound: there is no such store or bundle.
        DigestMismatch: the zip, or a file in it, was altered.
        StoreError: anything else; the message says what to do.

    Example:
        >>> folder = open_bundle("models")
        >>> (folder / "manifest.json").exists()
        True
    """
    return open_bundles(store, engine).deployed


def open_bundles(store: str, engine: str = "litert") -> Bundles:
    """As `open_bundle`, where a trial is of interest, too; `current.json` is read once for both.

    Raises:
        StoreError: as `open_bundle`. A bundle on trial is fetched when it is asked for, not before.
    """
    source = connect(store)
    current, _ = read_current(source, store)
    return Bundles(_open(source, store, engine, current), current.trial, source, store, engine)


def open_release(store: str, release: Release, engine: str) -> Path:
    """The folder of a published version's bundle, as `open_bundle`.

    Raises:
        StoreError: as there.
    """
    return _open(connect(store), store, engine, release)


@dataclass(frozen=True)
class Bundles:
    """What the photos are looked at with, as a store said at one time."""

    deployed: Path
    """The folder of the deployed bundle."""
    trial: Trial | None
    """The version on trial, and its share of the photos."""
    _source: Store = field(repr=False)
    _store: str
    _engine: str

    def open_trial(self, trial: Trial) -> Path:
        """Fetch the bundle on trial, and return its folder.

        Raises:
            StoreError: see `open_bundle`.
        """
        return _open(self._source, self._store, self._engine, trial)


def _open(source: Store, store: str, engine: str, release: Release) -> Path:
    expected = {str(name): value for name, value in release.sha256.items()}.get(engine)
    if expected is None:
        raise BundleNotFound(
            f"Version {release.version} in {store} has no bundle for the engine {engine}, "
            f"only for {', '.join(release.sha256)}."
        )
    name = zip_name(release.version, engine)
    found = source.get(name)
    if found is None:
        raise BundleNotFound(
            f"{store} holds no {name}, though {CURRENT} names it; publish the bundle again, or roll back."
        )
    if digest(found.data) != expected:
        raise DigestMismatch(f"{name} in {store}", expected, digest(found.data))
    cache = _cache()
    folder = cache / expected
    if _intact(folder):
        # Perhaps an older version of the bot unpacked it, whose format was another.
        read_manifest((folder / MANIFEST).read_bytes(), f"{name} in {store}")
        return folder
    try:
        with tempfile.TemporaryDirectory(dir=cache, prefix=".") as draft:
            contents = Path(draft) / "bundle"
            contents.mkdir()
            unpack(found.data, contents, name=f"{name} in {store}", version=release.version, engine=engine)
            _settle(contents, folder)
    except OSError as error:
        raise StoreError(f"The bundle cannot be unpacked into {cache}: {error.strerror}.") from error
    return folder


def _cache() -> Path:
    """A folder that only this user can enter: what lies there will be loaded."""
    cache = Path(tempfile.gettempdir()) / f"emotion-bot-{os.getuid()}"
    try:
        cache.mkdir(mode=0o700, exist_ok=True)
        found = cache.lstat()
    except OSError as error:
        raise StoreError(
            f"{cache} cannot be made: {error.strerror}; set TMPDIR to a folder that can be written."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise StoreError(
            f"{cache} is open to other users, or not a folder of yours; remove it, or set TMPDIR to another."
        )
    return cache


def _intact(folder: Path) -> bool:
    """Whether the folder, packed again, has the digest that names it."""
    try:
        return digest(pack(folder)) == folder.name
    except OSError:
        return False


def _settle(contents: Path, folder: Path) -> None:
    """Rename `contents` to `folder`, unless another process was quicker: what it unpacked serves as well."""
    if _intact(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    try:
        contents.rename(folder)
    except OSError:
        if not _intact(folder):
            raise
