"""A function's process with an audit hook in it, and in all that it starts: what they open, make and call.

`python watched.py` reads a function's name and an event per line, and answers each with a line of its own.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from emotion_bot.vision import process
from playground.runtime.function import LambdaContext

HOOK = """
import os, sys

pipe = os.open({pipe!r}, os.O_WRONLY | os.O_NONBLOCK)
written = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
changes = ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.truncate", "sqlite3.connect", "tempfile.")

def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if path != os.devnull and not isinstance(path, int) and flags & written:
            writes(path)
    elif event.startswith(changes):
        writes(arguments[0])
    elif event == "socket.connect":
        tell("connects", arguments[1])
    elif event == "socket.getaddrinfo":
        tell("looks up", arguments[0])

def writes(path):
    if "__pycache__" not in os.fsdecode(path):  # Lambda's are compiled beforehand, and cannot be written
        tell("writes", path)

def tell(what, thing):
    thing = os.fsdecode(thing) if isinstance(thing, (bytes, os.PathLike)) else thing
    os.write(pipe, f"{{what}} {{thing}}\\n".encode())

tell("watches", sys.orig_argv[1:])
sys.addaudithook(hook)
"""


class Watched:
    """The process, until `close`.

    Args:
        folder: an empty one, for the hook.
        variables: the functions' environment, beside this process's.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        pipe = folder / "pipe"
        os.mkfifo(pipe)
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        (folder / "sitecustomize.py").write_text(HOOK.format(pipe=str(pipe)))
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            cwd=folder,
            env={**os.environ, **variables, "PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # pytest's own is a file on a disk
            text=True,
        )

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """A handler's `answer`, and the `bytes` that it and its child processes wrote to a disk."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([function, event]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith('{"answer"'):
                return json.loads(line)
        raise AssertionError("the process is gone")

    def seen(self) -> list[str]:
        """What the hooks saw since one asked last, such as "connects ('127.0.0.1', 80)"."""
        try:
            return os.read(self._pipe, 1 << 20).decode().splitlines()
        except BlockingIOError:
            return []

    def close(self) -> None:
        """End it."""
        self._process.communicate()
        os.close(self._pipe)


def _written(number: int | str = "self") -> int:
    """Bytes that a process and its children had written to a disk, as Linux counts them."""
    folder = Path("/proc") / str(number)
    try:
        own = dict(line.split(": ") for line in (folder / "io").read_text().splitlines())
    except (FileNotFoundError, PermissionError):
        return 0  # this is no Linux, the process is gone, or it hides and only root sees it
    children = [child for task in folder.glob("task/*/children") for child in task.read_text().split()]
    return int(own["write_bytes"]) + sum(map(_written, children))


def main() -> None:
    """Be the process."""
    # The one that looks at photos starts without `site`, and so would without the hook.
    process._PROGRAM = f"import sitecustomize; {process._PROGRAM}"
    for line in sys.stdin:
        function, event = json.loads(line)
        module = importlib.import_module(f"functions.{function}.app")
        context = LambdaContext(
            function, f"arn:aws:lambda:::function:{function}", 1769, time.monotonic() + 60
        )
        before = _written()
        answer = module.handler(event, context)
        sys.stdout.write(json.dumps({"answer": answer, "bytes": _written() - before}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
