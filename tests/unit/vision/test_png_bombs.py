"""PNGs whose pixels go on behind the last: libpng would unpack it all, and nobody would see any of it."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from emotion_bot.vision import UnreadablePhoto, decode
from emotion_bot.vision.header import plain_png

GIGABYTE = 2**30


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(size, compressed, *, parts=1):
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    step = -(-len(compressed) // parts)
    data = [chunk(b"IDAT", compressed[at : at + step]) for at in range(0, len(compressed), step)]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(data) + chunk(b"IEND", b"")


def deflated(first: bytes, zeros: int) -> bytes:
    packer, block = zlib.compressobj(9), bytes(2**20)
    start = packer.compress(first) + packer.flush(zlib.Z_FULL_FLUSH)
    each = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + zeros // len(block) * each


def noise(count: int) -> bytes:
    return np.random.default_rng(0).bytes(count)


@pytest.mark.parametrize("parts", [1, 100])
@pytest.mark.parametrize("first", [b"", bytes(301 * 100), noise(301 * 100)])
def test_a_gigabyte_behind_the_pixels_is_refused(first, parts):
    file = png(100, deflated(first, GIGABYTE), parts=parts)
    assert plain_png(file) == b""
    with pytest.raises(UnreadablePhoto):
        decode(file)


def test_where_there_cannot_be_much_nothing_is_unpacked(monkeypatch):
    few = png(100, deflated(bytes(301 * 100), 2**27))
    monkeypatch.setattr("emotion_bot.vision.header.decompressobj", lambda: None)
    with pytest.raises(AttributeError):
        plain_png(png(100, deflated(b"", GIGABYTE)))
    assert plain_png(few) == few


@pytest.mark.parametrize(
    "compressed",
    [
        pytest.param(zlib.compress(bytes(301 * 100)) + noise(2**20), id="behind the end"),
        pytest.param(noise(2**20), id="no zlib"),
    ],
)
def test_what_libpng_would_not_unpack_is_left_to_it(compressed):
    file = png(100, compressed)
    assert plain_png(file) == file


@pytest.mark.parametrize("side", [300, 1500])
def test_a_photo_is_left_as_it_is(side):
    pixels = np.frombuffer(noise(side * side * 3), np.uint8).reshape(side, side, 3)
    file = cv2.imencode(".png", pixels)[1].tobytes()
    assert plain_png(file) == file
    np.testing.assert_array_equal(decode(file), pixels[:, :, ::-1])
