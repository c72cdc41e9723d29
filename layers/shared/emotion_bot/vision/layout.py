"""Where labels go: inside the picture, off the faces, off each other. Rectangles only, no pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Rect = tuple[int, int, int, int]
"""x, y, width, height."""
Size = tuple[int, int]
"""Width, height."""

_PATIENCE = 1500
"""How often a label's choices are looked at again because another label chose differently."""


def place(faces: Sequence[Rect], labels: Sequence[Size], canvas: Size, gap: int) -> list[Rect] | None:
    """A place for each face's label, `gap` pixels beside the face; None where they do not all find room.

    A label covers neither a face nor another label.
    """
    needed = sum(across * down for across, down in labels) + sum(face[2] * face[3] for face in faces)
    if needed > canvas[0] * canvas[1]:
        return None
    choices = _choices(faces, labels, canvas, gap)
    places = _chosen(choices, iter(range(len(faces) + _PATIENCE // max(1, len(faces)))))
    return None if places is None else [places[index] for index in range(len(faces))]


def squeeze(faces: Sequence[Rect], labels: Sequence[Size], canvas: Size, gap: int) -> list[Rect]:
    """A place for each face's label: those that find none beside the face lie on one of its corners."""
    choices, places = _choices(faces, labels, canvas, gap), dict[int, Rect]()
    for index in sorted(choices, key=lambda index: len(choices[index])):
        taken = list(places.values())
        free = (rect for rect in choices[index] if not _any(rect, taken))
        places[index] = next(free, None) or _corner(faces[index], labels[index], canvas, faces, taken)
    return [places[index] for index in range(len(faces))]


def _choices(faces: Sequence[Rect], labels: Sequence[Size], canvas: Size, gap: int) -> dict[int, list[Rect]]:
    """By the face's index: where its label covers no face, the best first."""
    return {
        index: [rect for rect in _beside(face, label, canvas, gap) if not _any(rect, faces)]
        for index, (face, label) in enumerate(zip(faces, labels, strict=True))
    }


def _chosen(choices: dict[int, list[Rect]], patience: Iterator[int]) -> dict[int, Rect] | None:
    """A choice for each, none on another's: who has the fewest left chooses first, and may have to again."""
    if not choices:
        return {}
    index = min(choices, key=lambda index: len(choices[index]))
    others = {other: rects for other, rects in choices.items() if other != index}
    for rect in choices[index]:
        if next(patience, None) is None:
            return None
        left = {other: [each for each in rects if not overlap(each, rect)] for other, rects in others.items()}
        if all(left.values()) and (places := _chosen(left, patience)) is not None:
            return {index: rect, **places}
    return None


def _corner(face: Rect, label: Size, canvas: Size, faces: Sequence[Rect], taken: Sequence[Rect]) -> Rect:
    """The label on the corner of the face where it covers the least of others, and then of faces."""
    x, y, width, height = face
    across, down = label
    spots = [
        clamp((left - across // 2, top - down // 2, across, down), canvas)
        for top in (y, y + height)
        for left in (x, x + width)
    ]
    return min(spots, key=lambda spot: [sum(_shared(spot, each) for each in some) for some in (taken, faces)])


def overlap(one: Rect, other: Rect) -> bool:
    """Whether the two share a pixel."""
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _shared(one: Rect, other: Rect) -> int:
    """Pixels that lie in both."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across * down if across > 0 and down > 0 else 0


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
