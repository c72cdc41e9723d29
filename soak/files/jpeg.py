"""JPEG: cut off at every marker, huge by its header, of thousands of parts, of rare kinds, broken lengths."""

from __future__ import annotations

import struct
from functools import cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from soak.files.hostile import HostileFile, encode, encode_with_exif, portrait
from soak.files.png import pillow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from soak.files.hostile import Must

KINDS: Final[dict[str, Sequence[int]]] = {
    "baseline": (),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "with restarts": (cv2.IMWRITE_JPEG_RST_INTERVAL, 60),
}
_NAMES: Final = {0xD8: "SOI", 0xD9: "EOI", 0xDA: "SOS", 0xDB: "DQT", 0xDD: "DRI", 0xC4: "DHT"}
_CUT: Final = "JPEG that breaks off, at every marker"
_BOMBS: Final = "decompression bombs"
_COLOURS: Final = "colours, depth, transparency"
_BROKEN: Final = "broken lengths and checksums"


def markers(file: bytes) -> Iterator[tuple[int, str]]:
    """Where each marker of a JPEG is, and its name (ITU-T T.81, table B.1)."""
    at = 0
    while at + 2 <= len(file):
        code = file[at + 1]
        if file[at] != 0xFF or code in (0, 0xFF):
            at += 1  # among the pixels
            continue
        yield at, _name(code)
        stands_alone = code in (0xD8, 0xD9) or 0xD0 <= code <= 0xD7
        at += 2 if stands_alone else 2 + struct.unpack_from(">H", file, at + 2)[0]


def _name(code: int) -> str:
    if 0xD0 <= code <= 0xD7:
        return f"RST{code - 0xD0}"
    if 0xE0 <= code <= 0xEF:
        return f"APP{code - 0xE0}"
    return _NAMES.get(code) or f"SOF{code - 0xC0}"


def segment(code: int, data: bytes) -> bytes:
    """A marker with its data."""
    return bytes([0xFF, code]) + struct.pack(">H", 2 + len(data)) + data


def inserted(*segments: bytes) -> bytes:
    """The portrait, with something after its first marker."""
    whole = encode(".jpg")
    return whole[:2] + b"".join(segments) + whole[2:]


def resized(width: int, height: int, file: bytes) -> bytes:
    """A JPEG whose header says another size."""
    at = next(at for at, name in markers(file) if name.startswith("SOF"))
    return file[: at + 5] + struct.pack(">HH", height, width) + file[at + 9 :]


def files() -> Iterator[HostileFile]:
    """JPEGs."""
    for kind in KINDS:
        yield from _cut_off(kind)
    yield from _bombs()
    yield from _coloured()
    yield from _broken()


def _cut_off(kind: str) -> Iterator[HostileFile]:
    """Up to each marker, without it; one that breaks off among the pixels may be read."""
    is_scan = False
    for number, (at, name) in enumerate(markers(_whole(kind))):
        must: Must = "face" if name == "EOI" else "answer" if is_scan else "sentence"
        is_scan |= name == "SOS"
        yield HostileFile(_CUT, f"{kind}, before marker {number}, {name}", must, partial(_until, kind, at))
        if name == "SOS":
            must = "answer"
            yield HostileFile(
                _CUT, f"{kind}, in marker {number}, {name}", must, partial(_until, kind, at + 3)
            )


@cache
def _whole(kind: str) -> bytes:
    return encode(".jpg", None, KINDS[kind])


def _until(kind: str, end: int) -> bytes:
    return _whole(kind)[:end]


