"""Draws the pictures of docs/how-it-works.md from the code itself: `make pictures`."""  # noqa: INP001

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import matplotlib as mpl

mpl.use("Agg")  # draws into files, with no screen

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import Polygon, Rectangle

from emotion_bot.store import open_bundle
from emotion_bot.vision import Recognizer, decode
from emotion_bot.vision.annotate import COLOURS
from emotion_bot.vision.canvas import NOBODY, STRIDE, WINDOW
from emotion_bot.vision.crop import crop_face, cut, face_square
from training.network import NETWORKS
from training.report import draw_network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from emotion_bot.vision.mtcnn import MtcnnDetector
    from emotion_bot.vision.mtcnn_litert import LiteRTCascade

HERE = Path(__file__).parent
PHOTOS = HERE.parents[1] / "playground" / "photos"
INK, MUTED, YELLOW, RED = "#1f2933", "#7b8794", "#ffd400", "#e6194b"
RELEASED_NETWORK = "residual"
LEVELS = 4
"""Of the pyramid, as many as have room for a word."""
CUT_OUT = 240
"""Pixels of the face in colour, about as many as there are on the page."""
STYLE: dict[Any, Any] = {
    "font.size": 11,
    "text.color": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.titlecolor": INK,
    "figure.dpi": 100,
}


def draw_pyramid(rgb: NDArray[np.uint8], cascade: LiteRTCascade) -> Figure:
    """The levels on their canvas, and what P-Net makes of each place."""
    (piece,) = cascade.pyramid(rgb).pieces
    layout = piece.layout
    faces = 1 / (1 + np.exp(-cascade.scan(piece)[:, :, 0]))
    faces[layout.owners == NOBODY] = 0
    bottom = max(level.y + level.height for level in layout.levels)
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.4), layout="constrained")
    left.imshow(piece.canvas)
    # P-Net answers for windows: the first, of 12 pixels, has its middle at 6.
    middle = WINDOW / 2 - STRIDE / 2
    extent = (middle, middle + STRIDE * faces.shape[1], middle + STRIDE * faces.shape[0], middle)
    right.imshow(faces, cmap="magma", vmin=0, vmax=1, extent=extent)
    right.set_facecolor("black")
    for level, factor in zip(layout.levels[:LEVELS], layout.factors, strict=False):
        place = (level.x + 3, level.y + level.height - 4)
        left.annotate(f"{level.width} x {level.height}", place, fontsize=8, color="white")
        right.annotate(f"{WINDOW * factor[0]:.0f} px", place, fontsize=8, color="white")
    left.set_title("The photo at every size, on one canvas", fontweight="bold")
    right.set_title("How sure P-Net is of a face, and how wide it is there", fontweight="bold")
    for axes in (left, right):
        axes.set(xlim=(0, layout.width), ylim=(bottom, 0), xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return figure


def draw_cascade(rgb: NDArray[np.uint8], cascade: LiteRTCascade, min_confidence: float) -> Figure:
    """The candidates that each network leaves, and how many they are."""
    pyramid = cascade.pyramid(rgb)
    proposed = cascade.propose(pyramid)
    refined = cascade.refine(pyramid, proposed)
    found = cascade.output(pyramid, refined)
    sure = found.scores >= min_confidence
    figure, rows = plt.subplots(3, 1, figsize=(7, 13), layout="constrained")
    stages = [
        (f"P-Net proposes {len(proposed)} squares", proposed, 0.6),
        (f"R-Net keeps {len(refined)}", refined, 1.4),
        (f"O-Net keeps {sure.sum()}, and finds eyes, nose and mouth", found.boxes[sure], 2.5),
    ]
    for axes, (title, boxes, width) in zip(rows, stages, strict=True):
        axes.imshow(rgb)
        axes.set_title(title, fontweight="bold")
        axes.set_axis_off()
        _draw_boxes(axes, boxes, width)
    rows[-1].scatter(
        *found.landmarks[sure].reshape(-1, 2).T, s=16, color=RED, edgecolor="white", linewidth=0.6
    )
    return figure


def _draw_boxes(axes: Axes, boxes: NDArray[np.float64], width: float) -> None:
    for x1, y1, x2, y2 in boxes:
        axes.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, color=YELLOW, linewidth=width))


