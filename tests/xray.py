"""X-Ray's daemon on this machine: a socket that hears what is told of traces."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import Any


class Daemon:
    """Listens until `close`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.told: list[dict[str, Any]] = []
        """Each document, as it came."""

    def segments(self) -> dict[str, dict[str, Any]]:
        """Segments and subsegments by id, as X-Ray has them: a later document replaces an earlier one."""
        with suppress(BlockingIOError):
            while True:
                header, _, document = self._socket.recv(1 << 16).partition(b"\n")
                assert json.loads(header) == {"format": "json", "version": 1}
                self.told.append(json.loads(document))
        found: dict[str, dict[str, Any]] = {}
        waiting = [*self.told]
        for segment in waiting:
            found[segment["id"]] = segment
            waiting += segment.get("subsegments", ())
        return found

    def traces(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The segments of each trace."""
        by_trace: dict[str, dict[str, dict[str, Any]]] = {}
        for number, segment in self.segments().items():
            by_trace.setdefault(segment["trace_id"], {})[number] = segment
        return by_trace

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()


def path(segment: dict[str, Any], among: dict[str, dict[str, Any]]) -> list[str]:
    """The names from a trace's root down to a segment; an id for a parent that nobody told of."""
    parent = segment.get("parent_id")
    above = path(among[parent], among) if parent in among else [parent] if parent else []
    return [*above, segment["name"]]
