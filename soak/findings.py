"""What each experiment must show, and what it found, in half a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from soak import flood, hostile

if TYPE_CHECKING:
    from soak.result import Figures

TITLES: Final = {
    "burst": "A burst in a bad hour",
    "outage": "S3 out of reach at a cold start",
    "bundles": "A bundle that is not what was published",
    "hostile": "Hostile files",
    "flood": "Somebody floods the bot",
    "poison": "A photo that kills its process",
    "rotation": "Secret and token are replaced",
}
MUSTS: Final = {
    "burst": "each photo answered; twice only where Telegram's word that it is sent was lost",
    "outage": "no photo lost, nothing answered wrongly",
    "bundles": "refused, and counted; warm recognizers go on",
    "hostile": "a sentence or the right picture, no crash; "
    f"under {hostile.SECONDS:.0f} s and {hostile.MEMORY:,} MB",
    "flood": f"others wait at most {flood.BOUND:.0f} s longer; the flooder is told once",
    "poison": "one apology, parked, counted; its batch unharmed; answered once mended",
    "rotation": "no photo lost, none answered twice",
}


def line(name: str, figures: Figures) -> str:
    """One experiment for the terminal."""
    return f"{verdict(figures)}  {TITLES[name]}: {found(name, figures)} ({figures['took']} s)"


def verdict(figures: Figures) -> str:
    """Whether an experiment shows what it must."""
    return "✓" if figures["shown"] and figures["in_time"] else "slow" if figures["shown"] else "✗"


def found(name: str, figures: Figures) -> str:
    """What an experiment found, in half a sentence."""
    return str(_FOUND[name](figures))


def _burst(figures: Figures) -> str:
    twice = figures["twice"]
    return (
        f"{figures['answered']:,} of {figures['photos']:,} answered, {figures['lost']} lost, "
        f"{sum(twice.values())} twice: {twice['answer lost']} whose confirmation was lost, "
        f"{twice['killed']} whose recognizer was killed between sending and noting it"
        + (f", {twice['unexplained']} unexplained" if twice["unexplained"] else "")
    )


def _outage(figures: Figures) -> str:
    outages = figures["outages"].values()
    lost, wrong = (sum(each[what] for each in outages) for what in ("lost", "wrong"))
    longest = max(each["seconds"] for each in outages)
    return f"up to {longest} s: {lost} of {figures['photos'] * len(outages)} lost, {wrong} answered wrongly"


def _bundles(figures: Figures) -> str:
    faults = figures["faults"].values()
    refused, went_on = (sum(each[what] for each in faults) for what in ("refused", "warm"))
    return f"{refused} of {len(faults)} faults refused, {went_on} times warm ones went on"


def _hostile(figures: Figures) -> str:
    wrong = len(figures["wrong"]) + len(figures["bot"]["wrong"])
    crashes = figures["crashes"] + figures["bot"]["failed"]
    megabytes = max(figures["megabytes"], figures["bot"]["megabytes"])
    return (
        f"{figures['files']} files, {wrong} answered wrongly, {crashes} crashes; "
        f"at most {figures['seconds']:.1f} s and {megabytes:,} MB"
    )


def _flood(figures: Figures) -> str:
    return (
        f"longest wait {figures['beside']['max']:.1f} s beside {figures['photos']} photos, "
        f"{figures['alone']['max']:.1f} s without; {figures['answered']} of them answered, "
        f"told {'once' if figures['told'] == 1 else figures['told']}"
    )


def _poison(figures: Figures) -> str:
    told = (
        "one apology" if figures["told"] == ["apology"] else f"told {', '.join(figures['told']) or 'nothing'}"
    )
    mended = "answered after the redrive" if figures["answered_after"] else "not answered after the redrive"
    return (
        f"{told}, {figures['dead_letters']} parked, {figures['metrics']['RecognizerDied']} deaths counted; "
        f"the others after {figures['others']['beside']:.1f} s; {mended}"
    )


def _rotation(figures: Figures) -> str:
    return (
        f"{figures['lost']} of {figures['photos']} lost, {figures['wrong']} answered wrongly, "
        f"{figures['twice']} twice; "
        f"longest wait {figures['last']:.0f} s"
    )


_FOUND: Final = {
    "burst": _burst,
    "outage": _outage,
    "bundles": _bundles,
    "hostile": _hostile,
    "flood": _flood,
    "poison": _poison,
    "rotation": _rotation,
}
