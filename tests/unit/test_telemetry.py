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


def test_photos_are_counted_under_the_model_that_looked_at_them(capsys):
    metrics = Counters()

    @metrics.log_metrics
    def handler(event, context):
        metrics.count("Faces", 5)
        metrics.count_look("1", faces=2, unsure=1, milliseconds=20)
        metrics.count_look("1", faces=0, unsure=0, milliseconds=10)
        metrics.count_look("2", faces=3, unsure=0, milliseconds=30)

    handler({}, None)
    all_models, first, second = map(json.loads, capsys.readouterr().out.splitlines())
    (directive,) = all_models["_aws"]["CloudWatchMetrics"]
    assert (directive["Dimensions"], all_models["Faces"]) == ([["service"]], [5])
    (directive,) = first["_aws"]["CloudWatchMetrics"]
    assert sorted(*directive["Dimensions"]) == ["model", "service"]
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    counts = dict.fromkeys(("Photos", "Faces", "Unsure"), "Count")
    assert units == counts | {"RecognitionMilliseconds": "Milliseconds"}
    assert (first["model"], first["Photos"], first["Faces"], first["Unsure"]) == ("1", [1, 1], [2, 0], [1, 0])
    assert (second["model"], second["RecognitionMilliseconds"]) == ("2", [30])

    handler({}, None)
    assert [json.loads(line).get("model") for line in capsys.readouterr().out.splitlines()] == [
        None,
        "1",
        "2",
    ]


def test_a_model_that_looked_at_nothing_is_not_counted(capsys):
    metrics = Counters()
    metrics.count_look("1", faces=2, unsure=1, milliseconds=20)
    metrics.count("Photos")
    metrics.flush_metrics()
    capsys.readouterr()
    metrics.count("Photos")
    metrics.flush_metrics()
    assert len(capsys.readouterr().out.splitlines()) == 1