def _bombs() -> Iterator[HostileFile]:
    def bomb(name: str, must: Must, content: partial[bytes]) -> HostileFile:
        return HostileFile(_BOMBS, f"JPEG, {name}", must, content)

    for kind in ("baseline", "progressive"):
        yield bomb(f"says 65,535 x 65,535, {kind}", "sentence", partial(_says, 65_535, 65_535, kind))
        yield bomb(f"says 7,000 x 7,000, {kind}", "answer", partial(_says, 7_000, 7_000, kind))
        yield bomb(f"all that is allowed, {kind}", "picture", partial(_flat, 7_000, 7_000, kind))
    yield bomb("60 scans of all that is allowed", "picture", partial(_scans, 60))
    yield bomb("61 scans", "sentence", partial(_scans, 61))
    yield bomb("10,000 scans", "sentence", partial(_scans, 10_000))
    yield bomb("says 16,384 x 3,050, four times as much colour", "answer", partial(_sampled, 16_384, 3_050))
    tables = [segment(0xC4, b"\x00" + bytes(16))] * 60_000
    yield bomb("60,000 Huffman tables", "answer", partial(inserted, *tables))
    yield bomb(
        "60,000 quantization tables", "answer", partial(inserted, *[segment(0xDB, bytes(65))] * 60_000)
    )
    yield bomb("60,000 restart intervals", "answer", partial(inserted, *[segment(0xDD, bytes(2))] * 60_000))
    yield bomb("100,000 restarts", "answer", partial(_restarts, 100_000))
    yield bomb("two million fill bytes", "sentence", partial(inserted, b"\xff" * 2_000_000))
    yield bomb("18 MB of comments", "face", partial(inserted, *[segment(0xFE, bytes(65_000))] * 280))
    yield bomb("18 MB after its end", "face", partial(_followed, 18 * 2**20))
    yield bomb("20 MB and a byte", "sentence", partial(_followed, 20 * 2**20))
    yield bomb("a thumbnail that says 65,535 x 65,535", "face", partial(_thumbnail))


def _coloured() -> Iterator[HostileFile]:
    def coloured(name: str, content: partial[bytes], must: Must = "face") -> HostileFile:
        return HostileFile(_COLOURS, f"JPEG, {name}", must, content)

    yield coloured("CMYK", partial(_pillow, "CMYK"))
    yield coloured("CMYK, progressive", partial(_pillow, "CMYK", progressive=True))
    yield coloured("CMYK that says YCCK", partial(_adobe, 2), "picture")
    yield coloured("CMYK of a transform that is none", partial(_adobe, 200), "answer")
    yield coloured("grey", partial(_pillow, "L"))
    yield coloured("no subsampling", partial(_pillow, "RGB", subsampling=0))
    yield coloured("quality 1", partial(_pillow, "RGB", quality=1), "answer")
    for name, profile in (
        ("a colour profile that is none", b"ICC_PROFILE\0\1\1" + bytes(range(256)) * 20),
        ("part 9 of 3 of a colour profile", b"ICC_PROFILE\0\x09\3" + bytes(500)),
        ("an empty colour profile", b"ICC_PROFILE\0"),
    ):
        yield coloured(name, partial(inserted, segment(0xE2, profile)))
    for kind, name in ((3, "lossless"), (5, "hierarchical"), (9, "arithmetic"), (11, "lossless arithmetic")):
        yield coloured(f"says it is {name}", partial(_frame_kind, 0xC0 + kind), "answer")
    for depth in (0, 1, 12, 16, 255):
        yield coloured(f"says {depth} bits", partial(_frame_byte, 4, depth), "sentence")
    for parts in (0, 2, 5, 255):
        yield coloured(f"says {parts} colours", partial(_frame_byte, 9, parts), "answer")


def _broken() -> Iterator[HostileFile]:
    def broken(name: str, content: partial[bytes], must: Must = "answer") -> HostileFile:
        return HostileFile(_BROKEN, f"JPEG, {name}", must, content)

    for target in ("APP0", "DQT", "SOF0", "DHT", "SOS"):
        for length in (0, 1, 2, 65_535):
            yield broken(f"{target} of {length:,} bytes", partial(_length, target, length))
    yield broken("0 x 0", partial(_says, 0, 0, "baseline"), "sentence")
    yield broken("0 lines, to be told later", partial(_says, 256, 0, "baseline"), "sentence")
    yield broken("no end", partial(_without_end), "face")
    yield broken("two frames", partial(_two_frames))
    for seed in range(6):
        yield broken(f"zeros among the pixels, {seed + 1}", partial(_holes, seed))
    for name, exif in (
        ("EXIF that is none", b"Exif\0\0" + b"\xff" * 500),
        ("EXIF that goes in circles", b"Exif\0\0II*\0" + struct.pack("<IHI", 8, 0, 8)),
        ("EXIF of 65,535 entries", b"Exif\0\0II*\0" + struct.pack("<IH", 8, 65_535) + bytes(600)),
        ("EXIF that points outside", b"Exif\0\0MM\0*" + b"\xff\xff\xff\xf0"),
    ):
        yield broken(name, partial(inserted, segment(0xE1, exif)), "face")


