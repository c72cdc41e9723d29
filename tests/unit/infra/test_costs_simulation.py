"""The simulation, held against closed forms where there are some, and against its limits everywhere."""

from __future__ import annotations

from dataclasses import replace
from math import factorial
from statistics import mean
from typing import ClassVar

import pytest

from infra.costs.limits import Account, Function, Limit
from infra.costs.simulation import Photo, Scenario, World, simulate


def always(seconds):
    return lambda _: seconds


def exponential(rate):
    return lambda draw: draw.expovariate(rate)


BARE = Scenario(
    photos_per_second=8.0,
    seconds=1500.0,
    webhook=always(0.0),
    fetch=always(0.0),
    recognise=exponential(3.0),
    send=always(0.0),
    webhook_init=0.0,
    init=0.0,
    round_trip=0.0,
    connections=1000,
    messages_per_second=None,
    maximum_concurrency=4,
    pollers=4,
    batch=1,
)
"""Nothing but a queue and four servers."""
REAL = Scenario(
    photos_per_second=50.0,
    seconds=60.0,
    webhook=always(0.045),
    fetch=always(0.08),
    recognise=always(0.04),
    send=always(0.13),
    webhook_init=0.4,
    init=1.0,
    round_trip=0.03,
    messages_per_second=None,
)


def waits(run):
    return [photo.answered - photo.sent for photo in run.photos if photo.answered is not None]


def erlang_c(servers, load):
    """Share of the customers that wait in a queue M/M/c (Erlang, 1917)."""
    waiting = load**servers / factorial(servers) * servers / (servers - load)
    return waiting / (sum(load**number / factorial(number) for number in range(servers)) + waiting)


@pytest.fixture(scope="module")
def bare():
    return simulate(BARE)


def test_poisson_arrivals_and_exponential_service_wait_as_erlang_says(bare):
    expected = 1 / 3 + erlang_c(4, 8 / 3) / (4 * 3 - 8)
    assert mean(waits(bare)) == pytest.approx(expected, rel=0.05)


def test_one_server_of_constant_speed_waits_as_pollaczek_and_khinchine_say():
    one = replace(BARE, recognise=always(0.1), photos_per_second=7.0, maximum_concurrency=1, pollers=1)
    assert mean(waits(simulate(one))) == pytest.approx(0.1 + 0.7 * 0.1 / (2 * 0.3), rel=0.05)


def test_as_many_are_inside_as_little_says(bare):
    inside = mean(second.queued + second.recognizers for second in bare.seconds)
    rate = len(bare.photos) / BARE.seconds
    assert inside == pytest.approx(rate * mean(waits(bare)), rel=0.05)


def test_photos_come_as_often_as_they_should(bare):
    assert len(bare.photos) == pytest.approx(8 * 1500, rel=0.02)
    burst = simulate(replace(BARE, seconds=400, burst=5, maximum_concurrency=50, pollers=50))
    third = sum(200 <= photo.sent < 300 for photo in burst.photos)
    assert third == pytest.approx(5 * 800, rel=0.06)


def test_the_same_seed_gives_the_same_hour_and_another_another():
    first, again, other = (simulate(replace(REAL, seconds=10, seed=seed)) for seed in (1, 1, 2))
    assert waits(first) == waits(again) != waits(other)


def test_a_warm_photo_takes_what_its_steps_take():
    lone = simulate(replace(REAL, photos_per_second=0.5, webhook_init=0.0, init=0.0))
    assert waits(lone) == pytest.approx([0.03 + 0.045 + 0.08 + 0.04 + 0.13] * len(waits(lone)))


def test_a_batch_shares_the_waiting():
    pressed = simulate(replace(REAL, photos_per_second=300, maximum_concurrency=5, seconds=20))
    full = 0.08 + 10 * 0.04 + 0.13
    late = [second.answered for second in pressed.seconds[10:]]
    assert mean(late) == pytest.approx(5 * 10 / full, rel=0.05)


def test_every_photo_is_answered_where_nothing_is_short():
    run = simulate(REAL)
    assert run.given_up == 0
    assert all(photo.answered for photo in run.photos if photo.sent < 55)


def test_telegram_takes_no_more_than_it_says():
    run = simulate(replace(REAL, messages_per_second=30.0))
    taken = [second.answered for second in run.seconds]
    assert all(sum(taken[: number + 1]) <= 30 * (number + 2) for number in range(len(taken)))
    assert sum(second.refused for second in run.seconds)


