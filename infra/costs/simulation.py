"""A busy hour in small: photos come, wait, are looked at and answered, under the limits of AWS and Telegram.

A discrete-event simulation (simpy). A photo's way, and what may hold it up:

    what is on the way              what may hold a photo up
    somebody sends it
    ▼ Telegram's connections        as many as setWebhook's `max_connections`, one update in each
    ▼ webhook                       cold starts; the account's concurrency, and how fast it may grow
    ▼ queue, pollers                five at first, 300 more a minute, `MaximumConcurrency` at most
    ▼ recognizer, in batches        as the webhook
    ▼ Telegram                      messages a second: a 429, waiting, further attempts
    answered
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import simpy

from infra.costs.limits import Account, Function, Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    Steps = Generator[simpy.Event, Any, None]
    Draw = Callable[[random.Random], float]

COMES_BACK: Final = (10.0, 60.0)
"""Seconds until a failed job's second and third delivery, as in emotion_bot.delivery."""
PATIENCE: Final = 10.0
"""Seconds in all that an attempt waits where Telegram says "slow down"."""


@dataclass(frozen=True)
class Scenario:
    """Who sends how much, what each step takes, and every limit. Times in seconds."""

    photos_per_second: float
    seconds: float
    webhook: Draw
    fetch: Draw
    """getFile and the file: all photos of a batch at one time."""
    recognise: Draw
    """One photo of a batch after the other."""
    send: Draw
    webhook_init: float
    init: float
    round_trip: float
    """Between Telegram and the webhook."""
    burst: float = 1.0
    """Times as many photos come in the third quarter."""
    connections: int = 40
    messages_per_second: float | None = 30.0
    """That Telegram takes over all chats; None: as many as come."""
    concurrency: int = 1000
    """Of the account."""
    maximum_concurrency: int = 10
    pollers: int = 5
    pollers_per_minute: float = 300.0
    environments: float = 1000.0
    """That each function may gain within `growth` seconds."""
    growth: float = 10.0
    batch: int = 10
    attempts: int = 5
    failing: float = 0.0
    """Share of the attempts that come to nothing for another reason: a kill, Telegram out of reach."""
    hidden: float = 360.0
    """Until a job that failed often comes back: the queue's visibility timeout."""
    seed: int = 1


@dataclass
class Photo:
    """One photo's way, in seconds of the simulation."""

    sent: float
    attempts: int = 0
    answered: float | None = None


@dataclass
class Second:
    """What one second saw, and how things stood at its end."""

    sent: int = 0
    answered: int = 0
    refused: int = 0
    """Calls that Telegram answered with 429."""
    queued: int = 0
    recognizers: int = 0
    webhooks: int = 0


@dataclass
class Run:
    """What came of a scenario."""

    scenario: Scenario
    webhook: Function
    recognizer: Function
    photos: list[Photo] = field(default_factory=list)
    seconds: list[Second] = field(default_factory=list)
    given_up: int = 0
    batches: int = 0


