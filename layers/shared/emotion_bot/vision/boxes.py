"""Arithmetic on boxes, float64 (N, 4), rows of x1, y1, x2, y2, as the MTCNN cascade passes them on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BLOCK = 512


def suppress(
    boxes: Floats, scores: Floats, threshold: float, overlap: Literal["union", "smaller"] = "union"
) -> NDArray[np.intp]:
    """Non-maximum suppression: indices, (M,), of the boxes that stay, best score first.

    A box goes if any better one overlaps it by more than `threshold`, be that one suppressed itself or not.
    So does the `mtcnn` package, where the usual greedy form lets only boxes that stay suppress others.
    The overlap is the intersection over the union, or over the smaller box.
    """
    order = np.argsort(scores)[::-1]
    if len(order) <= 1:
        return order
    x1, y1, x2, y2 = boxes[order].T
    area = (x2 - x1) * (y2 - y1)
    stays = np.ones(len(order), dtype=bool)
    # In blocks of columns, so that a crowd's thousands of boxes never need their whole square of overlaps.
    for start in range(0, len(order), _BLOCK):
        worse = slice(start, min(start + _BLOCK, len(order)))
        better = slice(0, worse.stop)
        width = np.minimum(x2[better, None], x2[worse]) - np.maximum(x1[better, None], x1[worse])
        height = np.minimum(y2[better, None], y2[worse]) - np.maximum(y1[better, None], y1[worse])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        if overlap == "union":
            whole = area[better, None] + area[worse] - shared
        else:
            whole = np.minimum(area[better, None], area[worse])
        ranks = np.arange(worse.stop)
        overlaps = (shared > threshold * whole) & (ranks[:, None] < ranks[worse])
        stays[worse] = ~overlaps.any(axis=0)
    return order[stays]


def regress(boxes: Floats, offsets: Floats) -> Floats:
    """Move each box's corners by offsets, (N, 4), that are in units of its inclusive width and height."""
    return boxes + offsets * np.tile(sides(boxes), 2)


def sides(boxes: Floats) -> Floats:
    """Width and height, (N, 2), counted as the package does: the last pixel belongs to the box."""
    return boxes[:, 2:] - boxes[:, :2] + 1


def square(boxes: Floats) -> Floats:
    """Each box grown along its shorter side to a square about the same centre."""
    size = boxes[:, 2:] - boxes[:, :2]
    side = size.max(axis=1, keepdims=True)
    corner = boxes[:, :2] + size * 0.5 - side * 0.5
    return np.concatenate([corner, corner + side], axis=1)
