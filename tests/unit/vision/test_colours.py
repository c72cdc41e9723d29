"""The answer's colours: texts can be read on them, and the colour-blind can tell them apart."""

from itertools import combinations

import numpy as np
import pytest

from emotion_bot.vision import annotate as module

LOOKS = ("happy", "sad", "neutral", module.HARD_TO_TELL, module.TOO_SMALL, "surprised")
READABLE = 4.5
"""Contrast of text, WCAG 2.2, 1.4.3."""
VISIBLE = 3
"""Contrast of a line, WCAG 2.2, 1.4.11."""
APART = 20
"""In CIE 1976 L*a*b*: ten times what can just be told apart side by side."""
# Machado, Oliveira and Fernandes 2009, doi:10.1109/TVCG.2009.113, severity 1; of linear red, green and blue.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
"""Of sRGB, IEC 61966-2-1."""


def linear(colour):
    """Light of a colour as OpenCV has it: blue, green, red."""
    shares = np.array(colour[::-1]) / 255
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    darker, lighter = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def lab(light):
    x, y, z = np.cbrt(TO_XYZ @ light / TO_XYZ.sum(axis=1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("look", LOOKS)
def test_a_label_can_be_read_on_its_chip(look):
    chip = module._colour(look)
    assert contrast(chip, module._ink(chip)) >= READABLE


def test_a_number_can_be_read_on_its_badge():
    assert contrast(module._DARK, module._LIGHT) >= READABLE


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(
    "background", [(0, 0, 0), (128, 128, 128), (172, 210, 240), (40, 60, 90), (255, 255, 255)]
)
def test_a_box_can_be_seen_on_any_background_and_skin(look, background):
    """One of its lines stands out: the edge, or the colour, or the white dashes and dots in it."""
    inside = module._LIGHT if look in {module.HARD_TO_TELL, module.TOO_SMALL} else module._colour(look)
    assert max(contrast(paint, background) for paint in (inside, module._edge(look))) >= VISIBLE


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("one", "other"), list(combinations(LOOKS[:-1], 2)))
def test_the_colour_blind_can_tell_the_colours_apart(vision, one, other):
    seen = [np.clip(VISIONS[vision] @ linear(module._colour(look)), 0, 1) for look in (one, other)]
    assert np.linalg.norm(lab(seen[0]) - lab(seen[1])) >= APART
