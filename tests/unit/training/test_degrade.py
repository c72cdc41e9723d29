"""Each copy is spoilt in the way that its name says, and in no other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training import degrade
from training.degrade import CONDITIONS, NAMES

EVERY = pytest.mark.parametrize("change", CONDITIONS.values(), ids=CONDITIONS)


@pytest.fixture(scope="module")
def crops():
    """Noise, a little blurred: something of every frequency."""
    noise = np.random.default_rng(0).integers(0, 256, (6, 48, 48), np.uint8)
    return np.stack([cv2.GaussianBlur(each, (0, 0), 0.6) for each in noise])


def dot(x, y):
    """A black crop with a soft white dot."""
    crop = np.zeros((1, 48, 48), np.uint8)
    crop[0, y - 2 : y + 3, x - 2 : x + 3] = 255
    return cv2.GaussianBlur(crop[0], (0, 0), 1.5)[None]


def centre(crop):
    """The centre of mass, (x, y), from the middle of the crop, y upwards."""
    weights = crop.astype(float)
    y, x = np.indices(crop.shape)
    return (x * weights).sum() / weights.sum() - 23.5, 23.5 - (y * weights).sum() / weights.sum()


def energy(crop, low, high):
    """Of the frequencies from `low` to `high`, in cycles per crop."""
    spectrum = np.abs(np.fft.fft2(crop - crop.mean())) ** 2
    frequency = np.abs(np.fft.fftfreq(48, 1 / 48))
    largest = np.maximum(frequency[:, None], frequency)
    return spectrum[(largest >= low) & (largest <= high)].sum()


@EVERY
def test_a_copy_has_the_same_shape_and_leaves_the_faces_as_they_were(change, crops):
    before = crops.copy()
    changed = change(crops)
    assert (changed.shape, changed.dtype) == (crops.shape, np.uint8)
    np.testing.assert_array_equal(crops, before)
    assert all((one != other).any() for one, other in zip(changed, crops, strict=True))
    np.testing.assert_array_equal(changed[2:4], change(crops[2:4]), "it depends on its neighbours")
    assert change(crops[:0]).shape == (0, 48, 48)


def test_every_condition_has_a_name():
    assert list(NAMES) == list(CONDITIONS)
    assert len(set(NAMES.values())) == len(CONDITIONS) == 8


@pytest.mark.parametrize("name", [name for name in CONDITIONS if name != "dark"])
def test_no_edge_comes_in_where_there_was_none(name):
    levels = np.arange(256, dtype=np.uint8)
    changed = CONDITIONS[name](np.broadcast_to(levels[:, None, None], (256, 48, 48)))
    assert (np.ptp(changed, axis=(1, 2)) == 0).all()
    # JPEG rounds a block's mean to steps of 3.4.
    assert np.abs(changed[:, 0, 0].astype(int) - levels).max() <= (2 if name == "jpeg" else 0)


@pytest.mark.parametrize("name", ["blur", "small"])
def test_what_is_fine_is_lost_and_what_is_coarse_stays(name, crops):
    for crop, changed in zip(crops, CONDITIONS[name](crops), strict=True):
        assert energy(changed, 13, 24) < 0.25 * energy(crop, 13, 24)
        assert energy(changed, 1, 3) > 0.8 * energy(crop, 1, 3)


def test_small_has_no_more_than_its_pixels(crops):
    stripes = np.zeros((1, 48, 48), np.uint8)
    stripes[:, :, ::2] = 255
    assert np.ptp(degrade.small(stripes)) == 0


def test_jpeg_is_as_coarse_as_that_quality(crops):
    lost = np.abs(degrade.jpeg(crops).astype(int) - crops).mean()
    for quality, sign in ((20, -1), (40, 1)):
        encoded = [cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for crop in crops]
        others = np.stack([cv2.imdecode(file, cv2.IMREAD_GRAYSCALE) for file in encoded])
        assert sign * (lost - np.abs(others.astype(int) - crops).mean()) > 0


@pytest.mark.parametrize(("name", "degrees"), [("turn_left", 15), ("turn_right", -15)])
def test_a_turn_is_of_fifteen_degrees(name, degrees):
    x, y = centre(CONDITIONS[name](dot(38, 23))[0])
    before_x, before_y = centre(dot(38, 23)[0])
    turned = np.degrees(np.arctan2(y, x) - np.arctan2(before_y, before_x))
    assert turned == pytest.approx(degrees, abs=0.5)
    assert np.hypot(x, y) == pytest.approx(np.hypot(before_x, before_y), abs=0.1)


def test_turned_back_it_is_the_face_again(crops):
    smooth = np.stack([cv2.GaussianBlur(crop, (0, 0), 3) for crop in crops])
    back = CONDITIONS["turn_right"](CONDITIONS["turn_left"](smooth))
    y, x = np.indices((48, 48)) - 23.5
    inside = np.hypot(x, y) < 20
    assert np.abs(back.astype(int) - smooth)[:, inside].max() <= 6
    assert np.abs(CONDITIONS["turn_left"](smooth).astype(int) - smooth)[:, inside].max() > 20


def test_dark_has_an_eighth_of_the_light():
    ramp = np.arange(256, dtype=np.uint8)[None, :48].repeat(48, axis=0)[None]
    levels = degrade.dark(np.stack([ramp[0], ramp[0] + 200]))
    assert (np.diff(levels.astype(int), axis=2) >= 0).all(), "the order of the levels stays"
    assert degrade.dark(np.full((1, 48, 48), 255, np.uint8)).max() == round(255 * (1 / 8) ** (1 / 2.2)) == 99
    assert degrade.dark(np.zeros((1, 48, 48), np.uint8)).max() == 0


@pytest.mark.parametrize(("name", "growth"), [("crop_wide", 1 / 1.15), ("crop_tight", 1 / 0.85)])
def test_a_crop_shows_the_face_smaller_or_larger_about_its_middle(name, growth):
    left, right = (centre(CONDITIONS[name](dot(x, 20))[0]) for x in (13, 33))
    assert right[0] - left[0] == pytest.approx(20 * growth, abs=0.1)
    assert left[1] == pytest.approx(3.5 * growth, abs=0.1)


def test_beyond_the_edge_the_outermost_pixels_go_on():
    crop = np.zeros((1, 48, 48), np.uint8)
    crop[:, :, 0] = 200
    wide = CONDITIONS["crop_wide"](crop)[0]
    assert (wide[:, :3] == 200).all()
    assert (wide[:, 6:] == 0).all()
