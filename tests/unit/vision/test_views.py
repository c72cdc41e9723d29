"""Patches of a photo, from the view that suits them."""

import cv2
import numpy as np
import pytest

from emotion_bot.vision.views import GREY, SMALLEST, Views


def ramp(height: int, width: int) -> np.ndarray:
    """Red grows to the right, green downwards: a pixel says where it is."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.stack([255 * columns / width, 255 * rows / height, 0 * rows], axis=-1).astype(np.uint8)


def test_views_halve_until_they_would_be_too_small():
    sizes = [view.shape for view in Views(ramp(401, 1000)).images]
    assert sizes == [(401, 1000, 3), (200, 500, 3), (100, 250, 3), (50, 125, 3)]
    assert all(min(size[:2]) >= SMALLEST for size in sizes)
    assert len(Views(ramp(95, 500)).images) == 1


@pytest.mark.parametrize("side", [40, 90, 200, 400])
def test_patches_show_the_same_place_from_whichever_view(side):
    views = Views(ramp(500, 700))
    (patch,) = views.patches(np.array([[100.0, 50, 100 + side, 50 + side]]), 24)
    expected = np.array([[100 / 700, 50 / 500], [(100 + side) / 700, (50 + side) / 500]]) * 255
    np.testing.assert_allclose(patch[[0, -1], [0, -1], :2], expected, atol=4)


def test_beyond_the_photo_is_grey():
    patches = Views(np.full((30, 40, 3), 255, np.uint8)).patches(np.array([[-20.0, -20, 20, 20]]), 24)
    assert (patches[0, :11] == GREY).all()
    assert (patches[0, :, :11] == GREY).all()
    assert (patches[0, 13:, 13:] == 255).all()


def test_many_patches_are_as_one_alone():
    photo = np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8)
    corners = np.random.default_rng(1).uniform(-50, 500, (1500, 2))
    sides = np.random.default_rng(2).uniform(5, 300, (1500, 1))
    boxes = np.concatenate([corners, corners + sides], axis=1)
    views = Views(photo)
    patches = views.patches(boxes, 24)
    assert patches.shape == (1500, 24, 24, 3)
    for index in (0, 700, 1499):
        np.testing.assert_array_equal(patches[index], views.patches(boxes[index : index + 1], 24)[0])
    assert views.patches(boxes[:0], 24).shape == (0, 24, 24, 3)


def test_large_boxes_do_not_alias():
    """A fine chequerboard looks even grey from afar, not like another chequerboard."""
    board = np.indices((960, 960)).sum(axis=0) % 2 * 255
    photo = cv2.cvtColor(board.astype(np.uint8), cv2.COLOR_GRAY2RGB)
    (patch,) = Views(photo).patches(np.array([[7.0, 7, 903, 903]]), 24)
    assert patch.std() < 3


@pytest.mark.parametrize("scale", [1.5, 1.0, 0.6, 0.26, 0.2])
def test_a_part_comes_from_a_view_that_is_large_enough(scale):
    views = Views(ramp(600, 1200))
    part = views.part(300, 0, 600, 600, scale)
    assert part.shape[0] >= 600 * min(scale, 1)
    assert part.shape[0] < 2 * 600 * scale or len(part) == 600
    np.testing.assert_allclose(part[0, [0, -1], 0], [255 * 300 / 1200, 255 * 900 / 1200], atol=3)
