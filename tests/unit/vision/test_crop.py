"""Where a face is cut out, and how FER-2013's own geometry is measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_bot.manifest import CropGeometry
from emotion_bot.vision import Detection
from emotion_bot.vision.crop import crop_face, prepare_crop
from training.geometry import measure

PLAIN = CropGeometry(scale=1, shift_y=0)


def detection(*box):
    return Detection(box, ((0.0, 0.0),) * 5, 1.0)


def test_the_square_lies_about_the_box():
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[60:108, 70:118] = 200
    crop = crop_face(photo, detection(78, 60, 32, 48), PLAIN)
    assert crop.shape == (48, 48)
    assert crop.dtype == np.uint8
    assert (crop == 200).all()


def test_scale_and_shift_are_obeyed():
    photo = np.zeros((200, 200, 3), np.uint8)
    photo[100:, :] = 200
    crop = crop_face(photo, detection(88, 88, 24, 24), CropGeometry(scale=2, shift_y=0.25))
    # 48 pixels from 88 on: centre 100, a quarter of 48 further down.
    assert (crop[:12] == 0).all()
    assert (crop[12:] == 200).all()


def test_beyond_the_edge_the_outermost_pixels_go_on():
    photo = np.repeat(np.arange(60, dtype=np.uint8)[:, None, None] * 4, 3, axis=2).repeat(60, axis=1)
    crop = crop_face(photo, detection(6, -24, 48, 48), PLAIN)
    assert (crop[:24] == 0).all()
    assert crop[24:, 0].tolist() == list(range(0, 96, 4))


def test_colours_turn_grey_by_lightness():
    photo = np.full((60, 60, 3), (255, 0, 0), np.uint8)
    assert crop_face(photo, detection(6, 6, 48, 48), PLAIN)[0, 0] == 76


@given(
    st.tuples(st.integers(-50, 150), st.integers(-50, 150), st.integers(1, 300), st.integers(1, 300)),
    st.floats(0.3, 4),
    st.floats(-1, 1),
)
@settings(max_examples=50, deadline=None)
def test_any_box_gives_a_crop(box, scale, shift_y):
    photo = np.zeros((70, 90, 3), np.uint8)
    assert crop_face(photo, detection(*box), CropGeometry(scale=scale, shift_y=shift_y)).shape == (48, 48)


def test_a_crop_of_the_right_size_is_left_alone():
    crop = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    np.testing.assert_array_equal(prepare_crop(crop), crop)


def test_shrinking_averages():
    stripes = np.tile(np.array([0, 200], np.uint8), (96, 48))
    assert (prepare_crop(stripes) == 100).all()


class FixedDetector:
    """Finds one face, in the middle of the image but for `down`, in all but every `blind`-th image."""

    def __init__(self, size, down=0, blind=10**9):
        self.size, self.down, self.blind, self.calls = size, down, blind, 0

    def detect(self, rgb):
        self.calls += 1
        if self.calls % self.blind == 0:
            return []
        width, height = self.size
        return [
            detection((rgb.shape[1] - width) // 2, (rgb.shape[0] - height) // 2 + self.down, width, height)
        ]


def test_geometry_is_measured_from_the_boxes():
    crops = np.zeros((5, 48, 48), np.uint8)
    # Faces stand enlarged to 192 pixels: a box of 96, half of that, 48 pixels below the middle.
    assert measure(crops, FixedDetector((80, 96), down=48)) == CropGeometry(scale=2, shift_y=-0.25)


def test_crops_without_faces_have_no_geometry():
    with pytest.raises(ValueError, match="found in 0 of 4 crops"):
        measure(np.zeros((4, 48, 48), np.uint8), FixedDetector((9, 9), blind=1))
