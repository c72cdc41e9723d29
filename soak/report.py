"""The report: tables of Markdown from the figures of all experiments, and docs/robustness.md around them."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

from benchmarks.report import table
from emotion_bot.records import JOBS_A_MINUTE
from soak import burst, flood, outage, poison
from soak.findings import MUSTS, TITLES, found, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from soak.result import Figures

HERE: Final = Path(__file__).parent


def is_whole(figures: Mapping[str, Figures]) -> bool:
    """Whether there are figures of every experiment."""
    return set(TITLES) <= set(figures)


def page(figures: Mapping[str, Figures]) -> str:
    """docs/robustness.md."""
    burst_, flood_, poison_ = figures["burst"], figures["flood"], figures["poison"]
    struck, twice, others = burst_["struck"], burst_["twice"], poison_["others"]
    machines = {
        f"{each['machine']['cores']} cores, Python {each['machine']['python']}" for each in figures.values()
    }
    return Template((HERE / "report.template.md").read_text(encoding="utf-8")).substitute(
        summary=summary(figures),
        minutes=round(sum(each["took"] for each in figures.values()) / 60),
        machine=" or ".join(sorted(machines)),
        dates=" to ".join(
            sorted(
                {
                    min(each["date"] for each in figures.values()),
                    max(each["date"] for each in figures.values()),
                }
            )
        ),
        burst_environments=4,
        burst_timeout=burst.TIMEOUT,
        burst_later=burst.TIMEOUT + burst.LATER,
        burst_table=burst_table(burst_),
        burst_lost=twice["answer lost"],
        burst_killed=twice["killed"],
        burst_sends=burst_["uncertain"]["struck"],
        burst_counted=burst_["uncertain"]["counted"],
        burst_blocked=burst_["blocked"],
        burst_repeated=struck["repeated"],
        outage_table=outage_table(figures["outage"]),
        outage_photos=figures["outage"]["photos"],
        outage_visibility=outage.VISIBILITY,
        bundles_table=bundles_table(figures["bundles"]),
        hostile_files=figures["hostile"]["files"],
        hostile_sent=figures["hostile"]["bot"]["files"],
        hostile_table=hostile_table(figures["hostile"]),
        hostile_slowest=listed(figures["hostile"]["slowest"], "s"),
        hostile_largest=listed(figures["hostile"]["largest"], "MB"),
        hostile_bot=hostile_bot(figures["hostile"]["bot"]),
        flood_table=flood_table(flood_),
        flood_photos=flood_["photos"],
        flood_limit=JOBS_A_MINUTE,
        flood_bound=f"{flood.BOUND:.0f}",
        flood_refused=flood_["photos"] - flood_["answered"],
        poison_before=f"{others['before']:.1f}",
        poison_beside=f"{others['beside']:.1f}",
        poison_died=poison_["metrics"]["RecognizerDied"],
        poison_given_up=poison_["metrics"]["GivenUp"],
        poison_visibility=poison.VISIBILITY,
        rotation_table=rotation_table(figures["rotation"]),
        rotation_last=f"{figures['rotation']['last']:.0f}",
        rotation_failed=figures["rotation"]["token_unavailable"],
    )


def summary(figures: Mapping[str, Figures]) -> str:
    """The table at the top."""
    rows = [
        (
            f"[{title}](#{title.lower().replace(' ', '-')})",
            MUSTS[name],
            found(name, figures[name]),
            verdict(figures[name]),
        )
        for name, title in TITLES.items()
    ]
    return text_table(("Experiment", "Must show", "Found", "Shown"), rows)


def burst_table(figures: Figures) -> str:
    """What struck, and what came of it."""
    struck, seconds = figures["struck"], figures["seconds"]
    rows = [
        ("photos, from chats", f"{figures['photos']:,}, from {figures['chats']}"),
        ("sent within", f"{seconds['sending']:.0f} s"),
        ("updates that came twice", f"{struck.get('repeated', 0):,}"),
        ("recognizers killed over their work", f"{figures['kills']}"),
        ("calls refused with 429", f"{struck.get('refused', 0)}"),
        ("calls failed with 502", f"{struck.get('failed', 0)}"),
        ("connections dropped", f"{struck.get('dropped', 0)}"),
        ("**answered**", f"**{figures['answered']:,}**"),
        ("**lost**", f"**{figures['lost']}**"),
        ("apologies", f"{figures['apologies']}"),
        ("answered with what is not on the photo", f"{figures['wrong']}"),
        ("**answered twice**", f"**{sum(figures['twice'].values())}**"),
        ("median wait", f"{seconds['median']:.0f} s"),
        ("wait of 95 in 100, at most", f"{seconds['p95']:.0f} s"),
        ("longest wait", f"{seconds['last']:.0f} s"),
    ]
    return table(("What struck, and what came of it", ""), rows)


def outage_table(figures: Figures) -> str:
    """A row for each way in which S3 failed."""
    words = {
        "silent": "takes connections, says nothing",
        "closed": "ends connections",
        "failing": "answers 503",
    }
    rows = [
        (
            words[how],
            f"{each['seconds']} s",
            f"{each['no_model']}",
            f"{each['answered_meanwhile']}",
            f"{each['lost']}",
            f"{each['wrong']}",
            f"{each['last']:.0f} s",
        )
        for how, each in figures["outages"].items()
    ]
    head = (
        "S3 …",
        "for",
        "`NoModel`",
        "answered meanwhile",
        "lost",
        "answered wrongly",
        "last answer after the end",
    )
    return table(head, rows)


def bundles_table(figures: Figures) -> str:
    """A row for each fault."""
    rows = [
        (
            name,
            _shortened(each["reason"]),
            *(_yes(each[what]) for what in ("refused", "warm", "mended")),
        )
        for name, each in figures["faults"].items()
    ]
    return text_table(
        ("The bundle is …", "What the log says", "refused", "warm ones go on", "answered once mended"), rows
    )


def hostile_table(figures: Figures) -> str:
    """A row for each group of files."""
    columns = ("files", "face", "no face", "sentence")
    rows = [
        (name, *(f"{each[column]}" for column in columns), f"{each['seconds']:.2f}", f"{each['megabytes']:,}")
        for name, each in figures["groups"].items()
    ]
    head = ("", "files", "face found", "read, no face", "refused", "longest, s", "most memory, MB")
    return table(head, rows)


def hostile_bot(figures: Figures) -> str:
    """What became of the files that went through the whole bot."""
    return (
        f"{len(figures['wrong'])} were answered wrongly and {figures['failed']} attempts failed; "
        f"the longest wait was {figures['seconds']:.1f} s, the most memory {figures['megabytes']:,} MB"
    )


def flood_table(figures: Figures) -> str:
    """The others' waits, without the flood and beside it."""
    rows = [
        (name, *(f"{figures[when][what]:.1f} s" for what in ("median", "max")), f"{figures[when]['lost']}")
        for name, when in (("without the flood", "alone"), ("beside it", "beside"))
    ]
    return table((f"{figures['others']} others", "median wait", "longest wait", "not answered"), rows)