class World:
    """A simulation under way."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._random = random.Random(scenario.seed)  # noqa: S311 - no secret; the same seed, the same hour
        self._clock = simpy.Environment()
        account = Account(scenario.concurrency)
        growth = (scenario.environments, scenario.growth)
        self._webhook = Function(account, scenario.webhook_init, growth)
        self._recognizer = Function(account, scenario.init, growth)
        self.run = Run(scenario, self._webhook, self._recognizer)
        self._connections = simpy.Resource(self._clock, scenario.connections)
        self._limit = Limit(scenario.messages_per_second)
        self._queue: deque[Photo] = deque()
        self._arrived = self._clock.event()
        self._pollers = 0
        self._second = Second()

    def play(self) -> Run:
        """Run the scenario to its end, with whatever is under way then left where it is."""
        self._clock.process(self._people())
        self._clock.process(self._watch())
        self._clock.process(self._grow())
        for _ in range(min(self.scenario.pollers, self.scenario.maximum_concurrency)):
            self._poll_more()
        self._clock.run(until=self.scenario.seconds)
        return self.run

    def _people(self) -> Steps:
        """Photos come at random moments (Poisson)."""
        while True:
            quarter = int(4 * self._clock.now / self.scenario.seconds)
            rate = self.scenario.photos_per_second * (self.scenario.burst if quarter == 2 else 1)
            yield self._clock.timeout(self._random.expovariate(rate))
            photo = Photo(self._clock.now)
            self.run.photos.append(photo)
            self._second.sent += 1
            self._clock.process(self._deliver(photo))

    def _deliver(self, photo: Photo) -> Steps:
        """Telegram calls the webhook, over one of its connections, until it is acknowledged."""
        wait = 0.0
        while True:
            with self._connections.request() as connection:
                yield connection
                start = self._webhook.start(self._clock.now)
                if start is not None:
                    took = self.scenario.webhook(self._random)
                    self._webhook.spend(start + took)
                    yield self._clock.timeout(self.scenario.round_trip + start + took)
                    self._webhook.end()
                    self._put(photo)
                    return
                yield self._clock.timeout(self.scenario.round_trip)
            yield self._clock.timeout(wait)
            wait = min(60.0, max(2.0, 2 * wait))

    def _put(self, photo: Photo) -> None:
        self._queue.append(photo)
        if not self._arrived.triggered:
            self._arrived.succeed()

    def _grow(self) -> Steps:
        """While messages are left, more pollers come."""
        while True:
            yield self._clock.timeout(60.0 / self.scenario.pollers_per_minute)
            if self._queue and self._pollers < self.scenario.maximum_concurrency:
                self._poll_more()

    def _poll_more(self) -> None:
        self._pollers += 1
        self._clock.process(self._poll())

    def _poll(self) -> Steps:
        """A poller hands a batch over, waits for the function, and comes for the next."""
        while True:
            if not self._queue:
                if self._arrived.triggered:
                    self._arrived = self._clock.event()
                yield self._arrived
                continue
            size = min(self.scenario.batch, len(self._queue))
            batch = [self._queue.popleft() for _ in range(size)]
            while (start := self._recognizer.start(self._clock.now)) is None:
                yield self._clock.timeout(1.0)  # the account's concurrency is used up
            yield from self._answer(batch, start)

    def _answer(self, batch: list[Photo], start: float) -> Steps:
        """One invocation: all are fetched together, looked at one by one, sent as each is done."""
        began = self._clock.now
        self.run.batches += 1
        free, sending = began + start, []
        for photo in batch:
            fetched = began + start + self.scenario.fetch(self._random)
            free = max(free, fetched) + self.scenario.recognise(self._random)
            sending.append(self._clock.process(self._send(photo, free - began)))
        yield simpy.AllOf(self._clock, sending)
        self._recognizer.spend(self._clock.now - began)
        self._recognizer.end()

    def _send(self, photo: Photo, after: float) -> Steps:
        """Telegram takes an answer, or says when to come again."""
        photo.attempts += 1
        yield self._clock.timeout(after)
        waited = 0.0
        while wait := self._limit.ask(self._clock.now):
            self._second.refused += 1
            if waited + wait > PATIENCE:
                self._fail(photo, wait + 1)  # a second more than Telegram says
                return
            waited += wait
            yield self._clock.timeout(wait)
        yield self._clock.timeout(self.scenario.send(self._random))
        if self._random.random() < self.scenario.failing:
            self._fail(photo, dict(enumerate(COMES_BACK, 1)).get(photo.attempts, self.scenario.hidden))
            return
        photo.answered = self._clock.now
        self._second.answered += 1

    def _fail(self, photo: Photo, wait: float) -> None:
        if photo.attempts < self.scenario.attempts:
            self._clock.process(self._come_back(photo, wait))
        else:
            self.run.given_up += 1

    def _come_back(self, photo: Photo, wait: float) -> Steps:
        yield self._clock.timeout(wait)
        self._put(photo)

    def _watch(self) -> Steps:
        while True:
            yield self._clock.timeout(1.0)
            self._second.queued = len(self._queue)
            self._second.recognizers = self._recognizer.busy
            self._second.webhooks = self._webhook.busy
            self.run.seconds.append(self._second)
            self._second = Second()


def simulate(scenario: Scenario) -> Run:
    """Play a scenario; the same seed gives the same run."""
    return World(scenario).play()
