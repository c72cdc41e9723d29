"""From a store's address to the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotion_bot.store.errors import StoreError
from emotion_bot.store.folder import FolderStore

if TYPE_CHECKING:
    from emotion_bot.store.objects import Store

_S3 = "s3://"


def connect(address: str) -> Store:
    """The store at `address`: a folder, or `s3://bucket/prefix`.

    Raises:
        StoreError: the address names no bucket, or AWS is not set up on this machine.
    """
    if not address.startswith(_S3):
        return FolderStore(Path(address))
    bucket, _, prefix = address.removeprefix(_S3).partition("/")
    if not bucket:
        raise StoreError(f"{address} names no bucket; write s3://bucket/prefix.")
    from emotion_bot.store.s3 import S3Store  # noqa: PLC0415 - boto3 takes its time, and a folder does not need it

    return S3Store(bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else "")
