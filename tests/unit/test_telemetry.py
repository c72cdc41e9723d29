"""Counts are an invocation's own."""

import json
from threading import Thread

import pytest

from emotion_bot.telemetry import Counters


def invoke(metrics, times=1):
    @metrics.log_metrics
    def handler(event, context):
        for _ in range(times):
            metrics.count("Photos")

    handler({}, None)


def test_counts_are_printed_at_the_end_of_an_invocation(capsys):
    metrics = Counters()
    invoke(metrics, 3)
    assert sum(json.loads(capsys.readouterr().out)["Photos"]) == 3


@pytest.mark.parametrize("disabled", ["true", "false"])
def test_an_invocation_leaves_nothing_to_the_next(monkeypatch, capsys, disabled):
    """Powertools prints the hundredth count, and warns where an invocation has none to print after that."""
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", disabled)
    metrics = Counters()
    for _ in range(120):
        invoke(metrics)
    assert not metrics.metric_set
    assert bool(capsys.readouterr().out) == (disabled == "false")


def test_what_is_counted_while_the_counts_are_printed_is_not_lost(monkeypatch):
    """As by a model that is on its way, whose thread knows nothing of invocations."""
    metrics = Counters()
    serialize, other = metrics.serialize_metric_set, Thread(target=metrics.count, args=("NoModel",))

    def serialize_meanwhile():
        printed = serialize()
        other.start()
        other.join(0.1)
        return printed

    metrics.count("Photos")
    monkeypatch.setattr(metrics, "serialize_metric_set", serialize_meanwhile)
    metrics.flush_metrics()
    other.join()
    assert list(metrics.metric_set) == ["NoModel"]
