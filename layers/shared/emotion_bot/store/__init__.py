"""The bundle and the store that it lives in, a folder or S3. Knows neither Telegram nor vision.

A store is laid out alike in a folder and in S3::

    current.json               which version is deployed, which is on trial, and the SHA-256 of their zips
    <version>/litert.zip       a bundle: manifest.json and the files that it lists
    <version>/tensorflow.zip

Errors::

    StoreError
    ├── BundleNotFound         there is no store, no current.json, or no such bundle
    ├── DigestMismatch         something is not what its digest says: altered, or cut short
    └── Conflict               somebody else wrote meanwhile, or the version exists with other content
"""

from __future__ import annotations

from emotion_bot.store.errors import BundleNotFound, Conflict, DigestMismatch, StoreError
from emotion_bot.store.opening import Bundles, open_bundle, open_bundles

__all__ = [
    "BundleNotFound",
    "Bundles",
    "Conflict",
    "DigestMismatch",
    "StoreError",
    "open_bundle",
    "open_bundles",
]
