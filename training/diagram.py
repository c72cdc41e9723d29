"""The network as a picture, from the Keras model itself: a solid per convolution, a bar per vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import keras
from matplotlib.patches import FancyArrowPatch, Polygon

from emotion_bot.vision.crop import CROP_SIZE
from training.data import CLASSES, RELEASED, VOTED
from training.targets import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

HEIGHT = 4.0
"""Of a solid 48 pixels high, in units of the drawing."""
SLANT = (0.30, 0.22)
"""Where depth leads, per unit of height."""
SIDES = {48: "#60a5fa", 24: "#34d399", 12: "#fbbf24", 6: "#f87171"}
IMAGE, VECTOR, LINE, MUTED = "#9aa5b1", "#a78bfa", "#1f2933", "#7b8794"
ROW = 0.34
"""Between two names of outputs."""


@dataclass(frozen=True)
class Part:
    """Something to draw."""

    kind: str
    """`image`, `convolution`, `shortcut` or `vector`."""
    side: int = 0
    """Height and width in pixels; of a vector, 0."""
    depth: int = 0
    """Channels, or a vector's length."""


def parts(network: keras.Model) -> Iterator[Part]:
    """What stands out in a network, from its input on. A shortcut spans the two convolutions before it."""
    for layer in network.layers:
        shape = layer.output.shape
        match layer:
            case keras.layers.InputLayer():
                yield Part("image", shape[1], 1)
            case keras.layers.Conv2D() if layer.kernel_size != (1, 1):
                yield Part("convolution", shape[1], shape[3])
            case keras.layers.Add():
                yield Part("shortcut")
            case keras.layers.GlobalAveragePooling2D() | keras.layers.Flatten() | keras.layers.Dense():
                yield Part("vector", depth=shape[1])


class Solid(NamedTuple):
    """Where a convolution's front lies."""

    x: float
    width: float
    height: float


def draw(network: keras.Model, axes: Axes) -> None:
    """Draw `network` into empty axes of equal scale."""
    x, side = 0.0, 0
    solids: list[Solid] = []
    for part in parts(network):
        if part.kind == "shortcut":
            _shortcut(axes, solids[-3], solids[-1])
        elif part.kind == "vector":
            x += 0.9
            if part.depth == COLUMNS:
                _outputs(axes, x)
            else:
                _vector(axes, x, part.depth)
            x += 0.25
        else:
            new_size = part.side != side
            x += 0.5 if side and new_size else 0
            image = part.kind == "image"
            height = HEIGHT * part.side / CROP_SIZE
            solid = Solid(x, 0.1 if image else 0.07 * math.log2(part.depth) ** 1.25, height)
            _draw_solid(axes, solid, IMAGE if image else SIDES.get(part.side, VECTOR))
            if new_size:
                top = height / 2 + SLANT[1] * height + 0.12
                axes.text(x + SLANT[0] * height, top, f"{part.side}×{part.side}", color=MUTED, fontsize=8)
            label = "face" if image else str(part.depth)
            axes.text(
                x + solid.width / 2, -height / 2 - 0.18, label, ha="center", va="top", fontsize=9, color=LINE
            )
            solids.append(solid)
            side = part.side
            x += solid.width + SLANT[0] * height + 0.14
    axes.set_xlim(-0.4, x + 2.2)
    axes.set_ylim(-HEIGHT / 2 - 0.8, HEIGHT / 2 + SLANT[1] * HEIGHT + 0.7)
    axes.set_aspect("equal")
    axes.axis("off")


def _draw_solid(axes: Axes, solid: Solid, colour: str) -> None:
    x, width, height = solid
    right, up = SLANT[0] * height, SLANT[1] * height
    low, high = -height / 2, height / 2
    faces = {
        1.0: [(x, low), (x + width, low), (x + width, high), (x, high)],
        0.65: [(x, high), (x + width, high), (x + width + right, high + up), (x + right, high + up)],
        0.8: [
            (x + width, low),
            (x + width + right, low + up),
            (x + width + right, high + up),
            (x + width, high),
        ],
    }
    for shade, corners in faces.items():
        axes.add_patch(Polygon(corners, facecolor="white", edgecolor="none"))
        axes.add_patch(Polygon(corners, facecolor=colour, alpha=shade, edgecolor="white", linewidth=0.8))


def _bar(axes: Axes, x: float, height: float, top: float, shade: float = 1.0) -> None:
    low = top - height
    corners = [(x, low), (x + 0.16, low), (x + 0.16, top), (x, top)]
    axes.add_patch(Polygon(corners, facecolor=VECTOR, alpha=shade, edgecolor="white"))


def _vector(axes: Axes, x: float, length: int) -> None:
    height = 0.45 * math.log2(length)
    _bar(axes, x, height, height / 2)
    axes.text(x + 0.08, -height / 2 - 0.18, f"{length:,}", ha="center", va="top", fontsize=9, color=LINE)


def _outputs(axes: Axes, x: float) -> None:
    """The logits of FER-2013's classes above those of FER+'s emotions, each with its name."""
    top = ROW * (COLUMNS + 2.6) / 2
    for title, names, shade in (("labels", CLASSES, 1.0), ("votes", VOTED, 0.45)):
        axes.text(x, top - ROW / 2, f"{len(names)} {title}", va="center", fontsize=8, color=MUTED)
        top -= ROW
        _bar(axes, x, ROW * len(names), top, shade)
        for row, name in enumerate(names):
            released = names is CLASSES and row < RELEASED
            axes.text(
                x + 0.36,
                top - ROW * (row + 0.5),
                name,
                va="center",
                fontsize=10 if released else 8,
                weight="bold" if released else "normal",
                color=LINE if released else MUTED,
            )
        top -= ROW * (len(names) + 0.6)


def _shortcut(axes: Axes, start: Solid, end: Solid) -> None:
    """An arc under the solids, from the block's input to its output."""
    ends = [(solid.x + solid.width / 2, -solid.height / 2 - 0.5) for solid in (start, end)]
    axes.add_patch(
        FancyArrowPatch(
            *ends,
            connectionstyle="arc3,rad=0.35",
            arrowstyle="-|>",
            mutation_scale=9,
            color=MUTED,
            linewidth=1,
        )
    )
