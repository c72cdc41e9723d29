"""Publish a bundle, try it out, promote it, roll it back: the only ways in which a store changes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter, ValidationError

from emotion_bot.manifest import Engine, Manifest, Version
from emotion_bot.store.bundle import digest, pack, unpack
from emotion_bot.store.current import CURRENT, Current, Release, Trial, parse, read_current, zip_name
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
    _upload(target, store, version, zips)
    return Release(version=version, sha256={engine: digest(packed) for engine, packed in zips.items()})


def find(store: str, version: str | None = None) -> Release:
    """A published version, every file of it checked.

    Args:
        store: where.
        version: which; None: the one that is deployed.

    Raises:
        BundleNotFound: the store does not have it.
        DigestMismatch: a file in it was altered.
        StoreError: the store cannot be read.
    """
    source = connect(store)
    if version is not None:
        return _published(source, store, version)
    return _unchanged(source, store, read_current(source, store)[0])


def copy(source: str, store: str, version: str | None = None) -> Release:
    """Publish in one store what is published in another, such as in S3 what the repository's folder holds.

    Args:
        source: the store that has it.
        store: the store that shall.
        version: which; None: the one that is deployed in `source`.

    Raises:
        BundleNotFound: `source` does not have it.
        DigestMismatch: a file in it was altered.
        Conflict: `store` has the version already, with other content; or `source` has changed meanwhile.
        StoreError: one of the two cannot be read or written.
    """
    release, origin, zips = find(source, version), connect(source), dict[Engine, bytes]()
    for engine, expected in release.sha256.items():
        name = zip_name(release.version, engine)
        found = origin.get(name)
        if found is None or digest(found.data) != expected:
            raise Conflict(f"{name} in {source} was altered meanwhile; look at it, then try again.")
        zips[engine] = found.data
    _upload(connect(store), store, release.version, zips)
    return release


def promote(store: str, version: str) -> Current:
    """Deploy a published version: check its bundles, then point `current.json` at it.

    A trial ends with it, whichever version was on trial; to deploy what is deployed already changes nothing.

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

    A trial ends with it: all photos go to a version that has been deployed.

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
    release = _unchanged(target, store, now.previous)
    _check_engines(now, release)
    return _deploy(target, release, None, tag)


def try_out(store: str, version: str, share: int) -> Current:
    """Let a published version look at a share of the photos; once more with another share, change that.

    Args:
        store: where both versions are.
        version: which; its bundles are checked.
        share: how many of 100 photos.

    Raises:
        BundleNotFound: nothing is deployed, or the version is not published for every engine that is.
        DigestMismatch: a file in it was altered.
        Conflict: it is deployed, another one is on trial, or somebody else wrote meanwhile.
        StoreError: the share is none, or the store cannot be read or written.
    """
    target = connect(store)
    now, tag = read_current(target, store)
    if version == now.version:
        raise Conflict(f"Version {version} is deployed in {store}, so there is nothing to try out.")
    if now.trial and now.trial.version != version:
        raise Conflict(
            f"Version {now.trial.version} is on trial in {store}; promote it, or end its trial first: "
            "python -m training trial --end."
        )
    release = _published(target, store, version)
    _check_engines(now, release)
    try:
        trial = Trial(version=version, sha256=release.sha256, share=share)
    except ValidationError:
        raise StoreError(
            f"A trial cannot have {share} % of the photos; choose 1 to 99, or promote the version."
        ) from None
    return _write(target, now.model_copy(update={"trial": trial}), tag)


def end_trial(store: str) -> Current:
    """Let the deployed version look at all photos again.

    Raises:
        BundleNotFound: no version is on trial.
        Conflict: somebody else wrote meanwhile.
        StoreError: the store cannot be read or written.
    """
    target = connect(store)
    now, tag = read_current(target, store)
    if now.trial is None:
        raise BundleNotFound(f"No version is on trial in {store}; version {now.version} is deployed.")
    return _write(target, now.model_copy(update={"trial": None}), tag)


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
    return _write(target, current, replacing)


def _write(target: Store, current: Current, replacing: str | None) -> Current:
    target.put(
        CURRENT, f"{current.model_dump_json(indent=2, exclude_none=True)}\n".encode(), replacing=replacing
    )
    return current


def _upload(target: Store, store: str, version: str, zips: Mapping[Engine, bytes]) -> None:
    """Publish, or complete what was cut off."""
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


def _unchanged(target: Store, store: str, known: Release) -> Release:
    """A version of which one knows the digests, as the store holds it, every file of it checked."""
    release = _published(target, store, known.version)
    for engine, expected in known.sha256.items():
        found = release.sha256.get(engine, "missing")
        if found != expected:
            raise DigestMismatch(f"{zip_name(release.version, engine)} in {store}", expected, found)
    return release


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
