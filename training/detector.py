"""MTCNN's three networks for LiteRT: the package's weights in graphs that take raw pixels and do less."""

from __future__ import annotations

import keras
import numpy as np
from mtcnn.network.onet import ONet
from mtcnn.network.pnet import PNet
from mtcnn.network.rnet import RNet
from mtcnn.utils.tensorflow import load_weights

NETWORKS = {"pnet": (PNet, None), "rnet": (RNet, 24), "onet": (ONet, 48)}
"""Name: the package's network, and the side of what it takes; P-Net slides over images of any size."""
WEIGHTS = "{}.lz4"
"""The package's file for a network of this name."""
MEAN, SCALE = 127.5, 128
"""The package takes (pixels - MEAN) / SCALE."""


def original(name: str) -> keras.Model:
    """The network as the package has it: normalised pixels in; offsets, (landmarks,) probabilities out."""
    build, side = NETWORKS[name]
    stage = build()
    stage.build((None, side, side, 3))
    stage.set_weights(load_weights(WEIGHTS.format(name)))
    return stage


def merged(name: str) -> keras.Model:
    """The same network: pixels of 0 to 255 in, (N, ..., 5 or 15) out.

    The columns are the logit of "a face", which is the difference of the package's two before its softmax,
    then four offsets, then O-Net's five x and five y. One head instead of two or three, no softmax over
    thousands of windows and no pass that normalises: P-Net x0.85.
    """
    stage, (_, side) = original(name), NETWORKS[name]
    trunk = [layer for layer in stage.layers if "-" not in layer.name]
    *regressions, classes = (layer for layer in stage.layers if "-" in layer.name)
    kernel, bias = trunk[0].get_weights()
    # w * (x - MEAN) / SCALE + b, summed over a window: exact, for the convolution pads nothing.
    trunk[0].set_weights([kernel / SCALE, bias - kernel.sum((0, 1, 2)) * (MEAN / SCALE)])
    x = pixels = keras.Input((side, side, 3), name="pixels")
    for layer in trunk:
        x = layer(x)
    face = [weights[..., 1:] - weights[..., :1] for weights in classes.get_weights()]
    kernel, bias = (
        np.concatenate(parts, axis=-1)
        for parts in zip(face, *(layer.get_weights() for layer in regressions), strict=True)
    )
    head = (
        keras.layers.Dense(len(bias))
        if kernel.ndim == 2
        else keras.layers.Conv2D(len(bias), kernel.shape[:2])
    )
    answer = head(x)
    head.set_weights([kernel, bias])
    return keras.Model(pixels, answer, name=name)