def rotation_table(figures: Figures) -> str:
    """What the webhook refused, what failed, what came of it."""
    rows = [
        ("photos", f"{figures['photos']}"),
        ("updates refused, which Telegram sent again", f"{sum(figures['refused'].values())}"),
        ("attempts without a token that is taken", f"{figures['token_unavailable']}"),
        ("**lost**", f"**{figures['lost']}**"),
        ("**answered wrongly, or with an apology**", f"**{figures['wrong']}**"),
        ("**answered twice**", f"**{figures['twice']}**"),
        ("longest wait", f"{figures['last']:.0f} s"),
        ("what the old secret gets afterwards", f"{figures['old_secret']}"),
    ]
    return table(("What came of it", ""), rows)


def listed(figures: Mapping[str, float], unit: str) -> str:
    """Names and figures as a list."""
    return "\n".join(f"- {name}: {value:,} {unit}" for name, value in figures.items())


def text_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of sentences, all to the left, not padded."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _shortened(reason: str) -> str:
    """What a log says, without what to do and with "the zip" for its address."""
    fault = re.sub(r"\S+\.zip in s3://\S+", "the zip", reason.partition(";")[0])
    fault = re.sub(r"s3://\S+", "the store", re.sub(r"\S+/(\w+\.zip)", r"`\1`", fault))
    return f"{fault[:1].upper()}{fault[1:]}"


def _yes(value: object) -> str:
    return "yes" if value else "**no**"
