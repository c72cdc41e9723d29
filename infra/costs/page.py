"""docs/costs.md: tables of Markdown from measured use, the price list, the quotas and the simulation."""

from __future__ import annotations

import textwrap
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, Final

from benchmarks.report import table
from infra.costs import growth, picture, stack
from infra.costs.prices import ALLOWANCES, CHECKED, FREE, PRICES, REGION, bill
from infra.costs.quotas import PAID_MESSAGES, ROUND_TRIP, batched
from infra.costs.simulation import PATIENCE
from infra.costs.use import (
    AWS_CALL,
    FILE,
    FULL_CORE,
    GET_FILE,
    KEPT_WARM,
    POLL,
    POLLERS,
    SEND,
    Bot,
    cold_share,
    of_idle_month,
    of_month,
    of_photos,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.costs.stack import Stack

Figures = dict[str, Any]

HERE: Final = Path(__file__).parent
KINDS: Final = (("litert", "x86_64"), ("litert", "arm64"), ("tensorflow", "x86_64"))
MONTHS: Final = (0, 1_000, 10_000, 100_000, 1_000_000)
"""Photos."""
THOUSAND: Final = 1000


def page(measured: Figures, benchmarks: Figures, pictures: Path) -> str:
    """The page; its pictures are drawn into that folder."""
    parts = stack.read()
    took = {engine: times(engine, measured, benchmarks) for engine in measured["use"]}
    bots = [Bot(engine, machine, took[engine], measured) for engine, machine in KINDS]
    outcomes = growth.grown(took["litert"], parts, measured)
    warm = {name(bot): bill(of_photos(THOUSAND, bot)) for bot in bots}
    picture.draw(warm, outcomes, pictures)
    use, ours = measured["use"]["litert"], took["litert"]
    text = Template((HERE / "page.template.md").read_text(encoding="utf-8")).substitute(
        region=REGION,
        checked=CHECKED,
        summary=summary(bots, parts),
        thousand=items(warm),
        idle=items({name(bot): bill(of_idle_month(bot, parts)) for bot in bots}),
        months=months(bots, parts),
        levers=levers(bots),
        dominant=dominant(warm[name(bots[0])]),
        idle_sum=dollars(total(of_idle_month(bots[0], parts))),
        idle_free=dollars(total(of_idle_month(bots[0], parts), free=True)),
        prices=prices(),
        allowances="\n".join(f"- {each.amount:,.0f} {each.unit}" for each in ALLOWANCES.values()),
        free="\n".join(f"- {what}: {why}" for what, why in FREE.items()),
        quotas=growth.limits(ours, measured, parts),
        bursts=growth.starts(measured),
        outcomes=growth.played(outcomes),
        greed=growth.greed(ours, parts, measured),
        tensorflow_ms=_ms(took["tensorflow"].recognizer),
        tensorflow_init=f"{took['tensorflow'].init:.1f}",
        webhook=_ms(ours.webhook),
        recognizer=_ms(ours.recognizer),
        init=_ms(ours.init),
        webhook_init=_ms(ours.webhook_init),
        webhook_cpu=use["webhook"]["processor"],
        recognizer_cpu=round(use["recognizer"]["processor"]),
        own=_ms(ours.overhead + ours.recognise),
        webhook_memory=parts.memory["webhook"],
        batch=parts.batch,
        batch_ms=_ms(batched(ours, parts.batch)),
        logged=f"{use['webhook']['logged'] + use['recognizer']['logged']:,}",
        sent=f"{use['sent'] / 1000:.0f}",
        metrics=len({*use["webhook"]["metrics"], *use["recognizer"]["metrics"]}),
        trial=sum(", " in each for each in use["recognizer"]["metrics"]),
        alarm_metrics=parts.alarm_metrics,
        dashboards=parts.dashboards,
        pollers=POLLERS,
        poll=POLL,
        polls=f"{of_idle_month(bots[0], parts)['queue']:,.0f}",
        cold=f"{100 * cold_share(THOUSAND):.0f}",
        kept=f"{KEPT_WARM / 60:.0f}",
        call=_ms(AWS_CALL),
        get_file=_ms(GET_FILE),
        file=_ms(FILE),
        send=_ms(SEND),
        round_trip=_ms(ROUND_TRIP),
        most=int(30 * PATIENCE / parts.batch),
        stars=f"{(PAID_MESSAGES - 30) * 0.1 * 3600:,.0f}",
        processor=measured["machine"]["processor"],
        cores=measured["machine"]["cores"],
        load=measured["machine"]["load"],
        date=measured["date"],
    )
    return "\n\n".join(map(_wrapped, text.split("\n\n")))


def name(bot: Bot) -> str:
    """As the tables head it."""
    return f"`{bot.engine}`, {bot.architecture}"


def summary(bots: list[Bot], parts: Stack) -> str:
    """Each engine and architecture on a line."""
    head = (
        "",
        "1,000 photos, warm",
        "all cold",
        "idle month",
        "with the free tier",
        "month of 1,000",
        "with the free tier",
    )
    rows: list[tuple[str, ...]] = []
    for bot in bots:
        idle, month = of_idle_month(bot, parts), of_month(THOUSAND, bot, parts)
        sums = [total(of_photos(THOUSAND, bot)), total(of_photos(THOUSAND, bot, cold=1.0))]
        sums += [total(idle), total(idle, free=True), total(month), total(month, free=True)]
        rows.append((name(bot), *map(dollars, sums)))
    return table(head, [*rows, ("`tensorflow`, arm64", *6 * ("–",))])


def items(bills: Mapping[str, Mapping[str, float]]) -> str:
    """A line for each price that is asked anywhere, a column for each bill."""
    asked = [name for name in PRICES if any(bill[name] >= 0.000005 for bill in bills.values())]
    rows = [(PRICES[name].what, *(dollars(each[name]) for each in bills.values())) for name in asked]
    sums = (f"**{dollars(sum(each.values()))}**" for each in bills.values())
    return table(("", *bills), [*rows, ("**all**", *sums)])


def months(bots: list[Bot], parts: Stack) -> str:
    """The bill of a month by its photos."""
    rows = []
    for photos in MONTHS:
        used = [of_month(photos, bot, parts) for bot in bots]
        cells = (f"{dollars(total(each))} ({dollars(total(each, free=True))})" for each in used)
        rows.append((f"{photos:,}", *cells))
    return table(("photos a month", *map(name, bots)), rows)


def levers(bots: list[Bot]) -> str:
    """What a thousand warm photos cost where one thing is otherwise."""
    ours, arm, tensorflow = bots
    used = of_photos(THOUSAND, ours)
    base, megabytes = total(used), ours.measured["memory"]["litert"]

    def timed(seconds: float, memory: int = megabytes) -> float:
        """With a recognizer that takes so long at so much memory."""
        change = seconds * memory - ours.took.recognizer * megabytes
        return total(used | {"compute_x86_64": used["compute_x86_64"] + THOUSAND * change / 1024})

    less = {"transfer": used["transfer"] / 2, "traces": 0.0}
    rows = [
        ("arm64", total(of_photos(THOUSAND, arm))),
        ("answers of half the bytes", total(used | {"transfer": less["transfer"]})),
        ("no traces (`Tracing: PassThrough`)", total(used | {"traces": 0.0})),
        ("these three", total(of_photos(THOUSAND, arm) | less)),
    ]
    own = ours.took.overhead + ours.took.recognise
    for memory in (512, 1024):
        seconds = ours.took.recognizer + own * (FULL_CORE / memory - 1)
        rows.append((f"{memory:,} MB: {_ms(seconds)} ms a photo", timed(seconds, memory)))
    rows.append(("the `tensorflow` engine", total(of_photos(THOUSAND, tensorflow))))
    changes = [(what, dollars(now), f"{100 * (now / base - 1):+.0f} %") for what, now in rows]
    return table(("", "1,000 photos", ""), [("as it is", dollars(base), ""), *changes])


def prices() -> str:
    """The price list."""
    rows = [
        (
            each.what,
            _price(each.dollars),
            f"{each.per:,.0f} {each.unit}" if each.per != 1 else each.unit,
            each.page,
            f"{each.source}{', ' + each.read if each.read else ''}",
            "" if each.is_certain else "not verified",
        )
        for each in PRICES.values()
    ]
    return table(("", "price", "for", "AWS's page", "as quoted by", ""), rows)


def dominant(dollars: Mapping[str, float]) -> str:
    """The three things that cost most, with their shares."""
    most = sorted(dollars, key=dollars.__getitem__, reverse=True)[:3]
    shares = (f"{PRICES[name].what} {100 * dollars[name] / sum(dollars.values()):.0f} %" for name in most)
    return "; ".join(shares)


def total(use: Mapping[str, float], *, free: bool = False) -> float:
    """Dollars."""
    return sum(bill(use, with_allowances=free).values())


def dollars(amount: float) -> str:
    """As many digits as tell something."""
    if amount == 0:
        return "$0"
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.3f}" if amount >= 0.01 else f"${amount:.4f}"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f}"


def _price(amount: float) -> str:
    if amount < 0.01:
        return f"${amount:.10f}".rstrip("0")
    return f"${amount:.2f}" if round(amount, 2) == amount else f"${amount:.3f}"


def _wrapped(block: str) -> str:
    """A paragraph, filled anew: what was put into it changes its lines. Anything else as it is."""
    first, rest = block.split("\n", 1) if block.startswith("#") and "\n" in block else ("", block)
    if rest.startswith(("#", "|", "-", "!", "```")):
        return block
    filled = textwrap.fill(rest, 120, break_long_words=False, break_on_hyphens=False)
    return f"{first}\n{filled}" if first else filled + "\n" * rest.endswith("\n")
