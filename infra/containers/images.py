"""What the recognizer's image weighs, and what of it a cold start reads, for each engine."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from infra.containers.confined import running
from infra.containers.stage import PHOTO, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable

    import docker

    from infra.containers.sam import Built
    from infra.containers.stage import Services
    from infra.containers.world import World

ROUNDS: Final = 5
CHUNK: Final = 512 * 1024
"""Bytes that Lambda loads at a time (Brooker et al., "On-demand Container Loading in AWS Lambda", 2023)."""
_PAGE: Final = 4096
_PROBE: Final = Path(__file__).with_name("probe.py")
_EVENT: Final = Path(__file__).parents[2] / "events" / "recognizer-photo.json"
_OURS: Final = "/var/task/"
_INIT: Final = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")


class NotRead(Exception):
    """The page cache of the engine's containers cannot be looked at."""


def measure(
    client: docker.DockerClient, world: World, services: Services, builds: Iterable[Built]
) -> dict[str, dict[str, Any]]:
    """By engine: its layers above the base, what a cold start reads of it, how long that takes.

    Raises:
        NoAnswer, NotRead: see there.
    """
    return {
        built.engine: weigh(client, built)
        | {"read": read(client, world, services, built), "cold": cold(client, world, services, built)}
        for built in builds
    }


def weigh(client: docker.DockerClient, built: Built) -> dict[str, Any]:
    """Bytes of the image, of its base, and of each layer that is ours, unpacked."""
    base = client.images.get(built.base).attrs["Size"]
    history = client.api.history(built.image)
    below = len(client.images.get(built.base).history())
    ours = [step for step in reversed(history[: len(history) - below]) if step["Size"]]
    names = ("packages", "code")
    layers = {name: step["Size"] for name, step in zip(names, ours, strict=True)}
    return {"base_image": built.base, "base": base, "layers": layers, "image": base + sum(layers.values())}


def read(client: docker.DockerClient, world: World, services: Services, built: Built) -> dict[str, Any]:
    """What is in memory after a cold start with a photo, of an image of which nothing was there before."""
    probe = _PROBE.read_text(encoding="utf-8")

    def run(do: str) -> list[list[Any]]:
        options = {"entrypoint": ["python3", "-c", probe], "network_mode": "none", "remove": True}
        told = client.containers.run(built.image, [do], **options)
        return [json.loads(line) for line in told.splitlines()]

    run("forget")
    before = sum(_bytes(file) for file in run("tell") if file[0].startswith(_OURS))
    if before > CHUNK:
        raise NotRead(f"{before} bytes of {built.image} stay in memory: is another container of it running?")
    _answer(client, world, services, built)
    files = run("tell")
    return {"ours": _sums(file for file in files if file[0].startswith(_OURS)), "all": _sums(files)}


def cold(client: docker.DockerClient, world: World, services: Services, built: Built) -> dict[str, Any]:
    """Medians in milliseconds: INIT, and from the container's start to its first answer, all in memory."""
    runs = [_answer(client, world, services, built) for _ in range(1 + ROUNDS)][1:]
    return {
        "rounds": ROUNDS,
        "init": round(median(init for init, _ in runs)),
        "answer": round(median(answer for _, answer in runs)),
    }


def _answer(
    client: docker.DockerClient, world: World, services: Services, built: Built
) -> tuple[float, float]:
    event = json.loads(_EVENT.read_text(encoding="utf-8"))
    stage = Stage(world, services, event, PHOTO)
    with running(client, built, stage) as function:
        began = time.perf_counter()
        function.invoke(event)
        taken = 1000 * (time.perf_counter() - began)
        init = _INIT.search(function.log)
    return float(init[1]) if init else 0.0, taken


def _bytes(file: list[Any]) -> int:
    _, length, pages = file
    return int(min(length, _PAGE * len(pages)))


def _sums(files: Iterable[list[Any]]) -> dict[str, int]:
    """Of files laid one after the other, from page to page: how many, how much, in how many chunks."""
    count = opened = total = touched = at = 0
    chunks = set[int]()
    for _, length, pages in files:
        count, total = count + 1, total + length
        if pages:
            opened, touched = opened + 1, touched + min(length, _PAGE * len(pages))
            chunks |= {(at + page * _PAGE) // CHUNK for page in pages}
        at += -(-length // _PAGE) * _PAGE
    return {
        "files": count, "bytes": total, "files_read": opened, "bytes_read": touched,
        "chunks": -(-at // CHUNK), "chunks_read": len(chunks),
    }  # fmt: skip
