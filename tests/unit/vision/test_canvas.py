"""The image pyramid on its canvas: nothing lost, nothing twice, nothing across a border."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.vision.canvas import NOBODY, OVERLAP, STRIDE, WINDOW, arrange

WIDTHS = (228, 300)
STRIP = 128

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 4000)).filter(lambda size: max(size) <= 8 * min(size))


def packed(size, factor=0.6):
    return arrange(size, min(300 / max(size), 0.6), factor, STRIP, WIDTHS)


@given(sizes, st.sampled_from([0.5, 0.6, 0.709, 0.9]))
def test_levels_lie_apart_on_the_canvas(size, factor):
    layout = packed(size, factor)
    taken = np.zeros((layout.height, layout.width), int)
    for x, y, width, height in layout.levels:
        assert x % STRIDE == y % STRIDE == 0
        assert x + width <= layout.width
        assert y + height <= layout.height
        taken[y : y + height, x : x + width] += 1
    assert taken.max(initial=0) <= 1


@given(sizes)
def test_every_window_within_a_level_has_its_level_and_no_other_has_one(size):
    layout = packed(size)
    expected = np.full_like(layout.owners, NOBODY)
    for index, level in enumerate(layout.levels):
        for row in range(layout.owners.shape[0]):
            for column in range(layout.owners.shape[1]) if row * STRIDE >= level.y else ():
                x, y = column * STRIDE - level.x, row * STRIDE - level.y
                if x >= 0 and x + WINDOW <= level.width and y + WINDOW <= level.height:
                    expected[row, column] = index
        if level.width * level.height > 20_000:
            break
    seen = expected != NOBODY
    np.testing.assert_array_equal(layout.owners[seen], expected[seen])
    counts = [((w - WINDOW) // STRIDE + 1) * ((h - WINDOW) // STRIDE + 1) for _, _, w, h in layout.levels]
    assert (layout.owners != NOBODY).sum() == sum(counts)


@given(sizes)
def test_levels_shrink_from_the_first_until_the_window_no_longer_fits(size):
    levels = packed(size).levels
    scale = min(300 / max(size), 0.6)
    for level in levels:
        assert (level.height, level.width) == (round(size[0] * scale), round(size[1] * scale))
        assert min(level[2:]) >= WINDOW
        scale *= 0.6
    assert round(min(size) * scale) < WINDOW


def test_strips_overlap_by_what_a_window_needs_and_cover_the_canvas():
    layout = packed((1280, 960))
    canvas = (
        np.arange(layout.height * layout.width * 3).reshape(layout.height, layout.width, 3).astype(np.uint8)
    )
    strips = layout.strips_of(canvas)
    assert strips.shape == (4, STRIP, 228, 3)
    np.testing.assert_array_equal(strips[0, -OVERLAP:], strips[1, :OVERLAP])
    np.testing.assert_array_equal(np.concatenate([strips[0], *strips[1:, OVERLAP:]]), canvas)


@pytest.mark.parametrize(
    ("size", "width", "strips"),
    [((960, 1280), 300, 3), ((1280, 960), 228, 4), ((853, 1280), 300, 3), ((5, 5), 228, 0)],
)
def test_common_photos_fill_few_strips(size, width, strips):
    layout = packed(size)
    assert (layout.width, layout.strips) == (width, strips)


def test_levels_are_averages_of_the_one_before():
    image = np.random.default_rng(0).integers(0, 256, (80, 60, 3), dtype=np.uint8)
    layout = arrange((80, 60), 1.0, 0.5, STRIP, WIDTHS)
    canvas = layout.draw(image)
    before = image.astype(float)
    for x, y, width, height in layout.levels[1:]:
        before = before[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3).mean(axis=(1, 3))
        np.testing.assert_allclose(canvas[y : y + height, x : x + width], before, atol=2)
