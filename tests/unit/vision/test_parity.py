"""The two engines on a sample of photographs; `make bench` counts on many more."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.matching import match
from emotion_bot.vision import decode
from emotion_bot.vision.crop import crop_face


def sample(photos: Path) -> dict[str, np.ndarray]:
    """The photographs with people at several sizes, turned grey, side by side, and small in a mosaic."""
    astronaut, obama, biden, two = (
        decode((photos / name).read_bytes())
        for name in ("astronaut.png", "obama.jpg", "biden.jpg", "two_people.jpg")
    )
    tiles = [
        cv2.resize(photo, (300, 400), interpolation=cv2.INTER_AREA)
        for photo in (astronaut, obama, biden[:1300], two)
    ]
    small = [cv2.resize(tile, (150, 200), interpolation=cv2.INTER_AREA) for tile in tiles]
    grey = cv2.cvtColor(cv2.cvtColor(two, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return {
        "astronaut": astronaut,
        "obama": obama,
        "biden": biden,
        "two people": two,
        "two people, half": cv2.resize(two, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
        "two people, odd": cv2.resize(two, (911, 533), interpolation=cv2.INTER_AREA),
        "two people, grey": grey,
        "mosaic": np.vstack([np.hstack(tiles), np.hstack(tiles[::-1])]),
        "small mosaic": np.vstack([np.hstack(small), np.hstack(small[::-1]), np.hstack(small)]),
        "a cat": decode((photos / "chelsea.png").read_bytes()),
        "tiny": np.zeros((5, 7, 3), np.uint8),
    }


def test_the_fast_engine_finds_the_faces_of_the_reference_and_no_others(litert, tensorflow, photos):
    missed = together = 0
    distances, same = [], []
    for name, rgb in sample(photos).items():
        ours, theirs = litert.detector.detect(rgb), tensorflow.detector.detect(rgb)
        pairs = match([one.box for one in ours], [other.box for other in theirs])
        assert len(pairs) == len(ours), name
        missed += len(theirs) - len(pairs)
        together += len(pairs)
        for first, second in pairs:
            one, other = ours[first], theirs[second]
            away = np.array(one.landmarks) - np.array(other.landmarks)
            distances.append(np.hypot(*away.T).mean() / other.box[3])
            crops = np.stack([crop_face(rgb, each, litert.manifest.crop) for each in (one, other)])
            same.append(len(set(litert.classifier.predict(crops).argmax(axis=1))) == 1)
    assert missed <= 2
    assert together >= 29
    # Of a face's height.
    assert np.median(distances) < 0.015
    assert np.mean(same) >= 0.85


def test_both_engines_see_the_same_emotions(litert, tensorflow):
    crops = np.random.default_rng(5).integers(0, 256, (70, 48, 48), dtype=np.uint8)
    # The LiteRT network has weights of 8 bits: on faces its scores differ by up to 0.005.
    np.testing.assert_allclose(
        litert.classifier.predict(crops), tensorflow.classifier.predict(crops), atol=0.02
    )
    assert tensorflow.classifier.predict(crops[:0]).shape == (0, 3)


def test_the_reference_engine_finds_faces_at_any_smallest_face(tensorflow, photos):
    cascade = tensorflow.detector.cascade
    before = cascade.settings
    try:
        for min_face_size in (12, 45):
            cascade.settings = before.model_copy(update={"min_face_size": min_face_size})
            rgb = decode((photos / "two_people.jpg").read_bytes())
            assert sorted(cascade(rgb).boxes[:, 0]) == pytest.approx([238, 795], abs=12)
    finally:
        cascade.settings = before
