"""Publish a bundle, promote it, roll it back: the only ways in which a store changes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter, ValidationError

from emotion_bot.manifest import Engine, Manifest, Version
from emotion_bot.store.bundle import digest, pack, unpack
from emotion_bot.store.current import CURRENT, Current, Release, parse, read_current, zip_name
from emotion_bot.store.errors import BundleNotFound, Conflict, DigestMismatch, StoreError
from emotion_bot.store.stores import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emotion_bot.store.objects import Store


def check_free(store: str, version: str) -> None:
    """Make sure, before hours of training, that its version can be published.

    Raises:
        Conflict: the version is there already.
        StoreError: it cannot be a version, or the store cannot be read.
    """
    _check_version(version)
    target = connect(store)
    if any(target.get(zip_name(version, engine)) for engine in get_args(Engine)):
        raise Conflict(f"{store} holds version {version} already; choose another: --version NAME.")


def publish(store: str, bundles: Mapping[Engine, Path]) -> Release:
    """Upload the folder of each engine as `<version>/<engine>.zip`; nothing else is deployed until `promote`.

    Publishing the same once more changes nothing, and completes what was cut off.

    Raises:
        Conflict: the version is there already, with other content.
        StoreError: the folders are no bundles of one version, or the store cannot be written.
    """
    try:
        versions = {Manifest.read(folder).version for folder in bundles.values()}
    except (FileNotFoundError, ValidationError) as error:
        raise StoreError(
            "There is no exported bundle to publish; make it first: python -m training export."
        ) from error
    if len(versions) != 1:
        raise StoreError(
            f"The bundles are of several versions ({', '.join(sorted(versions))}); export them together."
        )
    version = versions.pop()
    target = connect(store)
    zips = {engine: pack(folder) for engine, folder in bundles.items()}
    for engine, packed in zips.items():
        _check(packed, zip_name(version, engine), version, engine)
    for engine, packed in zips.items():
        name = zip_name(version, engine)
        try:
            target.put(name, packed, replacing=None)
        except Conflict:
            found = target.get(name)
            if found is None or found.data != packed:
                raise Conflict(
                    f"{store} holds {name} already, with other content; choose another version."
                ) from None
    return Release(version=version, sha256={engine: digest(packed) for engine, packed in zips.items()})


def promote(store: str, version: str) -> Current:
    """Deploy a published version: check its bundles, then point `current.json` at it.

    Raises:
        BundleNotFound: it is not published, or not for every engine that is deployed.
        DigestMismatch: a file in it was altered.
        Conflict: somebody else promoted meanwhile.
        StoreError: the store cannot be read or written.
    """
    target = connect(store)
    release = _published(target, store, version)
    found = target.get(CURRENT)
    try:
        now = parse(found.data, store) if found else None
    except StoreError:
        now = None  # malformed: promoting is how it is mended
    if now and now.version == version and now.sha256 == release.sha256:
        return now
    if now:
        _check_engines(now, release)
    before = Release(version=now.version, sha256=now.sha256) if now else None
    return _deploy(target, release, before, found.tag if found else None)


def rollback(store: str) -> Current:
    """Deploy again what was deployed before the last promotion. Once: after that, `promote` by name.

    Raises:
        BundleNotFound: no earlier version is recorded, or its bundles are gone, or not for every engine.
        DigestMismatch: they were altered.
        Conflict: somebody else promoted meanwhile.
        StoreError: the store cannot be read or written.
    """
    target = connect(store)
    now, tag = read_current(target, store)
    if now.previous is None:
        raise BundleNotFound(
            f"{store} records no version before {now.version}; name one: python -m training promote VERSION."
        )
    release = _published(target, store, now.previous.version)
    for engine, expected in now.previous.sha256.items():
        if release.sha256.get(engine) != expected:
            raise DigestMismatch(
                f"{zip_name(release.version, engine)} in {store}",
                expected,
                release.sha256.get(engine, "missing"),
            )
    _check_engines(now, release)
    return _deploy(target, release, None, tag)


def _check_engines(now: Release, release: Release) -> None:
    """A recognizer whose engine is not there would find no model at its next start."""
    missing = sorted(now.sha256.keys() - release.sha256.keys())
    if missing:
        raise BundleNotFound(
            f"Version {release.version} has no bundle for the engine {', '.join(missing)}, but version "
            f"{now.version}, which is deployed, has one; publish it for that engine too."
        )


def _deploy(target: Store, release: Release, previous: Release | None, replacing: str | None) -> Current:
    current = Current(version=release.version, sha256=release.sha256, previous=previous)
    target.put(
        CURRENT, f"{current.model_dump_json(indent=2, exclude_none=True)}\n".encode(), replacing=replacing
    )
    return current


def _published(target: Store, store: str, version: str) -> Release:
    """A version as the store holds it, every file of it checked."""
    _check_version(version)
    digests: dict[Engine, str] = {}
    for engine in get_args(Engine):
        name = zip_name(version, engine)
        if found := target.get(name):
            _check(found.data, f"{name} in {store}", version, engine)
            digests[engine] = digest(found.data)
    if not digests:
        raise BundleNotFound(
            f"{store} holds no version {version}; publish it first: python -m training publish."
        )
    return Release(version=version, sha256=digests)


def _check_version(version: str) -> None:
    try:
        TypeAdapter(Version).validate_python(version)
    except ValidationError:
        raise StoreError(
            f"{version!r} cannot be a version; use letters, digits, dots, hyphens, underscores, 64 at most."
        ) from None


def _check(packed: bytes, name: str, version: str, engine: Engine) -> None:
    with tempfile.TemporaryDirectory() as folder:
        unpack(packed, Path(folder), name=name, version=version, engine=engine)
