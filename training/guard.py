"""What a bundle has to do before it is published: load, answer, and be no worse than what is deployed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_bot.manifest import Manifest
from emotion_bot.store import BundleNotFound, StoreError, open_bundle
from emotion_bot.vision import Recognizer
from emotion_bot.vision.crop import CROP_SIZE
from training.runs import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from emotion_bot.manifest import Engine

NOISE = 1.645
"""Standard errors; chance alone is further below in one case of twenty (one-sided test at 5 %)."""
GREY = 128


def check_answers(bundles: Mapping[Engine, Path]) -> None:
    """Load each engine's bundle as the bot does, and let it look at one picture.

    Raises:
        TrainingError: it does not load, or its answer is no probabilities of its labels.
        ModuleNotFoundError: the engine is not installed.
    """
    for engine, folder in bundles.items():
        try:
            recognizer = Recognizer.load(folder)
            recognizer.detector.detect(np.full((96, 96, 3), GREY, np.uint8))
            scores = recognizer.classifier.predict(np.full((1, CROP_SIZE, CROP_SIZE), GREY, np.uint8))
        except ModuleNotFoundError:
            raise
        except Exception as error:  # whatever it is that an engine says of a broken file
            reason = str(error).strip().partition("\n")[0] or type(error).__name__
            raise TrainingError(
                f"The {engine} bundle in {folder} does not load ({reason}); "
                "make it again: python -m training export."
            ) from error
        labels = recognizer.manifest.labels
        if (
            scores.shape != (1, len(labels))
            or not (scores >= 0).all()
            or not np.isclose(scores.sum(), 1, atol=1e-3)
        ):
            raise TrainingError(
                f"The {engine} bundle in {folder} answers {scores.tolist()}, which are no probabilities of "
                f"{', '.join(labels)}; make it again: python -m training export."
            )


def check_no_worse(store: str, bundles: Mapping[Engine, Path]) -> None:
    """Compare each bundle's accuracy on PublicTest with that of the same engine's in the store.

    On PublicTest, because whether to publish is a choice, and PrivateTest is for the figure alone. Where
    nothing is deployed, or it has no figures, there is nothing to compare with.

    Raises:
        TrainingError: it is worse by more than chance explains, has no figures, or what is deployed cannot be
            read.
    """
    for engine, folder in bundles.items():
        new = Manifest.read(folder)
        if not (ours := new.metrics.get("public_test")):
            raise TrainingError(
                f"The {engine} bundle in {folder} has no figures; make it again: python -m training export."
            )
        try:
            now = Manifest.read(open_bundle(store, engine))
        except BundleNotFound:
            continue
        except StoreError as error:
            raise TrainingError(
                f"What is deployed cannot be compared with: {error} To publish all the same: --force."
            ) from error
        theirs = now.metrics.get("public_test")
        if theirs and worse(ours, theirs):
            raise TrainingError(
                f"Version {new.version} ({engine}) is right about {_share(ours)}, version {now.version}, "
                f"deployed in {store}, about {_share(theirs)}: worse by more than chance explains. "
                "Nothing was published. Train a better one, or publish it all the same: --force."
            )


def worse(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    """Whether our accuracy is below theirs by more than chance explains.

    The pooled z-test for two proportions, one-sided (Fleiss, Levin and Paik 2003, "Statistical Methods for
    Rates and Proportions", chapter 3): z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)), where p is the accuracy
    of both together. With PublicTest's 2,155 faces and about 85 % it objects from 1.8 points on. It takes the
    two for independent; in truth they fail on much the same faces, so it is the patient one. McNemar's test
    would notice smaller differences, but needs the answer to each face, and a manifest holds sums.

    Args:
        ours: `accuracy` and `rows` of a split.
        theirs: the same of another classifier.
    """
    pooled = (ours["accuracy"] * ours["rows"] + theirs["accuracy"] * theirs["rows"]) / (
        ours["rows"] + theirs["rows"]
    )
    error = math.sqrt(pooled * (1 - pooled) * (1 / ours["rows"] + 1 / theirs["rows"]))
    return bool(theirs["accuracy"] - ours["accuracy"] > NOISE * error)


def _share(figures: Mapping[str, Any]) -> str:
    return f"{figures['accuracy']:.1%} of PublicTest's {figures['rows']:,} faces"
