"""What can go wrong with a store; every message is a sentence for the person who deploys."""

from __future__ import annotations


class StoreError(Exception):
    """Base of this package's errors."""


class BundleNotFound(StoreError):
    """There is no store, no `current.json`, or no such bundle."""


class DigestMismatch(StoreError):
    """A zip or a file in it is not what its digest says."""

    def __init__(self, name: str, expected: str, found: str) -> None:
        super().__init__(
            f"{name} is not what was published: its SHA-256 should be {expected[:12]}… but is {found[:12]}…; "
            "publish the bundle again, or roll back."
        )


class Conflict(StoreError):
    """Somebody else wrote meanwhile, or the version exists already with other content."""
