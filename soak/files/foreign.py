"""Pictures in formats that the bot does not read, among them bombs: each is refused, unpacked by nobody."""

from __future__ import annotations

import gzip
import struct
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

from soak.files.hostile import HostileFile
from soak.files.png import pillow, zeros

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOREIGN: Final = "formats that are not read"


def files() -> Iterator[HostileFile]:
    """One or two of each."""

    def foreign(name: str, content: partial[bytes], extension: str) -> HostileFile:
        return HostileFile(_FOREIGN, name, "sentence", content, f"photo.{extension}")

    for kind, extension in (
        ("BMP", "bmp"),
        ("TIFF", "tif"),
        ("JPEG2000", "jp2"),
        ("ICO", "ico"),
        ("TGA", "tga"),
        ("PPM", "ppm"),
        ("PCX", "pcx"),
        ("PDF", "pdf"),
    ):
        yield foreign(kind, partial(_saved, kind), extension)
    yield foreign("BMP, 30,000 x 30,000 in runs", partial(_bmp, 30_000), "bmp")
    yield foreign("TIFF, 30,000 x 30,000 deflated", partial(_tiff, 30_000), "tif")
    yield foreign(
        "PPM that says 30,000 x 30,000", partial(_literal, b"P6 30000 30000 255\n" + bytes(1000)), "ppm"
    )
    yield foreign("HDR that says 30,000 x 30,000", partial(_literal, _HDR), "hdr")
    yield foreign("OpenEXR's first bytes", partial(_literal, b"v/1\x01\2\0\0\0" + bytes(2000)), "exr")
    yield foreign("JPEG XL's first bytes", partial(_literal, b"\xff\x0a" + bytes(2000)), "jxl")
    yield foreign("PSD that says 30,000 x 30,000", partial(_literal, _PSD), "psd")
    yield foreign("SVG", partial(_literal, b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "svg")
    yield foreign("SVG that laughs a billion times", partial(_laughing), "svg")
    yield foreign("SVG that reads a file", partial(_literal, _READER), "svg")
    yield foreign("a gigabyte, gzipped", partial(_gzipped), "gz")
    yield foreign("MP4", partial(_literal, b"\0\0\0\x18ftypmp42" + bytes(5000)), "jpg")
    yield foreign("MNG", partial(_literal, b"\x8aMNG\r\n\x1a\n" + bytes(5000)), "png")


_HDR: Final = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 30000 +X 30000\n" + bytes(1000)
_PSD: Final = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 30_000, 30_000, 8, 3) + bytes(1000)
_READER: Final = (
    b"<!DOCTYPE svg [<!ENTITY file SYSTEM 'file:///etc/passwd'>]>"
    b"<svg xmlns='http://www.w3.org/2000/svg'><text>&file;</text></svg>"
)


def _saved(kind: str) -> bytes:
    file = BytesIO()
    pillow().save(file, kind)
    return file.getvalue()


def _literal(content: bytes) -> bytes:
    return content


def _bmp(side: int) -> bytes:
    """Run-length coded: 255 pixels in two bytes."""
    rows = (side // 255 + 1) * b"\xff\0" + b"\0\0"
    content = rows * 300
    head = struct.pack("<2sIHHI", b"BM", 54 + 1024 + len(content), 0, 0, 54 + 1024)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, len(content), 0, 0, 256, 0)
    return head + info + bytes(1024) + content


def _tiff(side: int) -> bytes:
    """One strip, deflated (TIFF 6.0, and its technical note 2)."""
    content = zeros(side * side)
    tags = [(256, side), (257, side), (258, 8), (259, 8), (262, 1), (273, 8), (277, 1), (278, side)]
    tags.append((279, len(content)))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (
        struct.pack("<2sHI", b"II", 42, 8 + len(content))
        + content
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


def _laughing() -> bytes:
    entities = [b"<!ENTITY a0 'ha'>"]
    entities += [b"<!ENTITY a%d '%s'>" % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 10)]
    return b"<!DOCTYPE svg [" + b"".join(entities) + b"]><svg><text>&a9;</text></svg>"


def _gzipped() -> bytes:
    return gzip.compress(zeros(2**30))
