"""How much the emulated Telegram lets a bot send, and that it says exactly when it will take more."""

from __future__ import annotations

import pytest

from playground.telegram import Group, Person
from playground.telegram.limits import (
    BURST,
    GROUP_MESSAGES,
    LARGE_UPLOAD,
    OVERALL,
    UPLOAD_RETRY_AFTER,
    Limits,
)
from playground.telegram.parameters import TooManyRequests


class StillClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time


@pytest.fixture
def still() -> StillClock:
    return StillClock()


@pytest.fixture
def limits(still) -> Limits:
    return Limits(still)


def refused(limits, chat_id: int, messages: int = 1) -> int:
    """The seconds that a refusal names."""
    with pytest.raises(TooManyRequests) as refusal:
        limits.take(chat_id, messages)
    assert (refusal.value.code, refusal.value.parameters.keys()) == (429, {"retry_after"})
    seconds = refusal.value.parameters["retry_after"]
    assert refusal.value.description == f"Too Many Requests: retry after {seconds}"
    return seconds


def test_a_chat_gets_a_short_burst_and_then_a_message_a_second(limits, still):
    for _ in range(BURST):
        limits.take(1)
    assert refused(limits, 1) == 1
    limits.take(2)

    still.time += 1
    limits.take(1)
    assert refused(limits, 1) == 1
    still.time += 3600
    for _ in range(BURST):
        limits.take(1)
    assert refused(limits, 1) == 1


def test_an_album_counts_as_its_messages_and_what_it_takes_too_much_has_to_be_waited_for(limits, still):
    limits.take(1, BURST - 1)
    limits.take(1, 10)
    seconds = refused(limits, 1)

    assert seconds == 10
    still.time += seconds - 1
    assert refused(limits, 1) == 1
    still.time += 1
    limits.take(1)


def test_a_group_gets_twenty_a_minute(limits, still):
    for _ in range(GROUP_MESSAGES):
        limits.take(-1)
        still.time += 1
    seconds = refused(limits, -1)

    assert seconds == 60 - GROUP_MESSAGES
    still.time += seconds - 1
    assert refused(limits, -1) == 1
    still.time += 1
    limits.take(-1)
    assert refused(limits, -1) == 1


def test_all_chats_together_get_thirty_a_second(limits, still):
    for chat_id in range(1, OVERALL + 1):
        limits.take(chat_id)
    assert refused(limits, 99) == 1

    still.time += 0.5
    for chat_id in range(101, 101 + OVERALL // 2):
        limits.take(chat_id)
    assert refused(limits, 99) == 1


def test_a_refusal_costs_nothing(limits, still):
    limits.take(1, BURST)
    for _ in range(5):
        refused(limits, 1)
    still.time += 1
    limits.take(1)


def test_large_uploads_of_one_size_are_spaced_and_too_many_are_refused(limits, still):
    size = LARGE_UPLOAD + 1
    waits: list[float] = []
    with pytest.raises(TooManyRequests) as refusal:
        waits.extend(limits.upload(size) for _ in range(100))

    assert refusal.value.parameters == {"retry_after": UPLOAD_RETRY_AFTER}
    assert waits[:4] == [0] * 4
    assert waits == sorted(waits)
    assert 5 <= waits[-1] < 6
    assert limits.upload(size + 1) == 0
    assert limits.upload(LARGE_UPLOAD) == 0
    still.time += 60
    assert limits.upload(size) == 0


def test_switched_off_they_let_everything_through(still):
    limits = Limits(still, on=False)
    limits.take(1, 1000)
    limits.take(1, 1000)
    assert limits.upload(10**7) == limits.upload(10**7) == 0


def test_what_the_bot_sends_is_counted_and_what_it_only_shows_is_not(world, call):
    person, group = Person(world), Group(world)
    group.add_bot(person.user)
    for chat_id in (person.chat_id, group.chat_id):
        for _ in range(3 * BURST):
            assert call("sendChatAction", chat_id=chat_id, action="typing")["ok"]
    answers = [call("sendMessage", chat_id=person.chat_id, text="x") for _ in range(2 * BURST)]

    assert all(answer["ok"] for answer in answers[:BURST])
    refusal = next(answer for answer in answers if not answer["ok"])
    assert refusal["error_code"] == 429
    assert refusal["parameters"] == {"retry_after": 1}
    assert len(person.answers()) == sum(answer["ok"] for answer in answers)


def test_what_is_refused_for_another_reason_is_not_counted(world, call):
    person = Person(world)
    for _ in range(3 * BURST):
        assert call("sendMessage", chat_id=person.chat_id, text=" ")["error_code"] == 400

    assert call("sendMessage", chat_id=person.chat_id, text="x")["ok"]
