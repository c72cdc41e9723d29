"""FER-2013's own geometry, measured on faces whose place in their frame is known."""

import cmath
from math import radians

import numpy as np
import pytest

from emotion_bot.manifest import CropGeometry
from emotion_bot.vision import Detection
from emotion_bot.vision.crop import face_square
from training.geometry import measure
from training.runs import TrainingError

SIDE, CORNER = 192, 95.5
"""A crop is enlarged to 192 pixels and stands within a border of 96; its corner lies before pixel 96."""
TEMPLATE = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.75), (0.65, 0.75))


def face(
    size=(144, 160),
    down=0,
    right=0,
    size_of_face=1,
    degrees=0,
):
    """A face in its frame: `size` of its box and shifts in pixels, `size_of_face` in frames."""
    turn = cmath.rect(size_of_face, radians(degrees))
    middle = complex(0.5 + right / SIDE, 0.5 + down / SIDE)
    points = [middle + (complex(*point) - (0.5 + 0.5j)) * turn for point in TEMPLATE]
    width, height = size
    x, y = CORNER + middle.real * SIDE - width / 2, CORNER + middle.imag * SIDE - height / 2
    landmarks = tuple((CORNER + SIDE * point.real, CORNER + SIDE * point.imag) for point in points)
    return Detection((x, y, width, height), landmarks, 0.99)


class ToldDetector:
    """Finds in one image after another what it was told."""

    def __init__(self, *found):
        self.found = iter(found)

    def detect(self, rgb):
        assert rgb.shape == (384, 384, 3)
        assert rgb.dtype == np.uint8
        return next(self.found)


def measured(*found):
    return measure(np.zeros((len(found), 48, 48), np.uint8), ToldDetector(*found))


def test_geometry_is_recovered_from_faces_that_all_lie_alike():
    geometry = measured(*[[face((144, 160), down=24)]] * 5)
    assert geometry.model_dump() == {
        "scale": 1.2,
        "shift_y": -0.125,
        "template": tuple((x, y + 0.125) for x, y in TEMPLATE),
    }


def test_geometry_is_the_median_faces():
    posed = [
        face(size_of_face=size, degrees=degrees, right=right)
        for size, degrees, right in [
            (1, 0, 0),
            (1.1, 0, 10),
            (0.8, 0, -30),
            (1, 12, 0),
            (1, -12, 0),
            (1, 0, 0),
        ]
    ]
    geometry = measured(*[[each] for each in posed])
    assert (geometry.scale, geometry.shift_y) == (1.2, 0)
    assert np.array(geometry.template) == pytest.approx(np.array(TEMPLATE), abs=0.005)


def test_what_is_measured_cuts_the_median_face_out_of_its_frame():
    geometry = measured(*[[face((150, 141), down=-13, right=4)]] * 3)
    square = face_square(face((150, 141), down=-13, right=4), geometry)
    assert square.top == pytest.approx(SIDE, abs=0.3)
    assert square.centre == pytest.approx((1 + 1j) * (CORNER + SIDE / 2), abs=0.3)


def test_only_images_with_one_face_count():
    aside = face(right=50)
    geometry = measured([face()], [], [face()], [face(), aside], [face()])
    assert geometry == measured([face()])


def test_crops_without_faces_have_no_geometry():
    with pytest.raises(TrainingError, match=r"A face was found in 1 of 4 crops only; are they faces\?"):
        measured([], [face()], [], [face(), face()])


def test_of_no_crops_there_is_no_geometry():
    with pytest.raises(TrainingError, match="0 of 0"):
        measured()


def test_the_faces_are_shown_enlarged_amid_a_border():
    class Watcher(ToldDetector):
        def detect(self, rgb):
            self.seen = rgb
            return super().detect(rgb)

    crop = np.full((1, 48, 48), 60, np.uint8)
    crop[:, :24] = 120
    measure(crop, watcher := Watcher([face()]))
    assert (watcher.seen[:180] == 120).all()
    assert (watcher.seen[204:] == 60).all()
    assert isinstance(measured([face()]), CropGeometry)
