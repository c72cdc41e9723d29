"""The recipes: everything that decides how a network is trained, besides the data."""

from __future__ import annotations

from dataclasses import dataclass


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
    augmentation: float = 0.5
    """Strength, see `augment.augment`."""
    others: float = 0.0
    """Share of the angry, disgusted, fearful and surprised faces that each epoch learns from besides."""
    seed: int = 2013


RECIPES = {
    "seed": Recipe("seed", epochs=25, learning_rate=0.02),
    "residual": Recipe(
        "residual",
        epochs=40,
        learning_rate=0.05,
        weight_decay=4e-3,
        label_smoothing=0.1,
        augmentation=1.0,
        others=0.5,
    ),
}
