"""Photos as people send them: every format and orientation; and what is no photo, too large, or broken."""

import io
import struct
from contextlib import suppress
from zlib import compress, crc32

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emotion_bot.vision import PhotoError, PhotoTooLarge, UnreadablePhoto, decode
from emotion_bot.vision import header as headers
from emotion_bot.vision.decoding import MAX_BYTES, decode_reduced
from emotion_bot.vision.header import Header, plain_png, read_header

# What OpenCV must not be asked to unpack.
PNG_30000 = struct.pack(">II", 30_000, 30_000)
SIDES_30000 = struct.pack(">HH", 30_000, 30_000)


def encode(pixels: np.ndarray, extension: str = ".png", exif: bytes = b"") -> bytes:
    """Pixels in OpenCV's order as a file, with an EXIF block."""
    if exif:
        blocks = [np.frombuffer(exif, np.uint8)]
        return cv2.imencodeWithMetadata(extension, pixels, [cv2.IMAGE_METADATA_EXIF], blocks)[1].tobytes()
    return cv2.imencode(extension, pixels)[1].tobytes()


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def picture(height: int = 48, width: int = 64) -> np.ndarray:
    """Smooth, so that JPEG keeps it; its four corners tell every orientation from the others."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return (np.stack([columns, rows, (rows + columns) / 2], axis=2) * 255).round().astype(np.uint8)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + crc32(kind + data).to_bytes(4)


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp", ".gif"])
def test_every_format_gives_rgb(extension):
    red = np.zeros((20, 30, 3), np.uint8)
    red[:, :, 2] = 255
    pixels = decode(encode(red, extension))
    assert pixels.shape == (20, 30, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 4


STORED = [
    (1, lambda upright: upright),
    (2, lambda upright: upright[:, ::-1]),
    (3, lambda upright: np.rot90(upright, 2)),
    (4, lambda upright: upright[::-1]),
    (5, lambda upright: upright.transpose(1, 0, 2)),
    (6, np.rot90),
    (7, lambda upright: np.rot90(upright.transpose(1, 0, 2), 2)),
    (8, lambda upright: np.rot90(upright, -1)),
]


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("orientation", "stored"), STORED)
def test_every_orientation_ends_upright(extension, order, orientation, stored):
    upright = picture()
    file = encode(np.ascontiguousarray(stored(upright)), extension, exif(orientation, order))
    pixels = decode(file)
    assert pixels.shape == upright.shape
    assert np.abs(pixels[:, :, ::-1].astype(int) - upright).mean() < 3
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("extension", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize(("orientation", "stored"), STORED)
@pytest.mark.parametrize(("enough", "factor"), [(101, 1), (100, 2), (50, 4), (25, 8)])
def test_a_large_photo_ends_small_and_upright(extension, orientation, stored, enough, factor):
    upright = picture(160, 200)
    file = encode(np.ascontiguousarray(stored(upright)), extension, exif(orientation))
    reduced = decode_reduced(file, enough)
    assert reduced.factor == factor
    assert reduced.pixels.shape == (160 // factor, 200 // factor, 3)
    assert reduced.pixels.dtype == np.uint8
    averages = cv2.resize(upright, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    assert np.abs(reduced.pixels[:, :, ::-1].astype(int) - averages).mean() < 3


@given(
    st.tuples(st.integers(1, 200), st.integers(1, 200)),
    st.integers(1, 250),
    st.sampled_from([".png", ".jpg", ".webp", ".gif"]),
    st.sampled_from([3, 4]),
)
@settings(max_examples=60, deadline=None)
def test_a_reduced_photo_keeps_enough_and_its_proportions(size, enough, extension, channels):
    pixels = np.full((*size, channels), 200, np.uint8)
    reduced = decode_reduced(encode(pixels if extension != ".jpg" else pixels[:, :, :3], extension), enough)
    assert max(reduced.pixels.shape) >= min(enough, max(size))
    assert min(reduced.pixels.shape[:2]) >= min(enough // 4, *size)
    assert min(max(size), 4 * min(size)) < 2 * reduced.factor * enough or reduced.factor == 8
    for full, length in zip(size, reduced.pixels.shape, strict=False):
        # No pixel stands for one that is not there, and none but the last few of a side are left out.
        assert (length - 1) * reduced.factor < full
        assert length >= max(1, full // reduced.factor)


def test_a_reduced_photo_stands_on_white():
    clear = np.zeros((100, 100, 4), np.uint8)
    clear[:50] = (0, 0, 255, 255)
    rgb = decode_reduced(encode(clear), 25).pixels
    assert rgb.shape == (25, 25, 3)
    assert rgb[5, 5].tolist() == [255, 0, 0]
    assert rgb[20, 5].tolist() == [255, 255, 255]


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_is_none_is_ignored(orientation):
    assert decode(encode(picture(), ".jpg", exif(orientation))).shape == (48, 64, 3)


def test_the_orientation_is_what_opencv_makes_of_it(photos):
    """Ours for what OpenCV leaves alone, held against OpenCV's where it does it."""
    stored = cv2.imread(str(photos / "obama.jpg"))[:200, :300]
    for orientation in range(1, 9):
        file = encode(stored, ".jpg", exif(orientation))
        theirs = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR_RGB)
        np.testing.assert_array_equal(decode(file), theirs)


