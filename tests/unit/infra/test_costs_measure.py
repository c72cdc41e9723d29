"""What is counted while a photo is answered."""

from __future__ import annotations

import gzip
import json
import os
import random
from pathlib import Path

import pytest

from infra.costs.logs import INVOCATION, billed, series
from infra.costs.measure import Counted, Spent, engine, packed, processor

MODELS = Path(__file__).parents[3] / "models"


def emf(*metrics, **dimensions):
    directive = {
        "Namespace": "emotion-bot",
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name} for name in metrics],
    }
    return json.dumps({"_aws": {"CloudWatchMetrics": [directive]}} | dimensions)


def test_metrics_are_told_apart_by_their_dimensions():
    line = emf("Faces", "Photos", service="recognizer", model="m1")
    assert list(series(line)) == ["Faces (recognizer, m1)", "Photos (recognizer, m1)"]


@pytest.mark.parametrize("line", ["START RequestId: 1", '{"level": "INFO"}', "[1]", ""])
def test_other_lines_hold_no_metrics(line):
    assert list(series(line)) == []


def test_calls_are_counted_by_their_operation():
    counted = Counted(lambda environ, start: [b"answer"])
    for target in ("DynamoDB_20120810.PutItem", "AmazonSQS.SendMessage", "DynamoDB_20120810.PutItem"):
        assert counted(
            {"HTTP_X_AMZ_TARGET": target, "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "7"}, None
        ) == [b"answer"]
    counted({"REQUEST_METHOD": "GET"}, None)
    assert counted.calls == {"PutItem": 2, "SendMessage": 1, "S3 GET": 1}
    assert counted.bytes == 21


def test_figures_are_means():
    spent = Spent(processor=[1.0, 3.0], clock=[5.0, 50.0, 6.0], logged=[100, 300])
    spent.calls = [Counted(lambda *_: []).calls, Counted(lambda *_: []).calls]
    spent.calls[0]["GetItem"] = 1
    figures = spent.figures()
    assert figures["processor"] == 2.0
    assert figures["clock"] == 6.0
    assert figures["logged"] == 200
    assert figures["calls"] == {"GetItem": 0.5}


def test_lambdas_own_lines_are_billed_too():
    assert 300 < billed(INVOCATION) < 600


def test_a_layer_is_kept_compressed(tmp_path):
    (tmp_path / "noise").write_bytes(random.Random(1).randbytes(100_000))
    (tmp_path / "zeros").write_bytes(bytes(1_000_000))
    assert 100_000 < packed(tmp_path) < 110_000 + len(gzip.compress(bytes(1_000_000)))


def test_a_session_has_had_a_processor():
    before = processor([os.getsid(0)])
    sum(number * number for number in range(2_000_000))
    assert processor([os.getsid(0)]) > before


def test_both_functions_answer_and_what_they_use_is_known():
    figures = engine(MODELS, "litert", photos=2)
    assert figures["webhook"]["calls"]["SendMessage"] == 1
    assert figures["recognizer"]["calls"] == {"PutItem": 1, "UpdateItem": 1}
    assert figures["cold"]["calls"]["GetParameter"] == 2
    assert "PhotoAnswered (recognizer)" in figures["recognizer"]["metrics"]
    assert figures["recognizer"]["logged"] > 1000
    assert figures["sent"] > 50_000
