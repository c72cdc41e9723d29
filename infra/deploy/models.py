"""The repository's models into the stack's bucket, without undoing what somebody promoted there."""

from __future__ import annotations

from typing import Final

from emotion_bot.store import BundleNotFound
from emotion_bot.store.current import read_current
from emotion_bot.store.release import copy, promote
from emotion_bot.store.stores import connect
from infra.deploy.environment import ROOT

MODELS: Final = ROOT / "models"


def upload(store: str, models: str = str(MODELS)) -> str:
    """Publish the released models, and deploy them where none are: a sentence on what became of it.

    `current.json` comes last, and is only written where there is none, so no reader finds half of a release,
    and no promotion is overwritten.

    Raises:
        StoreError: the message says what to do.
    """
    ours = copy(models, store)
    try:
        deployed, _ = read_current(connect(store), store)
    except BundleNotFound:
        promote(store, ours.version)
        return f"The model {ours.version} is uploaded."
    if deployed.version == ours.version:
        return f"The model {ours.version} is there."
    return (
        f"The stack goes on with its model {deployed.version}; "
        f"this repository's lies beside it: python -m training promote {ours.version} --store {store}"
    )
