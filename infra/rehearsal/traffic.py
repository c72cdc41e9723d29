"""People who send photos while the stack is being changed, and what became of each."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final

from infra.rehearsal.scene import demand
from playground.telegram import Person
from soak.crowd import Crowd, is_right, kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.telegram import Telegram
    from soak.crowd import Answers, Sent

EVERY: Final = 0.5
"""Seconds between two photos."""
PEOPLE: Final = 6
PATIENCE: Final = 150.0
"""Seconds for what came to nothing at first: two attempts come 10 and 60 seconds later."""


@dataclass
class Traffic:
    """Photos that were sent, and the answers to them."""

    answers: Answers
    sent: list[Sent] = field(default_factory=list)

    def wait(self, patience: float = PATIENCE) -> bool:
        """Whether every photo has an answer, after `patience` seconds at most."""
        deadline = monotonic() + patience
        while not all(each.key in self.answers.to for each in list(self.sent)):
            if monotonic() > deadline:
                return False
            threading.Event().wait(0.1)
        return True

    def outcome(self) -> Counter[str]:
        """How many photos were answered rightly and once, wrongly, twice, not at all."""
        counts: Counter[str] = Counter()
        for each in self.sent:
            came = [message for _, message in self.answers.to.get(each.key, [])]
            if not came:
                counts["lost"] += 1
            elif len(came) > 1:
                counts["twice"] += 1
            elif is_right(each, came[0]):
                counts["right"] += 1
            else:
                counts[f"wrong: {kind(came[0])}"] += 1
        return counts

    def demand_right(self) -> None:
        """Look whether every photo has its one answer.

        Raises:
            NotShown: one has none, another or a second.
        """
        others = [f"{count} {what}" for what, count in self.outcome().items() if what != "right"]
        demand(not others, f"Of {len(self.sent)} photos: {', '.join(others)}.")

    @property
    def slowest(self) -> float:
        """Seconds that the longest wait for an answer took."""
        waits = [
            self.answers.to[each.key][0][0] - each.at for each in self.sent if each.key in self.answers.to
        ]
        return max(waits, default=0.0)


@contextmanager
def traffic(telegram: Telegram, answers: Answers, seed: int) -> Iterator[Traffic]:
    """Somebody sends a photo every `EVERY` seconds, until the context ends."""
    people = [Person(telegram, f"Person {number}") for number in range(1, PEOPLE + 1)]
    crowd, made, over = Crowd(seed), Traffic(answers), threading.Event()

    def send() -> None:
        while not over.wait(EVERY):
            made.sent.append(crowd.sends(people[len(made.sent) % PEOPLE]))

    thread = threading.Thread(target=send, daemon=True, name="traffic")
    thread.start()
    try:
        yield made
    finally:
        over.set()
        thread.join()