def test_many_recognizers_use_up_the_attempts_where_telegram_is_the_limit():
    greedy = replace(
        REAL, photos_per_second=20, seconds=100, messages_per_second=4.0, maximum_concurrency=100
    )
    run, modest = simulate(greedy), simulate(replace(greedy, maximum_concurrency=2))
    assert run.given_up > 100
    assert modest.given_up == 0
    assert all(photo.attempts <= 5 for photo in run.photos)
    assert run.given_up + len(waits(run)) <= len(run.photos)


def test_an_attempt_waits_ten_seconds_in_all_and_the_next_comes_a_second_after_telegram_says():
    class Never(Limit):
        asked: ClassVar = []

        def ask(self, now):
            self.asked.append(now)
            return 4.0

    world = World(REAL)
    world._limit = Never(None)
    world._clock.process(world._send(Photo(sent=0.0), 1.0))
    world._clock.run(until=13.9)
    assert Never.asked == [1.0, 5.0, 9.0]
    assert not world._queue
    world._clock.run(until=14.1)
    assert len(world._queue) == 1


def test_what_fails_comes_back_later_each_time_and_is_given_up_after_five_attempts():
    doomed = replace(REAL, photos_per_second=1, failing=1.0)
    assert simulate(replace(doomed, seconds=790)).given_up == 0
    run = simulate(replace(doomed, seconds=1000))
    assert run.given_up == pytest.approx(1000 - 10 - 60 - 2 * 360, rel=0.1)
    assert max(photo.attempts for photo in run.photos) == 5


def test_one_failure_in_five_costs_a_wait_of_ten_seconds():
    run = simulate(replace(REAL, photos_per_second=2, seconds=300, failing=0.2))
    at_once = [wait for wait in waits(run) if wait < 5]
    assert len(at_once) / len(waits(run)) == pytest.approx(0.8, abs=0.05)
    assert run.given_up == 0


def test_connections_hold_up_what_is_too_much():
    run = simulate(replace(REAL, photos_per_second=1000, seconds=20, connections=4))
    assert max(second.webhooks for second in run.seconds) <= 4
    assert len(waits(run)) <= 20 * 4 / (0.03 + 0.045) + 4


def test_pollers_grow_by_five_a_second_up_to_the_maximum():
    run = simulate(replace(REAL, photos_per_second=400, maximum_concurrency=40, seconds=30))
    busy = [second.recognizers for second in run.seconds]
    assert all(count <= 5 + 5 * (number + 1) for number, count in enumerate(busy))
    assert max(busy) == 40


def test_both_functions_share_the_accounts_concurrency():
    run = simulate(replace(REAL, photos_per_second=100, maximum_concurrency=40, seconds=10, concurrency=5))
    assert max(second.recognizers + second.webhooks for second in run.seconds) <= 5
    assert run.webhook.throttled + run.recognizer.throttled


def test_a_cold_start_is_waited_for_and_billed_once():
    run = simulate(replace(REAL, photos_per_second=2, seconds=20, pollers=1, maximum_concurrency=1))
    first = min(run.photos, key=lambda photo: photo.sent)
    assert first.answered - first.sent > 1.4
    assert run.recognizer.started == 1
    assert run.recognizer.spent > 1.0


class TestFunction:
    def test_it_grows_by_so_many_and_is_refilled(self):
        function = Function(Account(1000), 1.0, (2, 10.0))
        assert [function.start(0.0) for _ in range(3)] == [1.0, 1.0, None]
        assert function.start(5.0) == 1.0

    def test_a_warm_environment_is_used_again(self):
        function = Function(Account(1000), 1.0, (1, 10.0))
        function.start(0.0)
        function.end()
        assert function.start(0.0) == 0.0

    def test_it_takes_no_more_than_the_account_has(self):
        function = Function(Account(1), 1.0, (100, 10.0))
        assert [function.start(0.0) for _ in range(2)] == [1.0, None]
        assert function.throttled == 1


class TestLimit:
    def test_a_seconds_worth_at_once_then_one_after_the_other(self):
        limit = Limit(3.0)
        assert [limit.ask(0.0) for _ in range(4)] == [0, 0, 0, 1]
        assert limit.ask(1 / 3 + 1e-9) == 0
        assert limit.ask(1 / 3 + 1e-9) == 1

    def test_it_says_whole_seconds_that_suffice(self):
        limit = Limit(0.8)
        assert [limit.ask(1.0), limit.ask(1.0), limit.ask(3.0)] == [0, 2, 0]

    def test_none_takes_everything(self):
        assert not any(Limit(None).ask(0.0) for _ in range(1000))
