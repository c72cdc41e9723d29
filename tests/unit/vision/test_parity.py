"""The two engines on a sample of photographs, and the arithmetic of the command that counts on all."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.parity import Agreement, compare, main
from emotion_bot.vision import Detection, decode


def face(x, y, width, height, confidence=0.99):
    return Detection((x, y, width, height), ((0.0, 0.0),) * 5, confidence)


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


def test_both_engines_find_the_same_faces(litert, tensorflow, photos):
    total = Agreement()
    for name, rgb in sample(photos).items():
        ours, theirs = litert.detector.detect(rgb), tensorflow.detector.detect(rgb)
        agreement = compare(ours, theirs)
        assert agreement.both == agreement.either, name
        total += agreement
        for one in ours:
            other = min(
                theirs, key=lambda face: abs(face.box[0] - one.box[0]) + abs(face.box[1] - one.box[1])
            )
            assert np.array(one.landmarks) == pytest.approx(
                np.array(other.landmarks), abs=0.03 * one.box[3]
            ), name
    assert total.both >= 25


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


@pytest.mark.parametrize(
    ("ones", "others", "either", "both"),
    [
        ([face(0, 0, 50, 50)], [face(1, 1, 50, 50)], 1, 1),
        ([face(0, 0, 50, 50)], [face(20, 0, 50, 50)], 2, 0),
        ([face(0, 0, 50, 50, 0.99)], [face(0, 0, 50, 50, 0.96)], 1, 0),
        ([face(0, 0, 50, 39)], [], 0, 0),
        ([face(0, 0, 50, 39)], [face(0, 0, 50, 41)], 1, 1),
        ([face(0, 0, 50, 50), face(1, 0, 50, 50)], [face(0, 0, 50, 50)], 2, 1),
        ([], [], 0, 0),
    ],
)
def test_agreement_is_counted_face_by_face(ones, others, either, both):
    assert compare(ones, others) == Agreement(1, either, both)
    assert compare(others, ones) == Agreement(1, either, both)


def test_the_command_prints_one_json_object(tmp_path, photos):
    (tmp_path / "astronaut.png").write_bytes((photos / "astronaut.png").read_bytes())
    (tmp_path / "notes.txt").write_text("no photo")
    result = CliRunner().invoke(main, [str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"photos": 1, "either": 1, "both": 1, "share": 1.0}


def test_a_folder_without_photos_is_an_error(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 1
    assert "holds no photo" in result.stderr
