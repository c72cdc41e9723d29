"""What a store does: keep objects by name. Two operations that are small enough to be atomic, and a list."""

from __future__ import annotations

from typing import NamedTuple, Protocol

MAX_OBJECT = 128 * 2**20
"""Bytes; more than any bundle needs, less than the recognizer's memory and /tmp hold."""


class Stored(NamedTuple):
    """An object as it was read."""

    data: bytes
    tag: str
    """Opaque; changes whenever the content does."""


class Store(Protocol):
    """Objects by name: `current.json`, `<version>/litert.zip`."""

    def get(self, name: str) -> Stored | None:
        """The object, or None where there is none.

        Raises:
            StoreError: the store cannot be read, or the object is larger than `MAX_OBJECT`.
        """

    def names(self) -> set[str]:
        """Of all objects.

        Raises:
            StoreError: the store cannot be read.
        """

    def put(self, name: str, data: bytes, *, replacing: str | None) -> None:
        """Write the object, if its tag is still `replacing`; None: if there is none yet.

        Raises:
            Conflict: it is not so.
            StoreError: the store cannot be written.
        """
