"""Pictures of a run: its curves, its confusion matrix, how sure it is, its network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")  # draws into files, with no screen

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.ticker import MaxNLocator, PercentFormatter

from training import diagram
from training.data import CLASSES, RELEASED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import keras
    from matplotlib.figure import Figure

    from emotion_bot.manifest import Manifest
    from training.runs import Epoch

INK, MUTED, GRID = "#1f2933", "#7b8794", "#e4e7eb"
TRAINING, PUBLIC = "#9aa5b1", "#2563eb"
STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlepad": 10,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
}


def draw(manifest: Manifest, epochs: Sequence[Epoch], network: keras.Model, folder: Path) -> dict[str, Path]:
    """Draw all pictures into `folder`; the file of each by its name in the model card.

    Raises:
        KeyError: the manifest lacks a figure, so an earlier version of the training wrote it.
    """
    private = manifest.metrics["private_test"]
    files = {name: folder / f"{name}.png" for name in ("curves", "confusion", "reliability", "network")}
    draw_curves(epochs, files["curves"])
    draw_confusion(private, files["confusion"])
    draw_reliability(private, manifest.hard_to_tell, files["reliability"])
    draw_network(network, files["network"])
    return files


def draw_curves(epochs: Sequence[Epoch], file: Path) -> None:
    """Accuracy and loss by epoch, on Training and on PublicTest."""
    with plt.rc_context(STYLE):
        figure, (accuracy, loss) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
        numbers = [epoch.number for epoch in epochs]
        last = epochs[-1]
        for axes, title, training, public in (
            (accuracy, "Accuracy", [e.accuracy for e in epochs], [e.public_accuracy for e in epochs]),
            (loss, "Loss", [e.loss for e in epochs], [e.public_loss for e in epochs]),
        ):
            axes.plot(numbers, training, color=TRAINING, linewidth=2, label="Training, augmented")
            axes.plot(numbers, public, color=PUBLIC, linewidth=2, label="PublicTest")
            axes.plot(last.number, public[-1], "o", color=PUBLIC, markeredgecolor="white")
            axes.set_title(title)
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            axes.grid(axis="y", color=GRID, linewidth=0.8)
            axes.tick_params(length=0)
        accuracy.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        accuracy.set_title(f"Accuracy: {last.public_accuracy:.1%} on PublicTest after the last epoch")
        accuracy.legend(frameon=False, loc="lower right")
        _save(figure, file)


def draw_confusion(figures: dict[str, Any], file: Path) -> None:
    """Faces by true and predicted class, with each row's shares.

    Args:
        figures: `evaluate.Figures` of a split, as a dictionary.
        file: the PNG to write.
    """
    labels = CLASSES[:RELEASED]
    counts = np.array(figures["confusion"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(5.2, 4.8), layout="constrained")
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row in range(RELEASED):
            for column in range(RELEASED):
                light = "white" if shares[row, column] > 0.5 else INK
                axes.text(
                    column,
                    row - 0.08,
                    f"{shares[row, column]:.0%}",
                    ha="center",
                    va="center",
                    color=light,
                    size=17,
                )
                axes.text(
                    column,
                    row + 0.2,
                    f"{counts[row, column]:,}",
                    ha="center",
                    va="center",
                    color=light,
                    size=9,
                )
        axes.set_xticks(range(RELEASED), labels)
        axes.set_yticks(range(RELEASED), labels)
        axes.set_xlabel("predicted")
        axes.set_ylabel("true")
        axes.set_title(f"PrivateTest: {figures['accuracy']:.1%} of {figures['rows']:,} faces")
        axes.tick_params(length=0, labelsize=11)
        axes.spines[:].set_visible(False)
        axes.set_xticks(np.arange(RELEASED - 1) + 0.5, minor=True)
        axes.set_yticks(np.arange(RELEASED - 1) + 0.5, minor=True)
        axes.grid(which="minor", color="white", linewidth=3)
        axes.tick_params(which="minor", length=0)
        _save(figure, file)


def draw_reliability(figures: dict[str, Any], hard_to_tell: float, file: Path) -> None:
    """Accuracy by confidence, and below it how many faces are so sure.

    Args:
        figures: `evaluate.Figures` of a split, as a dictionary.
        hard_to_tell: the manifest's threshold; at 0 there is none.
        file: the PNG to write.
    """
    bins = figures["reliability"]
    width = 1 / len(bins)
    filled = [(number, each) for number, each in enumerate(bins) if each["faces"]]
    with plt.rc_context(STYLE):
        figure, (above, below) = plt.subplots(
            2, 1, figsize=(5.2, 5.6), height_ratios=(4, 1), sharex=True, layout="constrained"
        )
        above.plot([0, 1], [0, 1], color=TRAINING, linewidth=1, linestyle="--", zorder=1)
        confidence = np.array([each["confidence"] for _, each in filled])
        accuracy = np.array([each["accuracy"] for _, each in filled])
        faces = np.array([each["faces"] for _, each in filled])
        # Where chance puts a dot if the score means what it says: two standard errors to either side.
        error = 2 * np.sqrt(confidence * (1 - confidence) / faces)
        low, high = np.clip([confidence - error, confidence + error], 0, 1)
        above.vlines(confidence, low, high, color=GRID, linewidth=9, zorder=0, label="what chance may do")
        size = 12 + 90 * faces / faces.max()
        above.scatter(confidence, accuracy, size, color=PUBLIC, edgecolor="white", zorder=2)
        above.set(ylim=(-0.02, 1.02), ylabel="right")
        above.legend(frameon=False, loc="lower right", labelcolor=MUTED, handlelength=0.6)
        above.set_title(f"PrivateTest: expected calibration error {figures['ece']:.3f}")
        below.bar([(number + 0.5) * width for number, _ in filled], faces, width * 0.86, color=TRAINING)
        below.set(xlabel="best score", ylabel="faces", xlim=(0.3, 1.01))
        for axes in (above, below):
            axes.grid(axis="y", color=GRID, linewidth=0.8)
            axes.set_axisbelow(True)
            axes.tick_params(length=0)
            if hard_to_tell:
                axes.axvline(hard_to_tell, color=INK, linewidth=1, linestyle=":")
        if hard_to_tell:
            above.text(hard_to_tell + 0.01, 0.01, "← hard to tell", color=MUTED, fontsize=9)
        for axis in (above.xaxis, above.yaxis):
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
        _save(figure, file)


def draw_network(network: keras.Model, file: Path) -> None:
    """The network's layers; see `diagram.draw`."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(13, 4.2), layout="constrained")
        diagram.draw(network, axes)
        arrows = any(part.kind == "shortcut" for part in diagram.parts(network))
        axes.set_title(
            f"{network.name}: {network.count_params() / 1e6:.1f} M parameters. "
            f"A solid is a 3×3 convolution and its channels{', an arrow a shortcut' * arrows}."
        )
        _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=110)
    plt.close(figure)
