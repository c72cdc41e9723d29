"""HEIC photos, as iPhones take them: read like any other, and refused like any other."""

import io
import struct
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotion_bot.vision import PhotoError, PhotoTooLarge, UnreadablePhoto, decode, heif
from emotion_bot.vision.decoding import decode_reduced
from emotion_bot.vision.header import Header, read_header
from soak.files.upright import STORED


def exif(orientation):
    return b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def heic(pixels, mode="RGB", orientation=1):
    """Pixels as a file; its orientation stands in EXIF, and in the properties that libheif obeys."""
    picture = pillow_heif.from_bytes(mode, pixels.shape[1::-1], np.ascontiguousarray(pixels).tobytes())
    picture.info["exif"] = exif(orientation)
    file = io.BytesIO()
    picture.save(file, quality=95, chroma=444)
    return file.getvalue()


def picture(height=48, width=64):
    """Smooth, so that HEVC keeps it; its four corners tell every orientation from the others."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([columns, rows, (rows + columns) / 2], axis=2) * 255).round().astype(np.uint8)


@pytest.mark.parametrize("orientation", STORED)
def test_every_orientation_ends_upright(orientation):
    upright = picture()
    file = heic(STORED[orientation](upright), orientation=orientation)
    assert (b"irot" in file or b"imir" in file) == (orientation > 1)
    pixels = decode(file)
    assert (pixels.shape, pixels.dtype, pixels.flags.c_contiguous) == (upright.shape, np.uint8, True)
    assert np.abs(pixels.astype(int) - upright).mean() < 3


def test_exif_alone_turns_nothing():
    """ISO/IEC 23008-12, A.2.1: EXIF's orientation only repeats what the file's own properties say."""
    file = heic(picture())
    turned = file.replace(exif(1), exif(6))
    assert turned != file
    np.testing.assert_array_equal(decode(turned), decode(file))


def test_grey_becomes_rgb():
    pixels = decode(heic(np.full((40, 60), 77, np.uint8), "L"))
    assert pixels.shape == (40, 60, 3)
    assert np.abs(pixels.astype(int) - 77).max() <= 2


def test_transparent_stands_on_white():
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (200, 100, 50, 255)
    rgb = decode(heic(pixels, "RGBA")).astype(int)
    assert np.abs(rgb[32, 8] - (200, 100, 50)).max() <= 6
    assert (rgb[32, 56] > 250).all()


def test_10_bits_become_8():
    deep = np.broadcast_to(np.array([0, 0x8000, 0xFFFF], np.uint16), (32, 32, 3))
    rgb = decode(heic(deep, "RGB;16"))
    assert rgb.dtype == np.uint8
    assert np.abs(rgb.astype(int) - (0, 128, 255)).max() <= 6


@pytest.mark.parametrize(("enough", "factor"), [(101, 1), (100, 2), (50, 4)])
def test_a_large_one_ends_small(enough, factor):
    reduced = decode_reduced(heic(picture(160, 200)), enough)
    assert reduced.factor == factor
    assert reduced.pixels.shape == (160 // factor, 200 // factor, 3)


def test_a_face_is_found(litert, photos):
    jpeg = (photos / "astronaut.png").read_bytes()
    (expected,) = litert.recognize(jpeg).faces
    (found,) = litert.recognize(heic(decode(jpeg))).faces
    assert found.emotion == expected.emotion
    assert found.box == pytest.approx(expected.box, abs=6)


def box(kind, *content):
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def pictures(sizes, references=(), version=0, wide=False):
    """The boxes in front of the pixels: items from 1 on with their sizes, and who is made of whom."""
    number, flags = (">I" if version else ">H"), bytes([version, 0, 0, wide])
    # Properties are counted from 1, which is that of the codec.
    properties = [
        struct.pack(">BH", 1, 0x8000 | n + 2) if wide else bytes([1, n + 2]) for n in range(len(sizes))
    ]
    owned = [struct.pack(number, item) + each for item, each in enumerate(properties, start=1)]
    ranges = [box(b"ispe", bytes(4), struct.pack(">II", *size)) for size in sizes]
    links = [
        box(kind, struct.pack(number, item), len(parts).to_bytes(2), *(struct.pack(number, n) for n in parts))
        for kind, item, parts in references
    ]
    meta = [
        bytes(4),
        box(b"pitm", flags, struct.pack(number, 1)),
        box(
            b"iprp", box(b"ipco", box(b"hvcC"), *ranges), box(b"ipma", flags, len(sizes).to_bytes(4), *owned)
        ),
        box(b"iref", flags, *links),
    ]
    return box(b"ftyp", b"heic", bytes(4), b"mif1heic") + box(b"meta", *meta) + box(b"mdat", bytes(40))


TILE = (512, 512)
PHONE = [(4032, 3024), *[TILE] * 48]
"""A phone's photo: a grid of 8 x 6 tiles."""


@pytest.mark.parametrize(("version", "wide"), [(0, False), (1, True)])
def test_the_size_of_a_grid_is_that_of_the_whole(version, wide):
    file = pictures(PHONE, [(b"dimg", 1, range(2, 50))], version, wide)
    assert read_header(file) == Header("heif", 4032, 3024)


def test_the_header_tells_the_size():
    assert read_header(heic(picture(96, 128))) == Header("heif", 128, 96)


