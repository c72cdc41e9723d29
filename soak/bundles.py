"""Bundles that are not what was published: each cold start refuses them, recognizers that are warm go on."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from emotion_bot.manifest import MANIFEST
from emotion_bot.store.bundle import digest
from emotion_bot.store.current import CURRENT, zip_name
from soak.crowd import is_right
from soak.result import Figures, Result
from soak.stage import stage, until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from soak.crowd import Sent
    from soak.stage import Stage

PATIENCE: Final = 60.0
"""Seconds for what comes in one or two, or in ten where a photo has to come back."""
_ENGINE: Final = "litert"
_DIGEST: Final = "its SHA-256 should be"


@dataclass(frozen=True)
class Fault:
    """What is wrong with the store: changes to the bundle, to what names it, or to both."""

    name: str
    says: str
    """Part of what the log must say: that it is refused for this, and not for what comes of it."""
    bundle: Callable[[bytes], bytes | None] | None = None
    current: Callable[[bytes], bytes | None] | None = None


def faults(store: Path) -> tuple[Fault, ...]:
    """All that are tried."""
    whole = (store / released(store)).read_bytes()
    other, older = _with(whole, hard_to_tell=1), _with(whole, format=1)

    def names_older(current: bytes) -> bytes:
        fields = json.loads(current)
        return json.dumps(fields | {"sha256": fields["sha256"] | {_ENGINE: digest(older)}}).encode()

    return (
        Fault("altered: one bit of it", _DIGEST, _flip),
        Fault("truncated: half of it", _DIGEST, lambda whole: whole[: len(whole) // 2]),
        Fault("missing", "holds no", lambda _: None),
        Fault("another one in its place, sound in itself", _DIGEST, lambda _: other),
        Fault(
            "an older one, of a format that is read no more, and named so",
            "format",
            lambda _: older,
            names_older,
        ),
        Fault("`current.json` missing", "holds no", current=lambda _: None),
        Fault("`current.json` names one that is not there", "holds no", current=_names_nothing),
    )


def run(store: Path, wanted: Sequence[int] | None = None, comes_back: int | None = None) -> Result:
    """Try each fault, or those of the numbers that are wanted."""
    tried = faults(store)
    with stage(store, 2, comes_back=comes_back) as scene:
        figures: Figures = {
            fault.name: attempt(scene, released(store), fault)
            for number, fault in enumerate(tried)
            if wanted is None or number in wanted
        }
    return Result(all(map(_is_shown, figures.values())), {"faults": figures})


def attempt(scene: Stage, name: str, fault: Fault) -> Figures:
    """A photo while a warm recognizer is there, one that needs a cold one, and the store mended."""
    counted, output = scene.metrics["NoModel"], len(scene.environments.output)
    one, other = scene.people(2)
    with ExitStack() as altered:
        for key, change in ((name, fault.bundle), (CURRENT, fault.current)):
            if change is not None:
                altered.enter_context(scene.bot.aws.altered(key, change))
        warm = scene.crowd.sends(one)
        went_on = scene.wait_for_answers([warm], PATIENCE)
        scene.environments.stop()
        cold = scene.crowd.sends(other)
        # Its INIT says so, and the attempt.
        until(lambda: scene.metrics["NoModel"] >= counted + 2 or scene.is_done, PATIENCE)
        early = scene.answered([cold])
    mended = scene.wait_for_answers([cold], PATIENCE)
    scene.wait_until_done(PATIENCE)
    why = reason(scene.environments.output[output:])
    return {
        "warm": went_on and _is_right(scene, warm),
        "refused": not early and fault.says in why,
        "reason": why,
        "no_model": int(scene.metrics["NoModel"] - counted),
        "mended": mended and _is_right(scene, cold),
    }


def reason(output: str) -> str:
    """Why the log says that there is no model."""
    for line in output.splitlines():
        if line.startswith("{") and (fields := json.loads(line)).get("message") == "no model":
            return str(fields["reason"])
    return ""


def released(store: Path) -> str:
    """Of the released bundle."""
    return zip_name(json.loads((store / CURRENT).read_bytes())["version"], _ENGINE)


def _is_shown(figures: Figures) -> bool:
    return bool(figures["warm"] and figures["refused"] and figures["mended"] and figures["no_model"] >= 2)


def _is_right(scene: Stage, sent: Sent) -> bool:
    answers = scene.answers.to[sent.key]
    return len(answers) == 1 and is_right(sent, answers[0][1])


def _flip(whole: bytes) -> bytes:
    at = len(whole) // 2
    return whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]


def _names_nothing(current: bytes) -> bytes:
    return json.dumps(json.loads(current) | {"version": "2020.01.01-none"}).encode()


def _with(whole: bytes, **fields: object) -> bytes:
    """The bundle with another manifest."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as now, zipfile.ZipFile(packed, "w") as other:
        for entry in now.infolist():
            content = now.read(entry)
            if entry.filename == MANIFEST:
                content = json.dumps(json.loads(content) | fields).encode()
            other.writestr(entry, content)
    return packed.getvalue()
