"""The recognizer's folder as its image holds it, for this machine's Python, and the webhook's layer."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".venv" / "bench"
FUNCTION = ROOT / "functions" / "recognizer"
RUNTIME = ROOT / "benchmarks" / "requirements-runtime.txt"
PARTS = ("install.sh", "unlink.py", "requirements-{engine}.txt")
"""Of the function's folder: what the packages are made by."""
SHARED = ROOT / "layers" / "shared"
SLIM = SHARED / "slim.py"


class BuildFailed(Exception):
    """The packages cannot be installed; the message is the last that pip said."""


def build(engine: str) -> Path:
    """The folder, with our own code as it is now; the packages are installed only where they changed.

    Raises:
        BuildFailed: the packages cannot be installed.
    """
    folder = BUILT / engine
    sources = [FUNCTION / part.format(engine=engine) for part in PARTS]
    if not _is_current(folder, [*sources, SLIM]):
        _run("sh", FUNCTION / "install.sh", engine, folder, "--quiet")
        _note(folder, [*sources, SLIM])
    _copy_own(folder)
    shutil.copy(FUNCTION / "app.py", folder)
    compiling = (sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash")
    _run(*compiling, folder / "emotion_bot", folder / "app.py")
    return folder


def layer() -> Path:
    """The layer's folder, as `sam build` makes it, with our own code as it is now.

    Raises:
        BuildFailed: the packages cannot be installed.
    """
    folder = BUILT / "layer"
    sources = [SHARED / "Makefile", SHARED / "requirements.txt", SLIM]
    if not _is_current(folder, sources):
        _run("make", "-C", SHARED, "build-SharedLayer", f"ARTIFACTS_DIR={folder}", f"PYTHON={sys.executable}")
        _note(folder, sources)
    _copy_own(folder / "python")
    return folder


def runtime_client() -> Path:
    """The folder of what Lambda's base image starts a function with.

    Raises:
        BuildFailed: it cannot be installed.
    """
    folder = BUILT / "runtime"
    if not _is_current(folder, [RUNTIME]):
        pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
        _run(*pip, "--require-hashes", "--requirement", RUNTIME, "--target", folder)
        _note(folder, [RUNTIME])
    return folder


def _copy_own(folder: Path) -> None:
    """Our own package, as it is now."""
    shutil.rmtree(folder / "emotion_bot", ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SHARED / "emotion_bot", folder / "emotion_bot", ignore=ignored)


def _is_current(folder: Path, sources: list[Path]) -> bool:
    """Whether the folder was made from these; it is removed if not."""
    note = _note_of(folder)
    if note.is_file() and note.read_text() == _digest(sources):
        return True
    note.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return False


def _note(folder: Path, sources: list[Path]) -> None:
    _note_of(folder).write_text(_digest(sources))


def _note_of(folder: Path) -> Path:
    return folder.with_suffix(".sha256")


def _digest(sources: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def _run(*command: str | Path) -> None:
    done = subprocess.run(  # noqa: S603 - made of nothing but ours
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHON": sys.executable}
    )
    if done.returncode:
        raise BuildFailed(done.stderr.strip().rpartition("\n")[2] or f"{command[0]} failed.")