def draw_crop(rgb: NDArray[np.uint8], recognizer: Recognizer) -> Figure:
    """One face on its way: box and landmarks, the square, grey at 48 x 48, the classifier's scores."""
    geometry = recognizer.manifest.crop
    detection = recognizer.detector.detect(rgb)[0]
    square = face_square(detection, geometry)
    crop = crop_face(rgb, detection, geometry)
    (scores,) = recognizer.classifier.predict(crop[None])
    x, y, width, height = detection.box
    corners = np.array(square.corners)
    figure, (photo, colour, grey, bars) = plt.subplots(1, 4, figsize=(11, 2.9), layout="constrained")
    photo.imshow(rgb)
    photo.add_patch(Rectangle((x, y), width, height, fill=False, color=YELLOW, linewidth=2))
    photo.scatter(*np.transpose(detection.landmarks), s=22, color=RED, edgecolor="white", linewidth=0.8)
    outline = np.stack([corners.real, corners.imag], axis=1)
    photo.add_patch(Polygon(outline, fill=False, color="white", linewidth=1.5, linestyle="--"))
    margin = 0.3 * abs(square.top)
    photo.set(
        xlim=(corners.real.min() - margin, corners.real.max() + margin),
        ylim=(corners.imag.max() + margin, corners.imag.min() - margin),
    )
    photo.set_title("MTCNN's box, and the square")
    colour.imshow(cut(rgb, square, CUT_OUT))
    colour.set_title("cut out, upright")
    grey.imshow(crop, cmap="gray", vmin=0, vmax=255)
    grey.set_title("grey, 48 x 48")
    for axes in (photo, colour, grey):
        axes.set_axis_off()
    labels = recognizer.classifier.labels
    paint = [np.array(COLOURS[label]) / 255 for label in labels]
    bars.barh(labels[::-1], scores[::-1], color=paint[::-1], edgecolor=INK, linewidth=0.6)
    for row, score in enumerate(scores[::-1]):
        bars.text(score + 0.03, row, f"{score:.0%}", va="center")
    bars.set(xlim=(0, 1.2), xticks=[])
    bars.set_title("the classifier")
    bars.spines[["top", "right", "bottom"]].set_visible(False)
    bars.tick_params(length=0)
    return figure


def save(figure: Figure, name: str) -> None:
    """As a JPEG: photographs make PNGs several times as large."""
    file = HERE / name
    figure.savefig(file, facecolor="white", pil_kwargs={"quality": 88})
    plt.close(figure)
    click.echo(f"{file.name}: {file.stat().st_size // 1024} kB")


def ask(photo: Path, store: str, picture: Path) -> None:
    """What the bot answers to the photo, by way of Telegram, which packs every photo anew."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "playground", "ask", str(photo), "--store", store, "--out", out]
        subprocess.run(command, check=True)  # noqa: S603 - our own command
        shutil.copy(Path(out) / f"{photo.stem}.annotated.jpg", picture)


@click.command(help=__doc__)
@click.option("--store", default="models", show_default=True, help="Where the bundle is.")
def main(store: str) -> None:
    """Draw all pictures beside this file."""
    plt.rcParams.update(STYLE)
    recognizer = Recognizer.load(open_bundle(store))
    detector = cast("MtcnnDetector", recognizer.detector)
    cascade = cast("LiteRTCascade", detector.cascade)
    two_people = decode((PHOTOS / "two_people.jpg").read_bytes())
    astronaut = decode((PHOTOS / "astronaut.png").read_bytes())
    save(draw_pyramid(two_people, cascade), "pyramid.jpg")
    save(draw_cascade(two_people, cascade, detector.min_confidence), "cascade.jpg")
    save(draw_crop(astronaut, recognizer), "face.jpg")
    ask(PHOTOS / "astronaut.png", store, HERE / "answer.jpg")
    ask(PHOTOS / "two_people.jpg", store, HERE / "answer-two-people.jpg")
    draw_network(NETWORKS[RELEASED_NETWORK](), HERE / "network.png")


if __name__ == "__main__":
    main()
