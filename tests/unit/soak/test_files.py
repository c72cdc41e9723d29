"""The hostile files are what they are called: the bombs explode, the good ones are good."""

import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from soak.files import hostile_files
from soak.files.animated import gif
from soak.files.hostile import SIZE, encode, portrait
from soak.files.jpeg import KINDS, markers
from soak.files.png import empty, zeros
from soak.files.webp import lossless, riff

FILES = hostile_files()


def test_there_are_more_than_two_hundred_each_with_a_name_of_its_own():
    assert len({(file.group, file.name) for file in FILES}) == len(FILES) > 200


def test_they_are_the_same_each_time():
    """Some take a while to make, so of each group the first."""
    pairs = reversed(list(zip(FILES, hostile_files(), strict=True)))
    for one, other in {one.group: (one, other) for one, other in pairs}.values():
        assert one.make() == other.make(), one.name


@pytest.mark.parametrize("count", [0, 1, 1_000_000, 2**20, 3 * 2**20, 10_000_000])
def test_zeros_made_without_having_them_are_what_zlib_would_write(count):
    assert zlib.decompress(zeros(count)) == bytes(count)


@pytest.mark.parametrize("size", [(3, 5), (1200, 1000)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_a_bomb_that_is_small_enough_is_a_sound_png(size, interlaced):
    with Image.open(io.BytesIO(empty(*size, interlaced=interlaced))) as picture:
        assert not np.asarray(picture).any()
        assert picture.size == size


@pytest.mark.parametrize("side", [1, 2, 100, 1000, 3000])
def test_a_gif_of_runs_is_a_sound_one(side):
    with Image.open(io.BytesIO(gif((side, side), (side, side), side * side, 2))) as picture:
        assert picture.n_frames == 2
        assert picture.size == (side, side)
        assert not np.asarray(picture).any()


def test_a_webp_of_forty_bytes_is_as_large_as_it_says():
    file = riff(lossless(2000))
    assert len(file) < 50
    assert cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR).shape == (2000, 2000, 3)


def test_every_marker_of_a_jpeg_is_found():
    names = {kind: [name for _, name in markers(encode(".jpg", None, how))] for kind, how in KINDS.items()}
    for found in names.values():
        assert found[0] == "SOI"
        assert found[-1] == "EOI"
    assert names["baseline"].count("SOS") == 1
    assert names["progressive"].count("SOS") == 10
    assert names["with restarts"].count("RST0") == 1


def test_the_portrait_is_no_square():
    assert portrait().shape[1::-1] == SIZE
    assert SIZE[0] != SIZE[1]
