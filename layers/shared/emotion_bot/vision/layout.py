"""Where labels go: inside the picture, off the faces, off each other. Rectangles only, no pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Rect = tuple[int, int, int, int]
"""x, y, width, height."""
Size = tuple[int, int]
"""Width, height."""


def place(faces: Sequence[Rect], labels: Sequence[Size], canvas: Size, gap: int) -> list[Rect | None]:
    """A place for each face's label, `gap` pixels beside the face; None for those that find no room.

    A label never covers another one or a face, but for one case: where nothing beside a face is free, and
    the face is much larger than its label, the label lies on its chin or forehead.
    """
    choices = [
        [rect for rect in _beside(face, label, canvas, gap) if not _any(rect, faces)]
        for face, label in zip(faces, labels, strict=True)
    ]
    places: list[Rect | None] = [None] * len(faces)
    # Who has the fewest choices chooses first.
    for index in sorted(range(len(faces)), key=lambda index: len(choices[index])):
        others = [*faces[:index], *faces[index + 1 :]]
        inside = [rect for rect in _inside(faces[index], labels[index], canvas) if not _any(rect, others)]
        taken = [rect for rect in places if rect is not None]
        places[index] = next((rect for rect in choices[index] + inside if not _any(rect, taken)), None)
    return places


def overlap(one: Rect, other: Rect) -> bool:
    """Whether the two share a pixel."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def clamp(rect: Rect, canvas: Size) -> Rect:
    """The rectangle moved as little as it takes to lie inside, as far as it fits."""
    x, y, width, height = rect
    return max(0, min(x, canvas[0] - width)), max(0, min(y, canvas[1] - height)), width, height


def fits(size: Size, canvas: Size) -> bool:
    """Whether it is no larger either way."""
    return size[0] <= canvas[0] and size[1] <= canvas[1]


def _any(rect: Rect, others: Sequence[Rect]) -> bool:
    return any(overlap(rect, other) for other in others)


def _beside(face: Rect, label: Size, canvas: Size, gap: int) -> Iterator[Rect]:
    """Places above, below, right and left of the face, the best first, moved along its edge if need be."""
    if not fits(label, canvas):
        return
    x, y, width, height = face
    across, down = label
    columns = (x, x + (width - across) // 2, x + width - across)
    rows = (y, y + (height - down) // 2, y + height - down)
    spots = [
        *((column, y - gap - down) for column in columns),
        *((column, y + height + gap) for column in columns),
        *((x + width + gap, row) for row in rows),
        *((x - gap - across, row) for row in rows),
    ]
    for spot in spots:
        rect = clamp((*spot, across, down), canvas)
        # What was moved across the edge rather than along it would cover the face.
        if not overlap(rect, face):
            yield rect


def _inside(face: Rect, label: Size, canvas: Size) -> Iterator[Rect]:
    """Places on the chin and the forehead of a face at least four times as high as the label."""
    x, y, width, height = face
    across, down = label
    if height >= 4 * down and fits(label, canvas):
        column = x + (width - across) // 2
        yield clamp((column, y + height - down, across, down), canvas)
        yield clamp((column, y, across, down), canvas)
