"""docs/containers.md, from the figures of the images."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TEMPLATE: Final = Path(__file__).with_name("containers.template.md")
_MIB: Final = 1024 * 1024


def page(figures: dict[str, Any]) -> str:
    """The page around the tables."""
    images, machine = figures["images"], figures["machine"]
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        sizes=sizes(images),
        reads=reads(images),
        base=next(iter(images.values()))["base_image"],
        rounds=next(iter(images.values()))["cold"]["rounds"],
        processor=machine["processor"],
        cores=machine["cores"],
        date=machine["date"],
        load=machine["load"],
    )


def sizes(images: dict[str, Any]) -> str:
    """What the images weigh, layer by layer."""
    return _table(
        images,
        {
            "base image": lambda image: _mib(image["base"]),
            "layer: packages": lambda image: _mib(image["layers"]["packages"]),
            "layer: code": lambda image: _mib(image["layers"]["code"]),
            "**image**": lambda image: f"**{_mib(image['image'])}**",
        },
    )


def reads(images: dict[str, Any]) -> str:
    """What a cold start reads, and takes."""

    def share(of: str, what: str) -> Callable[[dict[str, Any]], str]:
        return lambda image: f"{image['read'][of][what + '_read']:,} of {image['read'][of][what]:,}"

    def bytes_read(of: str) -> Callable[[dict[str, Any]], str]:
        return lambda image: f"{_mib(image['read'][of]['bytes_read'])} of {_mib(image['read'][of]['bytes'])}"

    return _table(
        images,
        {
            "our files": share("ours", "files"),
            "of these, bytes": bytes_read("ours"),
            "of these, chunks of 512 KiB": share("ours", "chunks"),
            "with the base image's, bytes": bytes_read("all"),
            "with the base image's, chunks": share("all", "chunks"),
            "INIT": lambda image: f"{image['cold']['init']:,} ms",
            "from the container's start to the first answer": lambda image: f"{image['cold']['answer']:,} ms",
        },
    )


def _table(images: dict[str, Any], rows: dict[str, Callable[[dict[str, Any]], str]]) -> str:
    lines = ["| | " + " | ".join(f"`{engine}`" for engine in images) + " |", "|---" * (1 + len(images)) + "|"]
    lines += [f"| {title} | " + " | ".join(map(cell, images.values())) + " |" for title, cell in rows.items()]
    return "\n".join(lines)


def _mib(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB"
