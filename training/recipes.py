"""The recipes: everything that decides how a network is trained, besides the data."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """One training, reproducible from these lines and the data."""

    network: str
    """A key of `network.NETWORKS`."""
    epochs: int
    learning_rate: float
    """Its peak: a linear warm-up leads there, a cosine down to nothing."""
    batch: int = 128
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    votes: float = 0.0
    """Weight of the FER+ votes in the loss, where there are any."""
    mixup: float = 0.0
    """The Beta distribution's parameter; none at 0."""
    augmentation: float = 0.5
    """Strength, see `augment.augment`."""
    spoilt: float = 0.0
    """Share of the faces that are blurred, shrunk or compressed besides."""
    teachers: float = 0.0
    """Share of the teachers' predictions in the targets, where there are teachers."""
    consistent: bool = False
    """Whether the teachers look at each face as the network sees it, see `distill.taught`, or once at all."""
    others: float = 0.0
    """Share of the angry, disgusted, fearful and surprised faces that each epoch learns from besides."""
    bare: bool = False
    """Exported just as trained, to be compared with: not calibrated, with one look, in 32 bits."""
    seed: int = 2013
    precision: str = "float32"
    """Keras' dtype policy."""


_RESIDUAL = Recipe(
    "residual",
    epochs=40,
    learning_rate=0.05,
    weight_decay=4e-3,
    label_smoothing=0.1,
    augmentation=1.0,
    others=0.5,
)
_WITH_VOTES = replace(_RESIDUAL, precision="mixed_bfloat16")

RECIPES = {
    "seed": Recipe("seed", epochs=25, learning_rate=0.02, bare=True),
    "residual": _RESIDUAL,
    # The released network, in three trainings after "residual"; docs/experiments.md has the commands.
    "teacher": replace(_WITH_VOTES, epochs=36, learning_rate=0.05, votes=1.0, mixup=0.2),
    "student": replace(_WITH_VOTES, epochs=36, learning_rate=0.03, votes=0.5, teachers=0.5, seed=2014),
    "graduate": replace(
        _WITH_VOTES,
        epochs=26,
        learning_rate=0.02,
        votes=0.5,
        teachers=0.6,
        mixup=0.2,
        spoilt=0.3,
        seed=2015,
    ),
    # The next network, in three more.
    "wide": replace(
        _WITH_VOTES,
        network="wide",
        epochs=50,
        learning_rate=0.05,
        votes=1.0,
        teachers=0.5,
        mixup=0.2,
        spoilt=0.3,
        seed=2016,
    ),
    "professor": replace(
        _WITH_VOTES, network="wide", epochs=26, learning_rate=0.03, votes=0.5, teachers=0.6, seed=2017
    ),
    "doctor": replace(
        _WITH_VOTES,
        epochs=28,
        learning_rate=0.02,
        votes=0.5,
        teachers=0.8,
        consistent=True,
        mixup=0.2,
        spoilt=0.5,
        seed=2018,
    ),
}
