"""Do the two engines find the same faces? `python -m benchmarks.parity PHOTOS_DIR` counts on how many."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emotion_bot.store import open_bundle
from emotion_bot.vision import Detection, FaceDetector, PhotoError, Recognizer, decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotion_bot.vision.detection import Box

MIN_HEIGHT = 40
"""Pixels; smaller faces are not counted."""
MIN_IOU = 0.85
MAX_DIFFERENCE = 0.02
"""In confidence."""


@dataclass(frozen=True)
class Agreement:
    """How many faces either engine found, and how many of them both found alike."""

    photos: int = 0
    either: int = 0
    both: int = 0

    @property
    def share(self) -> float:
        """Of the faces that either engine found, those that both did; 1 where there are none."""
        return self.both / self.either if self.either else 1.0

    def __add__(self, other: Agreement) -> Agreement:
        """Both taken together."""
        return Agreement(self.photos + other.photos, self.either + other.either, self.both + other.both)


def compare(ones: Sequence[Detection], others: Sequence[Detection]) -> Agreement:
    """The agreement on one photo: each face is paired with at most one, at MIN_IOU, the best overlap first.

    Pairs and single faces count where a box is MIN_HEIGHT high; a pair agrees within MAX_DIFFERENCE.
    """
    overlaps = [(iou(one.box, other.box), one, other) for one in ones for other in others]
    single = {id(face): face for face in (*ones, *others)}
    either = both = 0
    for overlap, one, other in sorted(overlaps, key=lambda triple: -triple[0]):
        if overlap < MIN_IOU or id(one) not in single or id(other) not in single:
            continue
        del single[id(one)], single[id(other)]
        if max(one.box[3], other.box[3]) >= MIN_HEIGHT:
            either += 1
            both += abs(one.confidence - other.confidence) <= MAX_DIFFERENCE
    either += sum(face.box[3] >= MIN_HEIGHT for face in single.values())
    return Agreement(1, either, both)


def iou(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    union = one[2] * one[3] + other[2] * other[3] - shared
    return shared / union if union else 0.0


def on_photo(path: Path, one: FaceDetector, other: FaceDetector) -> Agreement:
    """The agreement on a file; none at all where it is no photo."""
    try:
        rgb = decode(path.read_bytes())
    except PhotoError:
        return Agreement()
    return compare(one.detect(rgb), other.detect(rgb))


@click.command(help=__doc__)
@click.argument("photos_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--store", default="models", show_default=True, help="Where the bundles are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a sentence.")
def main(photos_dir: Path, store: str, *, as_json: bool) -> None:
    """Print how far the engines agree on a folder of photographs, and those on which they do not."""
    engines = [Recognizer.load(open_bundle(store, engine)).detector for engine in ("litert", "tensorflow")]
    total = Agreement()
    for path in sorted(path for path in photos_dir.iterdir() if path.is_file()):
        agreement = on_photo(path, *engines)
        total += agreement
        if agreement.both < agreement.either:
            click.echo(f"\r{path.name}: {agreement.both} of {agreement.either}", err=True)
        click.echo(f"\r{total.photos} photos, {total.both} of {total.either} faces agree", nl=False, err=True)
    click.echo(err=True)
    if not total.photos:
        raise click.ClickException(f"{photos_dir} holds no photo that can be read.")
    if as_json:
        click.echo(json.dumps({**asdict(total), "share": round(total.share, 4)}))
    else:
        click.echo(
            f"Of {total.either} faces at least {MIN_HEIGHT} pixels high that either engine found "
            f"on {total.photos} photos, both found {total.both} ({total.share:.1%}): IoU at least {MIN_IOU}, "
            f"confidence within {MAX_DIFFERENCE}."
        )


if __name__ == "__main__":
    main()
