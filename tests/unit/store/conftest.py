"""A published store, and a place of its own for what is unpacked."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest

from emotion_bot.store.release import promote, publish
from tests.unit.store import bundles

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with version 1 published and deployed."""
    folder = tmp_path / "store"
    publish(str(folder), bundles.make(tmp_path / "exported", "1"))
    promote(str(folder), "1")
    return folder


@pytest.fixture
def two(store, tmp_path):
    """Versions 2 and 3 are published besides."""
    for version in ("2", "3"):
        publish(str(store), bundles.make(tmp_path / version, version))
    return str(store)
