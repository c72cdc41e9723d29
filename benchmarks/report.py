"""The report: tables of Markdown from the figures of a run, and docs/benchmarks.md around them."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from benchmarks.accuracy import LARGE, SHIFT
from benchmarks.contenders import PACKAGE_MIN_CONFIDENCE, SMALL
from benchmarks.matching import BANDS, MIN_IOU
from benchmarks.photos import SIDES
from benchmarks.turns import WARM_UP

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Figures = dict[str, Any]

HERE = Path(__file__).parent
NAMES = {
    "litert": "**ours**, `litert`",
    "tensorflow": "the `tensorflow` engine",
    "seed": "the seed's path",
    "fer": "`fer`",
}
DETECTORS = {
    "litert": "**ours**, `litert`",
    "thorough": f"ours, `smallest_face` {SMALL}",
    "tensorflow": "the `mtcnn` package",
}


def page(figures: Figures, pictures: Mapping[str, str]) -> str:
    """docs/benchmarks.md; `pictures` says where `times_faster` and `growth` lie, seen from it."""
    machine, sustained = figures["machine"], figures["sustained"]
    paths = figures["photo_path"]
    return Template((HERE / "report.template.md").read_text(encoding="utf-8")).substitute(
        pictures,
        mtcnn=machine["versions"]["mtcnn"],
        fer=machine["versions"]["fer"],
        answer_table=by_cores(paths, "answer"),
        detect_table=by_cores(paths, "detect"),
        classify_table=by_cores(paths, "classify"),
        stages_table=stages(figures["stages"]),
        conversation=conversation(figures["conversation"]) if "conversation" in figures else "",
        cold_table=cold_start(figures["cold_start"]),
        start_table=start(figures["start"]),
        memory_photos=figures["memory"]["litert"]["photos"],
        short=SIDES[0],
        long=SIDES[1],
        memory_table=memory(figures["memory"]),
        size_table=size(figures["size"]),
        accuracy=accuracy(figures["accuracy"]) if "accuracy" in figures else "",
        sustained_photos=f"{sustained['photos']:,}",
        **{name: sustained[name] for name in ("per_second", "p50", "p95", "p99")},
        by_side_table=by_cores(paths, "by_side"),
        by_faces_table=by_cores(paths, "by_faces"),
        processor=machine["processor"],
        cores=machine["cores"],
        system=machine["system"],
        python=machine["python"],
        versions=", ".join(f"{name} {version}" for name, version in machine["versions"].items()),
        date=machine["date"],
        load=machine["load"],
        rounds=figures["rounds"],
        warm_up=WARM_UP,
        busy=_share(busy(figures)),
    )


def headline(figures: Figures) -> list[tuple[str, float, float, str]]:
    """What the picture shows: what is measured, ours, its peer's (the packages'), the unit."""
    rows = [
        (f"photo path, {scene}", each["litert"]["milliseconds"], each["seed"]["milliseconds"], "ms")
        for scene, each in figures["photo_path"]["1"]["answer"].items()
    ]
    detection = figures["photo_path"]["1"]["detect"]["1 face"]
    rows.append(
        ("detection, 1 face", detection["litert"]["milliseconds"], detection["seed"]["milliseconds"], "ms")
    )
    for title, part, key, unit, scale in (
        ("cold start, the function", "cold_start", "first", "s", 1e3),
        ("cold start, vision alone", "start", "first", "s", 1e3),
        ("peak memory", "memory", "peak", "MB", 1e6),
        ("size of the packages", "size", "bytes", "MB", 1e6),
    ):
        ours, theirs = (figures[part][engine][key] / scale for engine in ("litert", "tensorflow"))
        rows.append((title, ours, theirs, unit))
    return rows


def busy(figures: Figures) -> float:
    """For how much of the time that ours took on one core it had the processor: 1 on a quiet machine."""
    scenes = figures["photo_path"]["1"]["answer"].values()
    processor, clock = (
        sum(scene["litert"][name] for scene in scenes) for name in ("processor", "milliseconds")
    )
    return float(min(1, processor / clock))


def summary(figures: Figures) -> str:
    """The headline as a table, the conversation, and what was found on annotated photographs."""
    headlines = table(
        ("", "ours", "peer", "times"),
        [
            (title, f"{_number(ours)} {unit}", f"{_number(theirs)} {unit}", f"{theirs / ours:.1f}×")
            for title, ours, theirs, unit in headline(figures)
        ],
    )
    parts = [headlines]
    if "conversation" in figures:
        parts.append(musts(figures["conversation"]))
    if "accuracy" in figures:
        parts.append(detectors(figures["accuracy"]["detectors"]))
    return "\n\n".join(parts)


def by_cores(paths: Mapping[str, Any], part: str) -> str:
    """Milliseconds of each contender, a column for each scene and number of cores."""
    columns = [
        (f"{scene}, {cores} core{'s' * (cores != '1')}", cells)
        for cores, parts in paths.items()
        for scene, cells in parts[part].items()
    ]
    names = list(dict.fromkeys(name for _, cells in columns for name in cells))
    return table(
        ("ms", *(NAMES[name] for name in names)),
        [(title, *(_times(cells[name], cells["litert"]) for name in names)) for title, cells in columns],
    )


def stages(figures: Mapping[str, Mapping[str, float]]) -> str:
    """Milliseconds of each stage, and its share, a column for each scene."""
    wholes = {scene: sum(each.values()) for scene, each in figures.items()}
    names = next(iter(figures.values()))
    rows = [
        (
            stage,
            *(
                f"{figures[scene][stage]:.2f} ({_share(figures[scene][stage] / wholes[scene])})"
                for scene in wholes
            ),
        )
        for stage in names
    ]
    return table(("", *wholes), [*rows, ("**all**", *(f"**{whole:.2f}**" for whole in wholes.values()))])


def cold_start(figures: Mapping[str, Figures]) -> str:
    """First and warm answers by engine."""
    return table(
        ("", "first answer, s", "a warm one, ms", "peak memory of the function, MB"),
        [
            (NAMES[engine], f"{each['first'] / 1e3:.2f}", f"{each['warm']:.0f}", f"{each['peak'] / 1e6:.0f}")
            for engine, each in figures.items()
        ],
    )


def conversation(figures: Figures) -> str:
    """The section about how the bot feels."""
    return Template((HERE / "conversation.template.md").read_text(encoding="utf-8")).substitute(
        table=musts(figures)
    )


def musts(figures: Figures) -> str:
    """What the conversation takes, beside what it must not exceed."""
    webhook, page = figures["webhook"], figures["page"]
    rows = [
        ("webhook, warm, a command answered", f"{figures['command']:.2f} ms", "5 ms"),
        ("the same, in a chat that is new to it", f"{figures['first_command']:.2f} ms", ""),
        ("webhook, import", f"{webhook['import'] / 1e3:.2f} s", "0.5 s"),
        ("webhook, zip with its layer", f"{(webhook['zip'] + webhook['layer']) / 1e6:.1f} MB", "25 MB"),
        ("from a photo to its answer in the chat", f"{figures['photo']:.0f} ms", "250 ms"),
    ]
    if page is not None:
        rows += [
            ("chat page, first paint", f"{page['first_paint'] / 1e3:.2f} s", "0.5 s"),
            ("chat page, bytes", f"{page['bytes'] / 1e3:.0f} KB", "150 KB"),
        ]
    return table(("", "", "at most"), rows)


def start(figures: Mapping[str, Figures]) -> str:
    """First answers by contender, and how many times ours."""
    ours = figures["litert"]["first"]
    return table(
        ("", "first answer, s", "times"),
        [
            (NAMES[name], f"{each['first'] / 1e3:.2f}", f"{each['first'] / ours:.1f}×")
            for name, each in figures.items()
        ],
    )


def memory(figures: Mapping[str, Figures]) -> str:
    """Peak, and what was resident on the way."""
    marks = next(iter(figures.values()))["after"]
    return table(
        ("MB", "peak", *(f"after {mark}" for mark in marks)),
        [
            (NAMES[engine], *(f"{value / 1e6:.0f}" for value in (each["peak"], *each["after"].values())))
            for engine, each in figures.items()
        ],
    )


def size(figures: Mapping[str, Figures]) -> str:
    """All, and what is largest."""
    return table(
        ("", "MB", "the largest"),
        [
            (
                NAMES[engine],
                f"{each['bytes'] / 1e6:.0f}",
                ", ".join(f"`{name}` {value / 1e6:.0f}" for name, value in each["largest"].items()),
            )
            for engine, each in figures.items()
        ],
    )


def accuracy(figures: Figures) -> str:
    """The section about faces and emotions."""
    every, large = figures["emotions"]["all"], figures["emotions"]["large"]
    return Template((HERE / "accuracy.template.md").read_text(encoding="utf-8")).substitute(
        photos=figures["photos"],
        iou=MIN_IOU,
        cut=PACKAGE_MIN_CONFIDENCE,
        table=detectors(figures["detectors"]),
        large=LARGE,
        shift=_share(SHIFT),
        matched=f"{every['matched']:,}",
        matched_large=f"{large['matched']:,}",
        **{name: _percent(every[name]) for name in ("same", "unmoved", "never_moved")},
        **{f"{name}_large": _percent(large[name]) for name in ("same", "unmoved", "never_moved")},
    )


def detectors(figures: Mapping[str, Figures]) -> str:
    """Recall by height, false positives and time, a row for each."""
    return table(
        ("", *(f"recall, {band}" for band in BANDS), "false positives per photo", "ms per photo, 1 core"),
        [
            (
                DETECTORS[name],
                *(f"{_percent(each['share'])} of {each['faces']:,}" for each in figure["recall"].values()),
                f"{figure['false_per_photo']:.3f}",
                f"{figure['milliseconds']:.1f}",
            )
            for name, figure in figures.items()
        ],
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown that is aligned in a terminal, too; numbers to the right."""
    lines = [list(head), *map(list, rows)]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    texts = [
        f"| {line[0]:{first}} | "
        + " | ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], others, strict=True))
        + " |"
        for line in lines
    ]
    rule = f"|{'-' * (first + 2)}|" + "".join(f"{'-' * (width + 1)}:|" for width in others)
    return "\n".join([texts[0], rule, *texts[1:]])


def _times(cell: Figures, ours: Figures) -> str:
    """Milliseconds, and how many times ours."""
    text = _number(cell["milliseconds"])
    return text if cell is ours else f"{text} ({cell['milliseconds'] / ours['milliseconds']:.1f}×)"


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _share(share: float) -> str:
    return f"{100 * share:.0f} %"
