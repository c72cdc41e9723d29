"""What is used becomes dollars: the arithmetic, the price list, the quotas."""

from __future__ import annotations

import math

import pytest

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.telegram import PATIENCE
from emotion_bot.delivery import COMES_BACK
from functions.webhook.app import SECRET_MAX_AGE
from infra.costs import quotas, simulation, stack, use
from infra.costs.prices import ALLOWANCES, PRICES, bill
from infra.costs.use import Bot, Times, cold_share, of_idle_month, of_month, of_photos, share_with_any, times

TOOK = Times(webhook=0.05, webhook_init=0.4, overhead=0.02, recognise=0.02, spread=0.2, init=1.0)
USE = {
    "webhook": {
        "processor": 6.0,
        "logged": 600,
        "calls": {"GetItem": 1.0, "SendMessage": 1.0, "UpdateItem": 1.0},
        "metrics": ["A (webhook)"],
    },
    "recognizer": {
        "processor": 40.0,
        "logged": 1400,
        "calls": {"PutItem": 1.0, "UpdateItem": 1.0},
        "metrics": ["A (recognizer)", "B (recognizer)"],
    },
    "cold": {"logged": 500, "calls": {"GetParameter": 2, "S3 GET": 2}},
    "sent": 150_000,
}
MEASURED = {
    "use": {"litert": USE, "tensorflow": USE},
    "memory": {"webhook": 512, "litert": 1769, "tensorflow": 3008},
    "image": {"litert": 200e6, "tensorflow": 500e6},
    "models": 10e6,
}
BENCHMARKS = {
    "sustained": {"p50": 20.0, "p95": 30.0},
    "photo_path": {
        "1": {"answer": {"1 face": {"litert": {"milliseconds": 18.0}, "tensorflow": {"milliseconds": 540.0}}}}
    },
    "cold_start": {
        "litert": {"first": 1100.0, "warm": 120.0},
        "tensorflow": {"first": 5300.0, "warm": 700.0},
    },
    "conversation": {"webhook": {"import": 370.0}},
}
OURS, ARM = Bot("litert", "x86_64", TOOK, MEASURED), Bot("litert", "arm64", TOOK, MEASURED)


@pytest.fixture(scope="module")
def parts():
    return stack.read()


class TestBill:
    def test_each_thing_at_its_price(self):
        dollars = bill({"compute_x86_64": 1e6, "requests": 2e6, "transfer": 10})
        assert dollars["compute_x86_64"] == pytest.approx(16.6667)
        assert dollars["requests"] == pytest.approx(0.40)
        assert dollars["transfer"] == pytest.approx(0.90)
        assert sum(dollars.values()) == pytest.approx(17.9667)

    def test_what_is_free_is_taken_off_once_for_all_that_share_it(self):
        use = {"compute_x86_64": 300_000, "compute_arm64": 200_000}
        dollars = bill(use, with_allowances=True)
        assert dollars["compute_x86_64"] == 0
        assert dollars["compute_arm64"] == pytest.approx(100_000 * 0.0000133334)

    def test_nothing_is_paid_back(self):
        assert not any(bill({}, with_allowances=True).values())


def test_every_price_says_where_it_stands_and_every_allowance_is_used():
    assert all(price.page.startswith("aws.amazon.com/") and price.source for price in PRICES.values())
    assert {price.allowance for price in PRICES.values()} - {""} == ALLOWANCES.keys()


