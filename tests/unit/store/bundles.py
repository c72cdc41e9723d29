"""Small bundles to publish and to spoil."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING

from emotion_bot.manifest import CascadeSettings, CropGeometry, Manifest, PackageSettings

if TYPE_CHECKING:
    from pathlib import Path

FILES = {"litert": ("emotion.tflite", "pnet.tflite"), "tensorflow": ("emotion.keras", "pnet.lz4")}


def make(folder: Path, version: str, salt: str = "", metrics: dict | None = None) -> dict[str, Path]:
    """The exported files of both engines, as `publish` takes them."""
    return {engine: make_one(folder / engine, version, engine, salt, metrics) for engine in FILES}


def make_one(folder: Path, version: str, engine: str, salt: str = "", metrics: dict | None = None) -> Path:
    folder.mkdir(parents=True)
    files = {name: f"{name} {salt}".encode() * 100 for name in FILES[engine]}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest = Manifest(
        version=version,
        engine=engine,
        crop=CropGeometry(scale=1.25, shift_y=0),
        detector=CascadeSettings() if engine == "litert" else PackageSettings(),
        metrics=metrics or {},
        training={},
        files={name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    )
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


def repack(store: Path, version: str, change) -> None:
    """Change the files of the litert zip, a dictionary, and let current.json vouch for the result."""
    file = store / version / "litert.zip"
    with zipfile.ZipFile(file) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    change(files)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        for name, data in files.items():
            opened.writestr(name, data)
    file.write_bytes(packed.getvalue())
    vouch(store, packed.getvalue())


def vouch(store: Path, packed: bytes) -> None:
    current = json.loads((store / "current.json").read_text())
    current["sha256"]["litert"] = hashlib.sha256(packed).hexdigest()
    (store / "current.json").write_text(json.dumps(current))


def edit(contents, **changes):
    contents["manifest.json"] = json.dumps(json.loads(contents["manifest.json"]) | changes).encode()
