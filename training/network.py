"""The networks: uint8 faces (N, 48, 48) in, one logit per column of `targets` out (N, 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zipfile import BadZipFile

import keras
from keras import layers

from emotion_bot.vision.crop import CROP_SIZE
from training.normalization import BatchNormalization
from training.runs import TrainingError
from training.targets import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path


def seed(dropout: float = 0.5) -> keras.Model:
    """Three blocks of two 3x3 convolutions, then one hidden layer: the network that the bot began with."""
    faces, x = _entry()
    for filters in (32, 64, 128):
        x = _convolution(x, filters)
        x = _convolution(x, filters)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(dropout / 2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(faces, _logits(x), name="seed")


def residual(dropout: float = 0.3) -> keras.Model:
    """Six residual blocks (He et al. 2016, arXiv:1512.03385) at 24, 12 and 6 pixels: 1.6 M parameters."""
    return _residual("residual", (48, 96, 192), dropout)


def wide(dropout: float = 0.4) -> keras.Model:
    """`residual` with a third more channels, 2.8 M parameters: a teacher, not to be deployed."""
    return _residual("wide", (64, 128, 256), dropout)


NETWORKS = {"seed": seed, "residual": residual, "wide": wide}


def load(file: Path) -> keras.Model:
    """The network that a run left in its `model.keras`.

    Raises:
        TrainingError: the file holds none.
    """
    try:
        return keras.saving.load_model(file, compile=False)
    except (OSError, ValueError, TypeError, BadZipFile) as error:
        raise TrainingError(f"{file} is not the model.keras of a run.") from error


def _residual(name: str, stages: tuple[int, ...], dropout: float) -> keras.Model:
    faces, x = _entry()
    x = _convolution(x, 32)
    for filters in stages:
        x = layers.MaxPooling2D()(x)
        x = _block(x, filters)
        x = _block(x, filters)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(faces, _logits(x), name=name)


def _entry() -> tuple[keras.KerasTensor, keras.KerasTensor]:
    """Normalisation lives inside the network, so that nobody can feed it pixels scaled otherwise."""
    faces = keras.Input((CROP_SIZE, CROP_SIZE), dtype="uint8", name="faces")
    x = layers.Reshape((CROP_SIZE, CROP_SIZE, 1), dtype="float32")(faces)
    x = layers.Rescaling(1 / 255, dtype="float32")(x)
    # Each face to zero mean and unit variance: light and contrast should not change the answer.
    return faces, layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False, dtype="float32")(x)


def _convolution(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(BatchNormalization()(x))


def _block(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    y = _convolution(x, filters)
    y = BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(y))
    if x.shape[-1] != filters:
        x = BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(x))
    return layers.ReLU()(layers.add([x, y]))


def _logits(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.Dense(COLUMNS, name="logits", dtype="float32")(x)
