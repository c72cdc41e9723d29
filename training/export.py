"""The trained network and MTCNN's three, as the files of the two bundles that the bot loads."""

from __future__ import annotations

import tempfile
from importlib.resources import files
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import layers, ops

from emotion_bot.vision.crop import CROP_SIZE
from training.calibrate import calibrate
from training.data import RELEASED
from training.detector import NETWORKS, WEIGHTS, merged
from training.runs import TrainingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from emotion_bot.manifest import Engine
    from training.data import Faces

MAX_DIFFERENCE = 1e-4
"""Largest difference allowed between an output in Keras and the same in LiteRT."""
MAX_QUANTISED = 0.1
"""The same for the classifier's probabilities, whose weights have 8 bits in LiteRT."""
MAX_QUANTISED_DETECTOR = 0.5
"""The same for the detector's logits and shares of a box."""
BATCH = 256


class ExportError(TrainingError):
    """A converted network does not compute what the original does."""


def released_classifier(network: keras.Model, public: Faces) -> keras.Model:
    """The classifier that ships, in plain Keras layers, so that it loads with no code of ours.

    Faces uint8 (N, 48, 48) in; probabilities float32 (N, 3) of happy, sad and neutral out, calibrated on
    `public`, faces of these three classes, see `calibrate`.
    """
    plain = _plain(network)
    batches = range(0, len(public), BATCH)
    logits = np.concatenate([np.asarray(plain(public.crops[start : start + BATCH])) for start in batches])
    scale, bias = calibrate(logits, public.labels)
    head = plain.get_layer("logits")
    kernel, offset = head.get_weights()
    head.set_weights([kernel * scale, offset * scale + bias])
    return _probabilities(plain)


def bare_classifier(network: keras.Model) -> keras.Model:
    """The network as it was trained, asked for three classes only: in and out as `released_classifier`."""
    return _probabilities(_plain(network))


def _probabilities(plain: keras.Model) -> keras.Model:
    faces = keras.Input((CROP_SIZE, CROP_SIZE), dtype="uint8", name="faces")
    return keras.Model(faces, ops.softmax(plain(faces), axis=-1), name="emotion")


def _plain(network: keras.Model) -> keras.Model:
    """The same network in float32 and in Keras' own layers, with the logits of the three classes alone."""

    def plain(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config() | {"dtype": "float32"}
        if isinstance(layer, layers.BatchNormalization):
            return layers.BatchNormalization.from_config(config)
        if layer.name == "logits":
            config["units"] = RELEASED
        return type(layer).from_config(config)

    copy = keras.models.clone_model(network, clone_function=plain)
    *weights, kernel, bias = network.get_weights()
    copy.set_weights([*weights, kernel[:, :RELEASED], bias[:RELEASED]])
    return copy


def export(
    network: keras.Model, folder_of: Callable[[Engine], Path], public: Faces, *, bare: bool = False
) -> dict[Engine, Path]:
    """Write the files of both bundles, and check that LiteRT computes what Keras does.

    Args:
        network: as `fit` left it.
        folder_of: where the files of an engine go.
        public: PublicTest's happy, sad and neutral faces, to calibrate on.
        bare: see `recipes.Recipe`.

    Returns:
        The folder of each engine.

    Raises:
        ExportError: a converted network differs from the original.
    """
    litert, tensorflow = folder_of("litert"), folder_of("tensorflow")
    for folder in (litert, tensorflow):
        folder.mkdir(parents=True, exist_ok=True)
    classifier = bare_classifier(network) if bare else released_classifier(network, public)
    classifier.save(tensorflow / "emotion.keras")
    random = np.random.default_rng(0)
    model = _convert(classifier, quantise=not bare)
    for count in (1, 2, 7):
        _check("emotion", classifier, model, public.crops[:count], MAX_DIFFERENCE if bare else MAX_QUANTISED)
    (litert / "emotion.tflite").write_bytes(model)
    for name, (_, side) in NETWORKS.items():
        network = merged(name)
        model = _convert(network, quantise=True)
        for shape in [(1, 96, 96, 3), (1, 60, 116, 3)] if side is None else [(5, side, side, 3)]:
            pixels = random.integers(0, 256, shape).astype(np.float32)
            _check(name, network, model, pixels, MAX_QUANTISED_DETECTOR)
        (litert / f"{name}.tflite").write_bytes(model)
        weights = WEIGHTS.format(name)
        (tensorflow / weights).write_bytes((files("mtcnn.assets.weights") / weights).read_bytes())
    return {"litert": litert, "tensorflow": tensorflow}


def _convert(model: keras.Model, *, quantise: bool = False) -> bytes:
    """By way of a SavedModel: `from_concrete_functions` loses the weights without a word.

    `quantise` stores the weights in 8 bits and multiplies in 8 bits (dynamic range quantisation): a quarter
    of the size and of the time.
    """
    with tempfile.TemporaryDirectory() as saved:
        model.export(saved, "tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        if quantise:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def _check(name: str, model: keras.Model, converted: bytes, inputs: np.ndarray, allowed: float) -> None:
    interpreter = Interpreter(model_content=converted, num_threads=1)
    entry = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(entry, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry, inputs)
    interpreter.invoke()
    (output,) = interpreter.get_output_details()
    difference = np.abs(interpreter.get_tensor(output["index"]) - np.asarray(model(inputs))).max()
    if not difference < allowed:
        raise ExportError(
            f"{name}: LiteRT and Keras differ by {difference:.2g} for input of shape {inputs.shape}."
        )
