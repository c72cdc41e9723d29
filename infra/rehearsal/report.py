"""The report: docs/rehearsal.md, from the figures of one rehearsal."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from infra.rehearsal.steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HERE: Final = Path(__file__).parent


def page(figures: Mapping[str, Any]) -> str:
    """docs/rehearsal.md."""
    seen = figures["emulator"]
    text = Template((HERE / "report.template.md").read_text(encoding="utf-8"))
    return text.substitute(
        version=figures["version"],
        date=figures["date"],
        seconds=figures["seconds"],
        cores=figures["cores"],
        steps=table(
            ("Step", "Must show", "Found", "Seconds"),
            [
                (
                    step.title,
                    step.must,
                    figures["steps"][step.title]["found"],
                    figures["steps"][step.title]["seconds"],
                )
                for step in STEPS
            ],
        ),
        changes=table(
            ("Change", "Why", "Where"),
            [
                (each["what"], each["why"], ", ".join(f"`{name}`" for name in each["where"]))
                for each in seen["changes"]
            ],
        ),
        left_out=bullets([counted(seen["left_out"])]),
        looked=seen["resources"] - sum(seen["unseen"].values()),
        resources=seen["resources"],
        compared=seen["compared"],
        ignored=ignored(seen),
        unseen=f"There, but not looked into:\n\n{bullets([counted(seen['unseen'])])}\n\n"
        if seen["unseen"]
        else "",
        limits=bullets(limits(figures)),
    )


def ignored(seen: Mapping[str, Any]) -> str:
    """What differs from the template."""
    parts = [
        ("Not made, though the template asks for it", seen["absent"]),
        ("Made, though a condition rules it out", seen["surplus"]),
        ("Not as the template says", seen["ignored"]),
    ]
    lists = [f"{title}:\n\n{bullets(items)}" for title, items in parts if items]
    return "\n\n".join(lists) or "All are there, all are as the template says."


def limits(figures: Mapping[str, Any]) -> list[str]:
    """What the emulator did not do, as it showed."""
    seen = figures["emulator"]
    return [
        *(
            []
            if seen["own_metrics"]
            else [
                "Metrics in the functions' logs (EMF) do not come to CloudWatch: no alarm on them can go off."
            ]
        ),
        *(
            []
            if seen["traced"]
            else ["No trace: the runtime in the containers gets no trace header, and X-Ray is not there."]
        ),
        "TLS: the functions reach AWS without it; the door of their network says that it ended there.",
        *figures["notes"],
    ]


def counted(types: Mapping[str, int]) -> str:
    """Types of resources, with how many there are of each."""
    return ", ".join(f"{count} × `{kind}`" if count > 1 else f"`{kind}`" for kind, count in types.items())


def bullets(items: Iterable[str]) -> str:
    """A list."""
    return "\n".join(f"- {each}" for each in items)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table of sentences, all to the left, not padded."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |" for cells in lines
    )


def summary(figures: Mapping[str, Any]) -> list[str]:
    """What a person reads at the end: what was changed, what was ignored, what is not there."""
    seen = figures["emulator"]
    return [
        f"{seen['resources']} resources, {seen['compared']} values looked at.",
        *(f"Changed for the emulator: {each['what']}." for each in seen["changes"]),
        *(f"Not made: {each}." for each in seen["absent"]),
        *(f"Made for nothing: {each}." for each in seen["surplus"]),
        *(f"Ignored: {each}." for each in seen["ignored"]),
        *([f"Not looked into: {counted(seen['unseen'])}."] if seen["unseen"] else []),
        *([f"Left out by its condition: {counted(seen['left_out'])}."] if seen["left_out"] else []),
        *(f"Limit: {each}" for each in limits(figures)),
    ]
