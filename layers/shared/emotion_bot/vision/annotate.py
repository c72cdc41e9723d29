"""Draws the answer: a box and a label per face, on a picture that Telegram takes and a phone shows well."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from emotion_bot.vision.layout import Rect, Size, place, squeeze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotion_bot.vision.detection import Box

Colour = tuple[int, int, int]
"""Blue, green, red, as OpenCV draws and encodes, but for COLOURS."""
Pixels = NDArray[np.uint8]

MIN_SIDE, MAX_SIDE = 800, 1600
"""Pixels that the longer side is brought between, so that labels can be read and the upload stays small."""
MAX_RATIO = 19.5
"""Telegram takes photos up to 20 : 1 (https://core.telegram.org/bots/api#sendphoto); others get a border."""
QUALITY = 90

# Orange and blue are Okabe and Ito's, which the colour-blind can tell apart; light grey is neither.
COLOURS: dict[str, Colour] = {"happy": (230, 159, 0), "sad": (0, 114, 178), "neutral": (225, 225, 225)}
"""Of the emotions: red, green, blue."""
HARD_TO_TELL, TOO_SMALL = "hard to tell", "too small"
"""How a face looks that looks like no emotion."""
# Slate with white dashes, and a thin grey line of dots.
_UNDECIDED: dict[str, Colour] = {HARD_TO_TELL: (102, 92, 86), TOO_SMALL: (150, 150, 150)}
_OTHER: Colour = (167, 121, 204)
_DARK: Colour = (24, 24, 24)
_LIGHT: Colour = (255, 255, 255)
_SEMIBOLD = 600
_SMALLEST_LETTERS = 11
# A thick line costs as much as its corners, so they are no more than the eye needs: on a radius of 60 pixels,
# chords of 10 degrees leave the circle by a quarter of a pixel.
_ARC, _STROKE = 10, 3


@dataclass(frozen=True, slots=True)
class _Tag:
    """What stands beside a face: a number, lines of text, or both."""

    number: str
    lines: Sequence[str]
    colour: Colour


def annotate(photo: Pixels, boxes: Sequence[Box], looks: Sequence[str], labels: Sequence[str]) -> bytes:
    """The photo, uint8 (H, W, 3), with its faces marked, as a JPEG.

    A face looks like an emotion, or is HARD_TO_TELL, with a dashed box, or TOO_SMALL, with a dotted one. What
    follows a colon in a label stands on a line of its own, so that no label is much wider than the others.
    Several faces are numbered in the order given. Where not every label finds room off the faces, the picture
    gets a margin for them; where that does not help, numbers stand alone.
    """
    canvas, scale, origin = _canvas(photo)
    faces = [_scaled(box, scale, origin) for box in boxes]
    numbers = [str(number) if len(faces) > 1 else "" for number in range(1, len(faces) + 1)]
    colours = [_colour(look) for look in looks]
    for face, look, colour in zip(faces, looks, colours, strict=True):
        _draw_box(canvas, face, look, colour)
    if faces:
        lines = [label.replace(": ", ":\n").splitlines() for label in labels]
        tags = [_Tag(*parts) for parts in zip(numbers, lines, colours, strict=True)]
        canvas = _with_tags(canvas, faces, tags)
    _, jpeg = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return jpeg.tobytes()


def _canvas(photo: Pixels) -> tuple[Pixels, float, Size]:
    """The photo at the answer's size, BGR, the factor it was scaled by, and where its corner lies."""
    height, width = photo.shape[:2]
    longer = max(height, width)
    scale = min(max(longer, MIN_SIDE), MAX_SIDE) / longer
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Down to half the size, the nearest four pixels leave none out, and cost a sixth of what areas do.
    shrinking = cv2.INTER_LINEAR if scale >= 0.5 else cv2.INTER_AREA
    flags = shrinking if scale < 1 else cv2.INTER_CUBIC
    resized = photo if scale == 1 else cv2.resize(photo, size, interpolation=flags)
    canvas = cv2.cvtColor(resized, cv2.COLOR_RGB2BGR)
    narrowest = int(np.ceil(max(size) / MAX_RATIO))
    across, down = max(0, narrowest - size[0]), max(0, narrowest - size[1])
    left, top = across // 2, down // 2
    if across or down:
        canvas = _bordered(canvas.astype(np.uint8, copy=False), left, top, across - left, down - top)
    return canvas.astype(np.uint8, copy=False), scale, (left, top)


def _colour(look: str) -> Colour:
    if look in COLOURS:
        red, green, blue = COLOURS[look]
        return blue, green, red
    return _UNDECIDED.get(look, _OTHER)


def _edge(look: str) -> Colour:
    """Of a box, dark or light: whatever it lies on, be it skin, one of its lines stands out."""
    return _DARK if look in _UNDECIDED else _ink(_colour(look))


def _scaled(box: Box, scale: float, origin: Size) -> Rect:
    left, top = round(box[0] * scale) + origin[0], round(box[1] * scale) + origin[1]
    return left, top, max(1, round(box[2] * scale)), max(1, round(box[3] * scale))


def _line_width(canvas: Pixels, face: Rect) -> int:
    """Pixels; thicker on larger faces, within what suits the picture."""
    return max(3, int(min(0.025 * min(face[2:]), 0.004 * max(canvas.shape))))


def _draw_box(canvas: Pixels, face: Rect, look: str, colour: Colour) -> None:
    line = _line_width(canvas, face)
    if look == TOO_SMALL:
        line = max(2, line // 2)
    reach, edge = (line + 1) // 2, _edge(look)
    for width, paint in ((reach + 1, edge), (reach, colour)) if look != TOO_SMALL else ((reach, edge),):
        cv2.fillPoly(canvas, [_around(face, width), _around(face, -width)], paint, cv2.LINE_AA)
    if look in _UNDECIDED:
        dashes = _dashes(_around(face, 0), *((8 * line, 0.5) if look == HARD_TO_TELL else (4 * line, 0)))
        cv2.polylines(canvas, dashes, isClosed=False, color=_LIGHT, thickness=line, lineType=cv2.LINE_AA)


def _around(face: Rect, distance: int) -> NDArray[np.int32]:
    """A face's outline, int32 (N, 1, 2), so many pixels further out.

    What lies between two of them, filled, takes half as long as a line of that thickness.
    """
    x, y, width, height = face
    size = (max(1, width + 2 * distance), max(1, height + 2 * distance))
    return _rounded((x - distance, y - distance, *size), min(width, height) // 10 + distance)


def _dashes(outline: NDArray[np.int32], period: int, share: float) -> list[NDArray[np.int32]]:
    """A closed outline, int32 (N, 1, 2), as evenly spaced strokes: one each `period`, of this share of it."""
    corners = np.concatenate([outline, outline[:1]])[:, 0].astype(float)
    travelled = np.concatenate([[0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    count = max(1, round(travelled[-1] / period))
    starts = np.linspace(0, travelled[-1], count, endpoint=False)
    steps = np.linspace(0, travelled[-1] / count * share, _STROKE)
    along = [[np.interp(start + steps, travelled, axis) for axis in corners.T] for start in starts]
    return [np.stack(stroke, axis=-1).round().astype(np.int32)[:, None] for stroke in along]


def _with_tags(canvas: Pixels, faces: list[Rect], tags: list[_Tag]) -> Pixels:
    """The labels, as large as all of them fit, if need be into a margin below; else the numbers alone."""
    height, width = canvas.shape[:2]
    picture = np.sqrt(width * height)
    face_side = float(np.median([np.sqrt(face[2] * face[3]) for face in faces]))
    gap = max(_line_width(canvas, face) for face in faces)
    font = cv2.FontFace("sans")
    smallest, largest = 0.017 * picture, min(max(0.2 * face_side, 0.024 * picture), 0.042 * picture)
    sizes = [max(smallest, shrink * largest) for shrink in (1, 0.8, 0.6)]
    for letters, has_margin in [*product(sizes, [False]), *product(sizes[1:], [True])]:
        pens = [_Pen(font, letters, tag) for tag in tags]
        margin = max(pen.size[1] for pen in pens) + 2 * gap if has_margin else 0
        # A picture much higher than wide would be too much so for Telegram.
        if height + margin <= MAX_RATIO * width:
            places = place(faces, [pen.size for pen in pens], (width, height + margin), gap)
            if places is not None:
                break
    else:
        letters, margin = min(max(0.35 * face_side, 0.014 * picture), 0.024 * picture), 0
        pens = [_Pen(font, letters, replace(tag, lines=())) for tag in tags]
        places = squeeze(faces, [pen.size for pen in pens], (width, height), gap)
    if margin:
        canvas = _bordered(canvas, below=margin)
    for spot, pen in zip(places, pens, strict=True):
        pen.draw(canvas, spot)
    return canvas


def _bordered(canvas: Pixels, left: int = 0, above: int = 0, right: int = 0, below: int = 0) -> Pixels:
    wider = cv2.copyMakeBorder(canvas, above, below, left, right, cv2.BORDER_CONSTANT, value=_DARK)
    return wider.astype(np.uint8, copy=False)


class _Pen:
    """Measures one tag at one size of letters, and draws it."""

    def __init__(self, font: cv2.FontFace, letters: float, tag: _Tag) -> None:
        self._font, self._letters, self._tag = font, max(_SMALLEST_LETTERS, round(letters)), tag
        self._padding, self._leading = round(0.45 * self._letters), round(1.25 * self._letters)
        self._line = round(1.5 * self._letters)
        height = self._line + self._leading * max(0, len(tag.lines) - 1)
        self._number = max(self._line, self._width(tag.number) + 2 * self._padding) if tag.number else 0
        text = max(map(self._width, tag.lines)) + 2 * self._padding if tag.lines else 0
        self.size = (self._number + text, height if tag.number or tag.lines else 0)

    def draw(self, canvas: Pixels, rect: Rect) -> None:
        """The tag on a chip that fills the rectangle: number on dark, text on the emotion's colour."""
        if not rect[2]:
            return
        x, y, _, height = rect
        radius, tag = self._line // 4, self._tag
        self._fill(canvas, (x - 1, y - 1, rect[2] + 2, height + 2), radius, _DARK)
        self._fill(canvas, rect, radius, tag.colour)
        if tag.number:
            ink = _ink(tag.colour)
            if tag.lines:
                self._fill(canvas, (x + 2, y + 2, self._number - 4, height - 4), radius - 1, _DARK)
                ink = _LIGHT
            middle = y + (height - self._line) // 2
            self._write(canvas, tag.number, x + (self._number - self._width(tag.number)) // 2, middle, ink)
        for index, line in enumerate(tag.lines):
            top = y + index * self._leading
            self._write(canvas, line, x + self._number + self._padding, top, _ink(tag.colour))

    def _width(self, text: str) -> int:
        *_, width, _ = cv2.getTextSize((0, 0), text, (0, 0), self._font, self._letters, _SEMIBOLD)
        return int(width)

    def _write(self, canvas: Pixels, text: str, x: int, top: int, colour: Colour) -> None:
        baseline = top + round(1.1 * self._letters)
        cv2.putText(canvas, text, (x, baseline), colour, self._font, self._letters, _SEMIBOLD)

    @staticmethod
    def _fill(canvas: Pixels, rect: Rect, radius: int, colour: Colour) -> None:
        cv2.fillPoly(canvas, [_rounded(rect, radius)], colour, cv2.LINE_AA)


def _ink(colour: Colour) -> Colour:
    """Dark or light, whichever reads better on the colour (Rec. 709 luma)."""
    blue, green, red = colour
    return _DARK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 118 else _LIGHT


def _rounded(rect: Rect, radius: int) -> NDArray[np.int32]:
    """The outline of a rectangle with round corners, int32 (N, 1, 2)."""
    x, y, width, height = rect
    radius = max(0, min(radius, (width - 1) // 2, (height - 1) // 2))
    near, far = (x + radius, y + radius), (x + width - 1 - radius, y + height - 1 - radius)
    corners = (((far[0], near[1]), 270), (far, 0), ((near[0], far[1]), 90), (near, 180))
    arcs = [
        cv2.ellipse2Poly(centre, (radius, radius), 0, start, start + 90, _ARC) for centre, start in corners
    ]
    return np.concatenate(arcs).reshape(-1, 1, 2).astype(np.int32)
