"""The pictures of docs/benchmarks.md: how many times faster, and how the cost grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")  # draws into files, with no screen

from matplotlib import pyplot as plt
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from benchmarks.report import headline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Figures = dict[str, Any]

INK, MUTED, GRID, OURS, THEIRS = "#1f2933", "#7b8794", "#e4e7eb", "#2563eb", "#9aa5b1"
STYLE: dict[Any, Any] = {
    "font.size": 14,  # for a phone, on which the picture is as wide as a thumb is long
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "axes.titlesize": 19,
    "axes.titlepad": 16,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "text.color": INK,
}
LINES = {"seed": (THEIRS, "the seed's path"), "litert": (OURS, "ours")}
TICKS = FuncFormatter(lambda value, _: f"{value:,.0f}")


def draw(figures: Figures, folder: Path) -> dict[str, Path]:
    """Draw both into the folder; the file of each by its name in the report."""
    files = {
        "times_faster": folder / "benchmarks.png",
        "growth": folder / "benchmarks-growth.png",
    }
    with plt.rc_context(STYLE):
        for file, figure in zip(files.values(), (times_faster(figures), growth(figures)), strict=True):
            figure.savefig(file, dpi=110)
            plt.close(figure)
    return files


def times_faster(figures: Figures) -> Figure:
    """A bar for each figure: how many times as much its peer takes."""
    rows = headline(figures)
    figure, axes = plt.subplots(figsize=(8, 0.82 * len(rows) + 1.5), layout="constrained")
    for place, (title, ours, theirs, unit) in enumerate(rows):
        times = theirs / ours
        is_time = unit in {"ms", "s"}
        axes.barh(place, times, height=0.42, color=OURS if is_time else THEIRS, zorder=2)
        axes.text(
            times * 1.06,
            place,
            f"{times:.0f}×" if times >= 10 else f"{times:.1f}×",
            va="center",
            weight="bold",
            fontsize=17,
        )
        axes.text(1, place - 0.42, title, va="center", weight="bold")
        axes.text(
            _right_end(rows),
            place - 0.42,
            f"{_brief(theirs)} → {_brief(ours)} {unit}",
            va="center",
            ha="right",
            color=MUTED,
        )
    axes.set(xscale="log", xlim=(1, _right_end(rows)), yticks=[])
    axes.set_ylim(len(rows) - 0.6, -0.8)
    axes.set_title(f"{_about(rows)}× faster than the packages as they come")
    axes.set_xlabel("times faster (blue), times smaller (grey); log scale, one core")
    axes.xaxis.set_major_formatter(TICKS)
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xticks([1, 2, 5, 10, 20, 50])
    axes.grid(axis="x", color=GRID, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, which="both")
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def growth(figures: Figures) -> Figure:
    """Milliseconds by size and by faces, ours and the seed's path, on one core and on two."""
    figure, panels = plt.subplots(1, 2, figsize=(11, 4.8), layout="constrained", sharey=True)
    for axes, part, title in zip(
        panels, ("by_side", "by_faces"), ("By the longer side, pixels", "By faces, 1280 × 960"), strict=True
    ):
        for cores, parts in figures["photo_path"].items():
            _lines(axes, parts[part], "-" if cores == "1" else ":", f", {cores} core{'s' * (cores != '1')}")
        axes.set_title(title, fontsize=15)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(TICKS)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(axis="y", color=GRID, linewidth=1)
        axes.tick_params(length=0, which="both")
    panels[0].set_ylabel("ms per photo, log scale")
    figure.legend(*panels[0].get_legend_handles_labels(), frameon=False, loc="outside lower center", ncols=2)
    return figure


def _lines(axes: Axes, steps: Mapping[str, Figures], style: str, words: str) -> None:
    for name, (colour, label) in LINES.items():
        heights = [cells[name]["milliseconds"] for cells in steps.values()]
        axes.plot(list(steps), heights, style, color=colour, linewidth=2.5, marker="o", label=label + words)


def _right_end(rows: list[tuple[str, float, float, str]]) -> float:
    return 1.6 * max(theirs / ours for _, ours, theirs, _ in rows)


def _about(rows: list[tuple[str, float, float, str]]) -> str:
    """The least and the most of the photo path."""
    times = [theirs / ours for title, ours, theirs, _ in rows if title.startswith("photo path")]
    low, high = f"{min(times):.0f}", f"{max(times):.0f}"
    return low if low == high else f"{low} to {high}"


def _brief(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"
