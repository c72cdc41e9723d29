"""Files that are two things at once, and files that are called what they are not."""

from __future__ import annotations

import zipfile
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Final

from soak.files.heif import good
from soak.files.hostile import HostileFile, encode
from soak.files.jpeg import inserted, segment
from soak.files.png import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from soak.files.hostile import Must

_BOTH: Final = "two formats at once"
_MISNAMED: Final = "wrong names"
_PAGE: Final = b"<html><script>alert(document.domain)</script></html>"
_PDF: Final = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
_SCRIPT: Final = b"#!/bin/sh\ntouch /tmp/taken-over\n"


def files() -> Iterator[HostileFile]:
    """Both kinds."""

    def both(
        name: str, must: Must, content: Callable[[], bytes], file_name: str = "photo.jpg"
    ) -> HostileFile:
        return HostileFile(_BOTH, name, must, content, file_name)

    def misnamed(file_name: str, what: str, must: Must, content: Callable[[], bytes]) -> HostileFile:
        return HostileFile(_MISNAMED, f"{what}, called {file_name}", must, content, file_name)

    yield both("a JPEG that is a PDF, too", "face", partial(inserted, segment(0xFE, _PDF)))
    yield both("a PDF that is a JPEG, too", "sentence", lambda: _PDF + encode(".jpg"))
    yield both("a JPEG that is a ZIP, too", "face", lambda: encode(".jpg") + _zip())
    yield both("a ZIP in front of a JPEG", "sentence", lambda: _zip() + encode(".jpg"))
    yield both("a PNG that is a page, too", "face", lambda: _png_with(_PAGE), "photo.png")
    yield both("a page in front of a PNG", "sentence", lambda: _PAGE + encode(".png"), "photo.png")
    yield both(
        "a GIF that is a JAR, too", "face", lambda: encode(".gif") + _zip("META-INF/MANIFEST.MF"), "photo.gif"
    )
    yield both(
        "a GIF that is a script, too", "answer", lambda: b"GIF89a/*" + encode(".gif")[8:] + b"*/=1;", "a.gif"
    )
    yield both("a JPEG that is a script, too", "face", partial(inserted, segment(0xFE, _SCRIPT)))
    yield both(
        "a PNG that is PHP, too", "face", lambda: _png_with(b"<?php system($_GET[0]); ?>"), "photo.png"
    )
    yield both(
        "a JPEG with a film, as phones add",
        "face",
        lambda: encode(".jpg") + b"\0\0\0\x18ftypmp42" + bytes(9000),
    )
    yield both("a WebP that is a ZIP, too", "face", lambda: encode(".webp") + _zip(), "photo.webp")
    yield both("a HEIC that is a ZIP, too", "answer", lambda: good() + _zip(), "photo.heic")
    yield both("a JPEG in a JPEG", "face", lambda: encode(".jpg") + encode(".jpg"))
    yield misnamed("photo.png", "a JPEG", "face", partial(encode, ".jpg"))
    yield misnamed("photo.jpg", "a PNG", "face", partial(encode, ".png"))
    yield misnamed("photo.heic", "a JPEG", "face", partial(encode, ".jpg"))
    yield misnamed("photo.jpg", "a HEIC", "face", good)
    yield misnamed("photo.gif", "a WebP", "face", partial(encode, ".webp"))
    yield misnamed("photo.webp", "a GIF", "face", partial(encode, ".gif"))
    yield misnamed("photo.png", "a text", "sentence", lambda: b"This is no picture. " * 1000)
    yield misnamed("photo.jpg", "a script", "sentence", lambda: _SCRIPT)
    yield misnamed("photo.jpg", "a program", "sentence", lambda: b"\x7fELF" + bytes(5000))
    yield misnamed(
        "photo.jpg", "a pickle", "sentence", lambda: b"cos\nsystem\n(S'touch /tmp/taken-over'\ntR."
    )
    yield misnamed("../../etc/passwd.jpg", "a JPEG", "face", partial(encode, ".jpg"))
    yield misnamed("photo.jpg\0.exe.jpg", "a JPEG", "face", partial(encode, ".jpg"))


def _png_with(text: bytes) -> bytes:
    whole = encode(".png")
    return whole[:33] + chunk(b"tEXt", b"Comment\0" + text) + whole[33:]


def _zip(name: str = "hello.txt") -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, bytes(10**6))
    return file.getvalue()
