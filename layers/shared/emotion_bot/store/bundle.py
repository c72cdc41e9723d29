"""A bundle as one zip: packed the same way to the byte each time, unpacked only where every digest holds."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from pydantic import ValidationError

from emotion_bot.manifest import MANIFEST, Manifest
from emotion_bot.store.current import first_fault
from emotion_bot.store.errors import DigestMismatch, StoreError
from emotion_bot.store.objects import MAX_OBJECT

if TYPE_CHECKING:
    from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip can hold."""


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def pack(folder: Path) -> bytes:
    """The files of `folder` as a zip that depends on their names and contents alone.

    Stored, not deflated: weights shrink by a few per cent only, and no version of zlib changes the digest.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for file in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(file.name, _EPOCH)
            entry.create_system = 3  # Unix, wherever this runs
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, file.read_bytes())
    return packed.getvalue()


def unpack(packed: bytes, folder: Path, *, name: str, version: str, engine: str) -> None:
    """Write the files of a bundle into `folder`, each checked against the manifest first.

    Args:
        packed: the zip.
        folder: an empty folder.
        name: what messages call the zip.
        version: what the manifest has to say.
        engine: likewise.

    Raises:
        DigestMismatch: a file's content is not what the manifest says.
        StoreError: it is no zip, has no valid manifest, or holds other files than the manifest lists.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
            entries = bundle.infolist()
            names = [entry.filename for entry in entries]
            if sum(entry.file_size for entry in entries) > MAX_OBJECT:
                raise StoreError(
                    f"{name} unpacks to more than {MAX_OBJECT >> 20} MiB; this is no bundle of this bot."
                )
            if MANIFEST not in names:
                raise StoreError(f"{name} holds no {MANIFEST}; export and publish the bundle again.")
            manifest = read_manifest(bundle.read(MANIFEST), name)
            if (manifest.version, manifest.engine) != (version, engine):
                raise StoreError(
                    f"{name} is the {manifest.engine} bundle of version {manifest.version}, "
                    f"not the {engine} bundle of version {version}; publish it under its own name."
                )
            if sorted(names) != sorted([MANIFEST, *manifest.files]):
                raise StoreError(
                    f"{name} holds {', '.join(sorted(names))}, but its manifest lists "
                    f"{', '.join(sorted(manifest.files))}; export and publish the bundle again."
                )
            for entry in entries:
                data = bundle.read(entry)
                expected = manifest.files.get(entry.filename)
                if expected and digest(data) != expected:
                    raise DigestMismatch(f"{entry.filename} in {name}", expected, digest(data))
                (folder / entry.filename).write_bytes(data)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise StoreError(f"{name} is no readable zip ({error}); publish the bundle again.") from error


def read_manifest(text: bytes, name: str) -> Manifest:
    """The manifest of a bundle that messages call `name`.

    Raises:
        StoreError: it is not of this bot's format.
    """
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(
            f"The {MANIFEST} in {name} is not of this bot's format ({first_fault(error)}); "
            "export and publish the bundle again."
        ) from error