def _says(width: int, height: int, kind: str) -> bytes:
    return resized(width, height, _whole(kind))


def _flat(width: int, height: int, kind: str = "baseline") -> bytes:
    return encode(".jpg", np.full((height, width, 3), 90, np.uint8), KINDS[kind])


def _scans(count: int) -> bytes:
    """A large progressive picture whose last scan comes again and again; each goes over all of its pixels."""
    flat = _flat(7_000, 7_000, "progressive")
    last = [at for at, name in markers(flat) if name == "SOS"][-1]
    scans = sum(name == "SOS" for _, name in markers(flat))
    return flat[:-2] + (count - scans) * flat[last:-2] + flat[-2:]


def _sampled(width: int, height: int) -> bytes:
    """Says that two of its colours have a quarter of the first one's resolution, and that this is 4 x 4."""
    file = bytearray(_says(width, height, "progressive"))
    at = next(at for at, name in markers(bytes(file)) if name.startswith("SOF"))
    file[at + 11] = 0x44
    return bytes(file)


def _restarts(count: int) -> bytes:
    whole = _whole("with restarts")
    at = next(at for at, name in markers(whole) if name == "RST0")
    return whole[:at] + b"".join(bytes([0xFF, 0xD0 + number % 8]) for number in range(count)) + whole[at:]


def _followed(count: int) -> bytes:
    return encode(".jpg") + bytes(count)


def _thumbnail() -> bytes:
    """EXIF with a picture of its own (CIPA DC-008, 4.5.8)."""
    inner = resized(65_535, 65_535, encode(".jpg", portrait()[:60, :60]))
    entries = [(0x0103, 3, 1, 6), (0x0201, 4, 1, 56), (0x0202, 4, 1, len(inner))]
    second = struct.pack("<H", 3) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    exif = b"II*\0" + struct.pack("<IHI", 8, 0, 14) + second + bytes(4)
    return encode_with_exif(".jpg", portrait(), exif.ljust(56, b"\0") + inner)


def _pillow(mode: str, **how: int) -> bytes:
    file = BytesIO()
    pillow().convert(mode).save(file, "JPEG", **{"quality": 90} | how)
    return file.getvalue()


def _adobe(transform: int) -> bytes:
    """CMYK with another colour transform than it has (Adobe's APP14: its last byte)."""
    file = bytearray(_pillow("CMYK"))
    at = next(at for at, name in markers(bytes(file)) if name == "APP14")
    file[at + 15] = transform
    return bytes(file)


def _frame_kind(code: int) -> bytes:
    return _frame_byte(1, code)


def _frame_byte(offset: int, value: int) -> bytes:
    file = bytearray(_whole("baseline"))
    at = next(at for at, name in markers(bytes(file)) if name == "SOF0")
    file[at + offset] = value
    return bytes(file)


def _length(target: str, length: int) -> bytes:
    file = bytearray(_whole("baseline"))
    at = next(at for at, name in markers(bytes(file)) if name == target)
    struct.pack_into(">H", file, at + 2, length)
    return bytes(file)


def _without_end() -> bytes:
    return _whole("baseline")[:-2]


def _two_frames() -> bytes:
    whole = _whole("baseline")
    start, end = (next(at for at, name in markers(whole) if name == wanted) for wanted in ("SOF0", "DHT"))
    return whole[:end] + resized(65_535, 65_535, whole)[start:end] + whole[end:]


def _holes(seed: int) -> bytes:
    """A hundred bytes of the second half are lost."""
    file, chance = bytearray(_whole("baseline")), np.random.default_rng(seed)
    for at in chance.integers(len(file) // 2, len(file), 100):
        file[at] = 0
    return bytes(file)
