"""A burst in a bad hour: many photos at once, updates that come twice, kills, trouble with Telegram."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from math import inf
from statistics import median, quantiles
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Self
from unittest.mock import patch

from emotion_bot.jobs import read_job
from playground.runtime.environment import EnvironmentDied
from playground.telegram import Chances
from soak.crowd import is_right, kind
from soak.result import Figures, Result
from soak.stage import stage, until

if TYPE_CHECKING:
    from pathlib import Path

    from soak.crowd import Sent
    from soak.stage import Stage

CHANCES: Final = Chances(refused=0.05, failed=0.03, dropped=0.02, repeated=0.2, seed=6)
PATIENCE: Final = 600.0
"""Seconds for all answers. A job that is killed five times waits longest: 20 s each time."""
TIMEOUT: Final = 20
"""Seconds of an invocation; 60 in infra/template.yaml."""
LATER: Final = 5
"""Seconds after that, a killed environment's photos come back; 300 there."""
_BLOCKING: Final = 0.025
"""Of the chats, further ones in which somebody sends a photo and blocks the bot."""
_SENDS: Final = ("sendphoto", "sendmessage")


class Killer:
    """Kills environments in the middle of their work, spread over the burst; knows whose photos they had.

    Use it as `with Killer(…):`; kills from then on.
    """

    def __init__(self, stage: Stage, sent: list[Sent], photos: int, kills: int) -> None:
        self.kills = 0
        self._began: defaultdict[int, list[float]] = defaultdict(list)
        self._died: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
        self._stage, self._sent = stage, sent
        self._dice = random.Random(6)  # noqa: S311 - to be the same each time
        self._marks = sorted(self._dice.sample(range(photos * 9 // 10), kills))
        self._stop = Event()
        self._thread = Thread(target=self._kill, daemon=True, name="killer")
        self._invoke = stage.environments.invoke

    def __enter__(self) -> Self:
        """Begin."""
        self._patch = patch.object(self._stage.environments, "invoke", self._watched)
        self._patch.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()
        self._patch.stop()

    @property
    def done(self) -> bool:
        """Whether as many were killed as should be."""
        return self.kills == len(self._marks)

    def deaths(self, update_id: int) -> list[tuple[float, float]]:
        """When environments began with a photo that died over it, and when the next one began with it.

        What is sent between may come from the dead: Telegram still does what it was asked for.
        """
        later = [*self._began[update_id], inf]
        return [(began, min(at for at in later if at > died)) for began, died in self._died[update_id]]

    def _kill(self) -> None:
        """Some time after so many photos are answered, lest it be always right after an answer."""
        for mark in self._marks:
            while self._stage.answered(self._sent) < mark:
                if self._stop.wait(0.05):
                    return
            while self._stop.wait(self._dice.uniform(0, 0.5)) or not self._stage.environments.kill_one():
                if self._stop.is_set():
                    return
            self.kills += 1
            self._stop.wait(0.2)  # whoever is dead is not killed again

    def _watched(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a handler's answer is any JSON
        began = monotonic()
        updates = [read_job(record["body"]).update_id for record in event["Records"]]
        for update_id in updates:
            self._began[update_id].append(began)
        try:
            return self._invoke(event)
        except EnvironmentDied:
            for update_id in updates:
                self._died[update_id].append((began, monotonic()))
            raise


def run(
    store: Path,
    *,
    photos: int = 1000,
    chats: int = 200,
    kills: int = 20,
    environments: int = 4,
    timeout: int = TIMEOUT,
) -> Result:
    """Send the photos, as fast as one can, and wait until each is answered and nothing is left to do.

    Args:
        store: a folder laid out as `models/`.
        photos: in all.
        chats: that they come from, in turns.
        kills: of environments.
        environments: at one time.
        timeout: seconds of an invocation.
    """
    with stage(store, environments, timeout=timeout, visibility=timeout + LATER) as scene:
        scene.telegram.trouble.chances = CHANCES
        people = scene.people(chats)
        sent: list[Sent] = []
        with Killer(scene, sent, photos, kills) as killer:
            began = monotonic()
            for number in range(photos):
                # One by one, since the killer counts them meanwhile.
                sent += [scene.crowd.sends(people[number % chats])]
            blocked = [scene.crowd.sends(person) for person in scene.people(round(_BLOCKING * chats))]
            for each in blocked:
                each.person.block()
            sending = monotonic() - began
            scene.wait_for_answers(sent, PATIENCE)
            until(lambda: killer.done, 1)
            is_done = scene.wait_until_done(PATIENCE)
        return judged(scene, sent, len(blocked), killer, sending, is_done=is_done)


def judged(
    scene: Stage, sent: list[Sent], blocked: int, killer: Killer, sending: float, *, is_done: bool
) -> Result:
    """Count the answers, and explain each that is one too many."""
    answers = {each.key: scene.answers.to.get(each.key, []) for each in sent}
    seconds = [came[0][0] - each.at for each in sent if (came := answers[each.key])]
    wrong = [each for each in sent if any(not is_right(each, answer) for _, answer in answers[each.key])]
    struck = scene.telegram.trouble.struck
    unheard = Counter(
        (strike.chat_id, strike.reply_to)
        for strike in struck
        if strike.executed and strike.method.lower() in _SENDS
    )
    causes = sum(
        (
            why_again(
                [came for came, _ in answers[each.key][:-1]],
                unheard[each.key],
                killer.deaths(each.update["update_id"]),
            )
            for each in sent
        ),
        Counter[str](),
    )
    figures: Figures = {
        "photos": len(sent),
        "chats": len({each.person.chat_id for each in sent}),
        "blocked": blocked,
        "kills": killer.kills,
        "struck": dict(Counter(strike.kind for strike in struck)),
        "seconds": {
            "sending": round(sending, 1),
            "median": round(median(seconds), 1),
            "p95": round(quantiles(seconds, n=20)[-1], 1),
            "last": round(max(seconds), 1),
        },
        "answered": sum(bool(came) for came in answers.values()),
        "lost": sum(not came for came in answers.values()),
        "apologies": sum(kind(answer) == "apology" for came in answers.values() for _, answer in came),
        "wrong": len(wrong),
        "twice": {name: causes[name] for name in ("answer lost", "killed", "unexplained")},
        "uncertain": {
            "struck": sum(
                strike.kind in ("failed", "dropped") and strike.method.lower() in _SENDS for strike in struck
            ),
            "counted": int(scene.metrics["AnswerUncertain"]),
        },
        "dead_letters": scene.bot.aws.dead,
        "done": is_done,
    }
    shown = (
        is_done
        and killer.done
        and not figures["lost"]
        and not figures["wrong"]
        and not figures["dead_letters"]
        and not causes["unexplained"]
    )
    return Result(shown, figures)


def why_again(came: list[float], unheard: int, deaths: list[tuple[float, float]]) -> Counter[str]:
    """Why a photo was answered once more, for each answer but its last.

    Args:
        came: when they came.
        unheard: answers of which the bot did not hear that they were sent; each explains one.
        deaths: see `Killer.deaths`.
    """
    killed = sum(any(began < at < next_began for began, next_began in deaths) for at in came)
    lost = min(unheard, len(came) - killed)
    return Counter({"answer lost": lost, "killed": killed, "unexplained": len(came) - killed - lost})