def test_transparent_stands_on_white():
    pixels = np.zeros((2, 3, 4), np.uint8)
    pixels[0, 0] = (10, 20, 30, 255)
    pixels[0, 1] = (0, 0, 0, 128)
    rgb = decode(encode(pixels))
    assert rgb[0, 0].tolist() == [30, 20, 10]
    assert rgb[0, 1].tolist() == [127, 127, 127]
    assert rgb[1, 2].tolist() == [255, 255, 255]


def test_transparent_and_turned():
    pixels = np.full((2, 3, 4), 255, np.uint8)
    pixels[0, 0] = (0, 0, 255, 255)
    rgb = decode(encode(pixels, ".png", exif(6)))
    assert rgb.shape == (3, 2, 3)
    assert rgb[0, 1].tolist() == [255, 0, 0]


def test_16_bits_become_8():
    deep = np.full((4, 5, 3), (0, 0x8000, 0xFFFF), np.uint16)
    assert decode(encode(deep))[0, 0].tolist() == [255, 128, 0]


def test_grey_becomes_rgb():
    assert decode(encode(np.full((4, 5), 77, np.uint8), ".jpg"))[3, 4].tolist() == [77, 77, 77]


def test_palette_with_a_transparent_colour():
    file = io.BytesIO()
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 9, 8, 7])
    image.putpixel((0, 0), 0)
    image.save(file, "PNG", transparency=0)
    rgb = decode(file.getvalue())
    assert rgb[0, 0].tolist() == [255, 255, 255]
    assert rgb[1, 1].tolist() == [9, 8, 7]


def test_cmyk_jpeg():
    file = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 100, 50)).convert("CMYK").save(file, "JPEG", quality=95)
    assert np.abs(decode(file.getvalue()).astype(int) - (200, 100, 50)).max() < 12


def test_one_pixel():
    assert decode(encode(np.full((1, 1, 3), 9, np.uint8))).tolist() == [[[9, 9, 9]]]


@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.sampled_from([".png", ".jpg", ".webp", ".gif"]),
    st.sampled_from([3, 4]),
)
@settings(max_examples=60, deadline=None)
def test_the_header_tells_the_size(height, width, extension, channels):
    pixels = np.full((height, width, channels), 128, np.uint8)
    if extension == ".jpg":
        pixels = pixels[:, :, :3]
    header = read_header(encode(pixels, extension))
    assert (header.width, header.height) == (width, height)


def lossless_webp() -> bytes:
    return cv2.imencode(".webp", picture(30, 50), [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()


def test_the_header_of_a_lossless_webp():
    file = lossless_webp()
    assert file[12:16] == b"VP8L"
    assert read_header(file) == Header("webp", 50, 30)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(
            png(chunk(b"IHDR", PNG_30000 + b"\x08\x02\0\0\0"), chunk(b"IDAT", bytes(10**7))), id="png"
        ),
        pytest.param(b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08" + SIDES_30000 + bytes(40), id="jpeg"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 30_000, 30_000) + bytes(40), id="gif"),
        pytest.param(b"GIF89a" + struct.pack("<HH", 16_385, 1) + bytes(40), id="long"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + b"\x2f\x75\0" * 2 + bytes(40), id="webp"),
        pytest.param(bytes(MAX_BYTES + 1), id="bytes"),
    ],
)
def test_too_large_is_said_before_anything_is_unpacked(file, monkeypatch):
    for name in ("imread", "imdecode", "imdecodeWithMetadata"):
        monkeypatch.delattr(cv2, name)
    monkeypatch.delattr(headers, "crc32")
    with pytest.raises(PhotoTooLarge, match=r"Please send .*\."):
        decode(file)


def test_a_progressive_jpeg_of_thousands_of_scans_is_not_begun_with():
    """Each goes over all pixels, however short it is."""
    progressive = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    photo = cv2.imencode(".jpg", picture(), progressive)[1].tobytes()
    assert decode(photo).shape == (48, 64, 3)
    scan = photo[photo.rfind(b"\xff\xda") : -2]
    assert decode(photo[:-2] + 50 * scan + photo[-2:]).shape == (48, 64, 3)
    with pytest.raises(UnreadablePhoto):
        decode(photo[:-2] + 100 * scan + photo[-2:])
    # In the film that some telephones add to a photo, the bytes mean something else.
    assert decode(encode(picture(), ".jpg") + 1000 * scan).shape == (48, 64, 3)


def test_a_file_of_nothing_but_empty_parts_is_given_up():
    """In 20 MB there is room for millions, which would take seconds."""
    photo, drawing = encode(picture(), ".jpg"), encode(picture())
    few, many = 60_000, 70_000
    segment, part = b"\xff\xe0\0\x02", chunk(b"tEXt", b"")
    assert read_header(photo[:2] + few * segment + photo[2:]) == Header("jpeg", 64, 48)
    assert read_header(photo[:2] + many * segment + photo[2:]) is None
    assert read_header(photo[:2] + many * b"\xff" + photo[2:]) is None
    assert plain_png(drawing[:33] + few * part + drawing[33:]) == plain_png(drawing)
    assert plain_png(drawing[:33] + many * part + drawing[33:]) == b""


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"hello", b"\xff\xd8\xff", b"GIF89a", b"RIFF1234WEBP", b"<svg/>"]
)
def test_no_picture(data):
    with pytest.raises(
        UnreadablePhoto, match=r"^This file is not a picture that I can read\. Please send a "
    ):
        decode(data)


