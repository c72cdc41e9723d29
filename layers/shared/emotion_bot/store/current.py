"""`current.json`: which version is deployed, which is on trial, and what was deployed before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from emotion_bot.manifest import Engine, Sha256, Version
from emotion_bot.store.errors import BundleNotFound, StoreError

if TYPE_CHECKING:
    from emotion_bot.store.objects import Store

CURRENT = "current.json"


class Release(BaseModel):
    """A published version."""

    model_config = ConfigDict(frozen=True)

    version: Version
    sha256: dict[Engine, Sha256] = Field(min_length=1)
    """Of each engine's zip."""


class Trial(Release):
    """A published version that looks at a share of the photos, beside the one that is deployed."""

    share: int = Field(ge=1, le=99)
    """Of 100 photos."""


class Current(Release):
    """The version that is deployed."""

    previous: Release | None = None
    """Where a rollback leads."""
    trial: Trial | None = None
    """A bot that is older than trials does not read it, and looks at all photos with the deployed version."""


def zip_name(version: str, engine: str) -> str:
    """Name of a bundle's zip in its store."""
    return f"{version}/{engine}.zip"


def parse(text: bytes, where: str) -> Current:
    """`current.json` as it was read from the store `where`.

    Raises:
        StoreError: it is malformed.
    """
    try:
        return Current.model_validate_json(text)
    except ValidationError as error:
        raise StoreError(
            f"{CURRENT} in {where} is malformed ({first_fault(error)}); "
            "write it anew: python -m training promote VERSION."
        ) from error


def read_current(store: Store, where: str) -> tuple[Current, str]:
    """What is deployed, and the tag under which it was read.

    Raises:
        BundleNotFound: nothing is.
        StoreError: `current.json` is malformed, or the store cannot be read.
    """
    found = store.get(CURRENT)
    if found is None:
        raise BundleNotFound(
            f"{where} holds no {CURRENT}; check the address, "
            "or publish a bundle there: python -m training publish."
        )
    return parse(found.data, where), found.tag


def first_fault(error: ValidationError) -> str:
    """Where a document first departs from its format, and how."""
    fault = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"{place}: {fault['msg']}" if place else fault["msg"]
