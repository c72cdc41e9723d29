"""The cascade on its own: pyramid, patches, odd images, and what `MtcnnDetector` adds around it."""

import cv2
import numpy as np
import pytest

from emotion_bot.manifest import DetectorSettings
from emotion_bot.store import open_bundle
from emotion_bot.vision import decode
from emotion_bot.vision.mtcnn import Candidates, MtcnnDetector, shrink
from emotion_bot.vision.mtcnn_litert import LiteRTCascade, patches, pyramid, resize


@pytest.fixture(scope="module")
def two_people(photos):
    return decode((photos / "two_people.jpg").read_bytes())


def package_pyramid(shorter: int) -> np.ndarray:
    """`mtcnn.utils.images.build_scale_pyramid` at its defaults."""
    count = round(-((np.log(shorter / 12) / np.log(0.709)) + 1))
    return 12 / 20 * 0.709 ** np.arange(count)


def test_the_pyramid_is_the_packages():
    for shorter in range(1, 4000):
        ours = pyramid((shorter, 5000), DetectorSettings())
        assert ours == pytest.approx(package_pyramid(shorter)), shorter


@pytest.mark.parametrize("min_face_size", [12, 20, 33, 60, 200])
@pytest.mark.parametrize("factor", [0.5, 0.709, 0.9])
def test_the_pyramid_goes_from_the_smallest_face_to_the_whole_image(min_face_size, factor):
    for shorter in (1, 12, 24, 100, 719, 720):
        scales = pyramid((shorter, 1000), DetectorSettings(min_face_size=min_face_size, scale_factor=factor))
        if shorter < min_face_size:
            assert scales == []
            continue
        if shorter >= min_face_size * 1.01:
            assert scales[0] == pytest.approx(12 / min_face_size)
            # P-Net can look at every level, and there is no room for one more.
            assert 12 <= shorter * scales[-1] < 12.1 / factor


def test_levels_are_averages():
    image = np.arange(8 * 6 * 3, dtype=np.float32).reshape(8, 6, 3)
    np.testing.assert_allclose(resize(image, 0.5), image.reshape(4, 2, 3, 2, 3).mean(axis=(1, 3)))


def test_patches_are_bilinear_and_grey_outside():
    image = np.random.default_rng(0).random((30, 40, 3)).astype(np.float32) + 1
    cut = patches(image, np.array([[0, 0, 40, 30], [-20, -15, 20, 15]], float), 24)
    assert cut.shape == (2, 24, 24, 3)
    # The first box is the whole image: its corners are the image's.
    np.testing.assert_allclose(
        cut[0, [0, 0, -1, -1], [0, -1, 0, -1]], image[[0, 0, -1, -1], [0, -1, 0, -1]], rtol=1e-5
    )
    assert (cut[1, :12] == 0).all()
    assert (cut[1, :, :12] == 0).all()
    assert (cut[1, 12:, 12:] >= 1).all()


@pytest.mark.parametrize(
    "size", [(1, 1), (5, 5), (11, 400), (12, 12), (13, 13), (20, 20), (3000, 2), (21, 2000)]
)
def test_images_too_small_for_a_face_have_none(litert, size):
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert litert.detector.detect(noise) == []


@pytest.mark.parametrize("value", [0, 127, 255])
def test_an_even_image_has_no_face(litert, value):
    assert litert.detector.detect(np.full((300, 400, 3), value, np.uint8)) == []


def test_detections_lie_in_the_photo_in_its_pixels(litert, two_people):
    """At double size, which is shrunk again before the search, the same faces come out twice as large."""
    found = litert.detector.detect(two_people)
    doubled = litert.detector.detect(cv2.resize(two_people, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    assert len(found) == len(doubled) == 2
    for one, two in zip(
        sorted(found, key=lambda face: face.box), sorted(doubled, key=lambda face: face.box), strict=True
    ):
        assert np.array(two.box) / 2 == pytest.approx(one.box, abs=12)
        assert np.array(two.landmarks) / 2 == pytest.approx(np.array(one.landmarks), abs=8)


def test_landmarks_are_where_they_are_called(litert, two_people):
    for face in litert.detector.detect(two_people):
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        x, y, width, height = face.box
        assert all(x < px < x + width and y < py < y + height for px, py in face.landmarks)
        assert left_eye[0] < nose[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]


@pytest.mark.parametrize("min_face_size", [12, 40, 100])
def test_faces_are_found_at_any_smallest_face(litert, two_people, min_face_size):
    bundle = open_bundle("models")
    settings = litert.manifest.detector.model_copy(update={"min_face_size": min_face_size})
    assert len(MtcnnDetector(LiteRTCascade(bundle, settings), settings).detect(two_people)) == 2


def test_a_face_that_fills_the_photo_is_found(litert, photos):
    face = decode((photos / "obama.jpg").read_bytes())[60:460, 320:660]
    assert len(litert.detector.detect(face)) == 1


class FixedCascade:
    """Always finds the same."""

    def __init__(self, boxes: list[list[float]], scores: list[float]) -> None:
        self.found = Candidates(np.array(boxes), np.array(scores), np.zeros((len(boxes), 5, 2)))
        self.sizes: list[tuple[int, ...]] = []

    def __call__(self, rgb):
        self.sizes.append(rgb.shape)
        return self.found


def test_the_detector_shrinks_scales_back_clips_and_keeps_the_sure():
    cascade = FixedCascade([[-5, 10, 20.4, 31], [0, 0, 90, 60], [90, 5, 200, 300]], [0.95, 0.5, 0.9])
    detector = MtcnnDetector(cascade, DetectorSettings(max_side=100, min_confidence=0.9))
    found = detector.detect(np.zeros((100, 200, 3), np.uint8))
    assert cascade.sizes == [(50, 100, 3)]
    assert [(face.box, face.confidence) for face in found] == [
        ((0, 20, 41, 42), 0.95),
        ((180, 10, 19, 89), 0.9),
    ]


def test_a_face_wholly_outside_is_none():
    detector = MtcnnDetector(FixedCascade([[-50, 10, -5, 30]], [0.99]), DetectorSettings())
    assert detector.detect(np.zeros((100, 100, 3), np.uint8)) == []


@pytest.mark.parametrize(
    ("size", "expected"), [((1, 16_000), (1, 1280)), ((2000, 1000), (1280, 640)), ((64, 9), (64, 9))]
)
def test_shrink(size, expected):
    assert shrink(np.zeros((*size, 3), np.uint8), 1280).shape == (*expected, 3)