def test_a_picture_without_pixels():
    with pytest.raises(UnreadablePhoto):
        decode(png(chunk(b"IHDR", bytes(8) + b"\x08\x02\0\0\0"), chunk(b"IEND", b"")))


@given(
    st.sampled_from(
        [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\xff\0\0\0WEBPVP8 ", b"BM"]
    ),
    st.binary(max_size=300),
)
@settings(max_examples=200, deadline=None)
def test_noise_is_a_photo_or_a_photo_error(start, noise):
    try:
        pixels = decode(start + noise)
    except PhotoError:
        return
    assert pixels.ndim == 3


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_photo_with_altered_bytes_is_a_photo_or_a_photo_error(data):
    file = bytearray(encode(picture(), data.draw(st.sampled_from([".png", ".jpg", ".webp", ".gif"]))))
    for _ in range(data.draw(st.integers(1, 5))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PhotoError):
        decode(bytes(file))


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("enough", [2000, 500])
@pytest.mark.parametrize(("share", "answered"), [(0.95, True), (0.7, True), (0.2, False), (0.02, False)])
def test_a_jpeg_that_breaks_off_is_answered_if_half_of_it_is_there(
    photos, share, answered, enough, orientation
):
    whole = encode(cv2.imread(str(photos / "obama.jpg")), ".jpg", exif(orientation))
    part = whole[: int(share * len(whole))]
    if answered:
        pixels, expected = decode_reduced(part, enough).pixels, decode_reduced(whole, enough).pixels
        assert pixels.shape == expected.shape
        same = (pixels == expected).all(axis=2)
        assert 0.5 < same.mean() < 1
        assert np.rot90(same, {1: 0, 3: 2, 6: 1}[orientation])[: len(same) // 3].all()
    else:
        with pytest.raises(UnreadablePhoto):
            decode_reduced(part, enough)


def test_a_whole_jpeg_may_be_grey():
    grey = encode(np.full((300, 400, 3), 128, np.uint8), ".jpg")
    assert (decode(grey) == 128).all()
    assert (decode(grey + b"what a camera adds") == 128).all()


def test_a_file_can_be_read_where_none_can_be_made_in_memory(photos, monkeypatch):
    photo = (photos / "obama.jpg").read_bytes()
    expected = decode(photo)
    monkeypatch.setattr("sys.platform", "darwin")
    np.testing.assert_array_equal(decode(photo), expected)
    assert decode_reduced(photo[: len(photo) * 2 // 3], 500).pixels.shape == (569, 455, 3)
    with pytest.raises(UnreadablePhoto):
        decode(photo[:20_000])


def test_a_broken_png_leaves_no_trace_on_the_standard_error(photos, capfd):
    whole = (photos / "astronaut.png").read_bytes()
    altered = whole[:30_000] + bytes(300) + whole[30_300:]
    for file in (whole[:-2000], whole[:3000], altered):
        with pytest.raises(UnreadablePhoto):
            decode(file)
    assert capfd.readouterr().err == ""


def test_a_png_with_a_wrong_colour_profile_is_read_in_silence(capfd):
    profile = b"ICC Profile\0\0" + compress(b"no profile at all")
    file = encode(picture())
    assert decode(file[:33] + chunk(b"iCCP", profile) + file[33:]).shape == (48, 64, 3)
    assert capfd.readouterr().err == ""
