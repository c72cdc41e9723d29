"""What a store holds: which versions are published, and what each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from emotion_bot.manifest import Engine, Version
from emotion_bot.store.current import CURRENT, parse, zip_name
from emotion_bot.store.errors import BundleNotFound
from emotion_bot.store.stores import connect

if TYPE_CHECKING:
    from collections.abc import Collection

    from emotion_bot.store.current import Current

State = Literal["deployed", "on trial", "previous", "published"]


@dataclass(frozen=True)
class Listed:
    """A version of a store."""

    version: str
    state: State
    engines: tuple[Engine, ...]
    """For which it has a bundle; none where `current.json` names what is not there."""
    share: int
    """Of 100 photos, how many it looks at."""


def overview(store: str) -> list[Listed]:
    """All versions that are published in a store: the deployed one first, then trial, previous, others.

    Raises:
        BundleNotFound: the store holds nothing.
        StoreError: it cannot be read, or `current.json` is malformed.
    """
    target = connect(store)
    found, names = target.get(CURRENT), target.names()
    current = parse(found.data, store) if found else None
    states: dict[str, State] = {version: "published" for version in map(_version, names) if version}
    states |= _states(current)
    if not states:
        raise BundleNotFound(f"{store} holds no version; publish one there: python -m training publish.")
    trial = current.trial.share if current and current.trial else 0
    shares = {"deployed": 100 - trial, "on trial": trial}
    listed = [
        Listed(version, state, _engines(version, names), shares.get(state, 0))
        for version, state in sorted(states.items(), reverse=True)
    ]
    return sorted(listed, key=lambda each: get_args(State).index(each.state))


def _states(current: Current | None) -> dict[str, State]:
    if current is None:
        return {}
    states: dict[str, State] = {}
    if current.previous:
        states[current.previous.version] = "previous"
    if current.trial:
        states[current.trial.version] = "on trial"
    return states | {current.version: "deployed"}


def _engines(version: str, names: Collection[str]) -> tuple[Engine, ...]:
    return tuple(engine for engine in get_args(Engine) if zip_name(version, engine) in names)


def _version(name: str) -> str | None:
    """Of the bundle that an object of a store is, if it is one."""
    version, _, file = name.partition("/")
    try:
        TypeAdapter(Version).validate_python(version)
    except ValidationError:
        return None
    return version if file in {f"{engine}.zip" for engine in get_args(Engine)} else None