class TestUse:
    def test_a_thousand_warm_photos(self):
        used = of_photos(1000, OURS)
        recognizer = 0.04 + 0.04 + 0.04 + 0.12 + 0.008
        assert used["compute_x86_64"] == pytest.approx(1000 * (0.05 * 512 + recognizer * 1769) / 1024)
        assert used["requests"] == 2000
        assert used["queue"] == 3000
        assert used["writes"] == 3000
        assert used["reads"] == 500
        assert used["logs"] == pytest.approx(2000 * 1000 / 1e9)
        assert used["transfer"] == pytest.approx(0.15)
        assert used["traces"] == 2000
        assert used["keys"] == used["gets"] == 0

    def test_cold_ones_pay_both_starts(self):
        warm, cold = of_photos(1000, OURS), of_photos(1000, OURS, cold=1.0)
        starts = cold["compute_x86_64"] - warm["compute_x86_64"]
        assert starts == pytest.approx(1000 * (0.4 * 512 + 1769) / 1024)
        assert cold["keys"] == cold["gets"] == 2000

    def test_the_webhook_stays_on_x86_64(self):
        used = of_photos(1000, ARM)
        assert used["compute_x86_64"] == pytest.approx(1000 * 0.05 / 2)
        assert used["compute_arm64"] == pytest.approx(of_photos(1000, OURS)["compute_x86_64"] - 25)

    def test_an_idle_month_asks_the_queue_all_the_time(self, parts):
        used = of_idle_month(OURS, parts)
        assert used["queue"] == 657_000
        assert bill(used, with_allowances=True)["queue"] == 0
        assert used["alarms"] == parts.alarm_metrics

    def test_a_month_without_photos_is_idle(self, parts):
        used = {name: amount for name, amount in of_month(0, OURS, parts).items() if amount}
        assert used == of_idle_month(OURS, parts)

    def test_a_busy_month_sends_its_metrics_every_hour(self, parts):
        assert of_month(1e6, OURS, parts)["metrics"] == pytest.approx(3)
        assert of_month(73, OURS, parts)["metrics"] == pytest.approx(3 * (1 - math.exp(-0.1)))

    def test_how_many_are_cold(self):
        assert cold_share(0) == 1
        assert cold_share(4380) == pytest.approx(math.exp(-1))
        assert share_with_any(0) == 0

    def test_the_times_come_from_what_was_measured(self):
        took = times("litert", MEASURED, BENCHMARKS)
        assert took.webhook == pytest.approx(0.006 * 1769 / 512 + 3 * 0.008)
        assert took.overhead == pytest.approx(0.022)
        assert took.recognise == pytest.approx(0.020)
        assert took.init == pytest.approx(0.98)
        assert 20 * math.exp(1.645 * took.spread) == pytest.approx(30)
        assert times("tensorflow", MEASURED, BENCHMARKS).recognise == pytest.approx(0.6)


class TestQuotas:
    def test_they_come_in_the_order_in_which_they_bind(self, parts):
        found = quotas.quotas(TOOK, MEASURED, parts)
        assert [each.binds_at for each in found] == sorted(each.binds_at for each in found)
        assert found[0].name == "Telegram: messages to all chats"
        assert found[0].binds_at == 30

    def test_what_a_photo_takes_is_rate_times_time(self, parts):
        found = {each.name: each for each in quotas.quotas(TOOK, MEASURED, parts)}
        assert found["Telegram: connections to the webhook, by default"].binds_at == pytest.approx(40 / 0.08)
        ten = 0.08 + 10 * 0.04 + 0.12 + 0.008
        default = found["`MaximumConcurrency`, the template's default"]
        assert default.binds_at == pytest.approx(parts.concurrency * 10 / ten)
        assert found["DynamoDB: a new table on demand"].binds_at == pytest.approx(4000 / 3)

    def test_cold_starts_meet_their_own(self):
        slowest, *_ = quotas.bursts(MEASURED)
        assert slowest.starts == 5


def test_what_is_written_twice_is_the_same(parts):
    assert simulation.COMES_BACK == COMES_BACK
    assert simulation.PATIENCE == PATIENCE
    assert quotas.CONNECTIONS == Limit.WEBHOOK_CONNECTIONS
    assert use.SECRET_READ == SECRET_MAX_AGE
    assert parts.batch == 10


def test_alarms_are_counted_by_their_metrics():
    template = stack.plain()
    alarms = stack.of_type(template, "AWS::CloudWatch::Alarm")
    assert stack.read().alarm_metrics > len(alarms)