def test_a_thumbnail_and_an_alpha_plane_are_no_reason_to_refuse():
    sizes = [*PHONE, (320, 240), (4032, 3024), *[TILE] * 48]
    references = [
        (b"dimg", 1, range(2, 50)),
        (b"thmb", 50, [1]),
        (b"auxl", 51, [1]),
        (b"dimg", 51, range(52, 100)),
    ]
    assert read_header(pictures(sizes, references, wide=True)) == Header("heif", 4032, 3024)


@pytest.mark.parametrize("side", [8000, 16_385])
def test_too_large_is_said_before_anything_is_unpacked(side, monkeypatch):
    monkeypatch.delattr(heif, "unpack")
    with pytest.raises(PhotoTooLarge, match=rf"{side} x 7000"):
        decode(pictures([(side, 7000)]))


@pytest.mark.parametrize(
    ("sizes", "references"),
    [
        pytest.param([(512, 512), (4000, 4000)], [(b"dimg", 1, [2] * 1000)], id="one tile, often"),
        pytest.param([(512, 512), (16_000, 16_000)], [(b"auxl", 2, [1])], id="alpha"),
        pytest.param(
            [TILE] * 4, [(b"dimg", item, [item + 1] * 50) for item in (1, 2, 3)], id="tiles of tiles of tiles"
        ),
        pytest.param([TILE] * 2, [(b"dimg", 1, [2]), (b"dimg", 2, [1])], id="in a circle"),
        pytest.param([TILE] * 2, [(b"dimg", 1, [2] * 50_000)], id="parts"),
        pytest.param([TILE], [(b"free", 1, [])] * 5000, id="boxes"),
        pytest.param([TILE] * 5000, [], id="items"),
        pytest.param([TILE], [(b"dimg", 1, [2])], id="a tile that is not there"),
        pytest.param([], [], id="no size"),
        pytest.param([(0, 100)], [], id="no pixels"),
    ],
)
def test_what_would_take_minutes_or_makes_no_sense_is_not_begun_with(sizes, references, monkeypatch):
    monkeypatch.delattr(heif, "unpack")
    with pytest.raises(UnreadablePhoto):
        decode(pictures(sizes, references, wide=True))


def test_a_file_that_lies_about_its_size_is_not_unpacked():
    """libheif keeps to it: that is what our own look at the size rests on."""
    file = heic(np.zeros((512, 512, 3), np.uint8))
    lying = file.replace(struct.pack(">II", 512, 512), struct.pack(">II", 64, 64))
    assert lying != file
    assert read_header(lying) == Header("heif", 64, 64)
    with pytest.raises(UnreadablePhoto):
        decode(lying)


def test_another_codec_in_the_same_boxes_is_refused():
    """OpenCV reads AVIF, but unpacks whatever size its pixels say: 2 kB took 1.1 GB."""
    file = heic(picture())
    for brand in (b"avif", b"avis"):
        assert read_header(file[:8] + brand + file[12:]) is None
    with pytest.raises(UnreadablePhoto):
        decode(file.replace(b"hvc1", b"av01"))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_one_that_breaks_off_is_refused_in_silence(share, capfd):
    whole = heic(picture(200, 300))
    with pytest.raises(UnreadablePhoto, match="HEIC"):
        decode(whole[: int(share * len(whole))])
    assert capfd.readouterr() == ("", "")


FILE = heic(picture())


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_a_photo_with_altered_bytes_is_a_photo_or_a_photo_error(data):
    file = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PhotoError):
        decode(bytes(file))


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_noise_is_no_photo(noise):
    with pytest.raises(PhotoError):
        decode(box(b"ftyp", b"heic", bytes(4)) + noise)
    with pytest.raises(PhotoError):
        decode(box(b"ftyp", b"heic", bytes(4)) + box(b"meta", bytes(4), noise))


@pytest.mark.parametrize("written", [b"Exif", b"hvc1"])
def test_a_file_that_crashes_libheif_is_refused(written, capfd):
    """pi-heif 1.4.0 ends its process where the type of an item is no UTF-8."""
    with pytest.raises(UnreadablePhoto):
        decode(FILE.replace(b"\0" + written + b"\0", b"\0\xff" + written[1:] + b"\0", 1))
    assert capfd.readouterr() == ("", "")


def test_one_that_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(heif, "_LONGEST", 0.001)
    with pytest.raises(UnreadablePhoto):
        decode(FILE)


def test_the_process_that_reads_it_knows_no_keys(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    spy = tmp_path / "spy.py"
    spy.write_text("import os, sys; sys.exit('AWS_SECRET_ACCESS_KEY' in os.environ)")
    monkeypatch.setattr(heif, "_PROGRAM", spy)
    with pytest.raises(ValueError, match="unpack"):  # it ends well, and says nothing
        decode(FILE)


def test_the_process_finds_its_libraries_where_the_bot_does(monkeypatch, tmp_path):
    """Lambda's images keep Python's own in /var/lang/lib, and say so in this variable only."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$LD_LIBRARY_PATH" = "{tmp_path}" ] && exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(python))
    assert decode(FILE).ndim == 3


def test_its_library_stays_out_of_the_bot(tmp_path):
    (tmp_path / "photo.heic").write_bytes(FILE)
    script = """
import sys
from emotion_bot.vision import decode
decode(open("photo.heic", "rb").read())
print({"pi_heif", "PIL"} & set(sys.modules))
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("set()\n", "")
