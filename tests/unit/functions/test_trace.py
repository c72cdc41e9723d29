"""A job goes on in the trace of its update: what X-Ray's daemon, a real socket, is told of each delivery."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from itertools import pairwise

import pytest
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_xray_sdk import global_sdk_config
from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.emitters.udp_emitter import UDPEmitter

from emotion_bot.telemetry import tracer
from emotion_bot.trace import Segments, carried_on
from functions.recognizer import app
from tests.unit.fakes import logged
from tests.unit.functions.messages import ABOUT, PHOTO, SENT, batch, failures, record
from tests.xray import Daemon, path

UPDATE = "1-6b0f4a10-000000000000000000000001"
WEBHOOK = "1111111111111111"
"""The webhook's call of SQS."""
INVOCATION = "1-6b0f4a10-00000000000000000000000f"


def header(number: int = 1, sampled: int | str = 1) -> str:
    return f"Root={UPDATE[:-1]}{number};Parent={WEBHOOK};Sampled={sampled}"


@pytest.fixture
def tracing(monkeypatch):
    """As in Lambda; begins with the address of a daemon."""
    told, enabled = [], global_sdk_config.sdk_enabled()

    def begin(address):
        emitter = UDPEmitter()
        emitter.set_daemon_address(address)
        told.append(emitter._socket)
        monkeypatch.setattr(xray_recorder, "_emitter", emitter)
        monkeypatch.setattr(xray_recorder, "_context", Segments())
        monkeypatch.setattr(xray_recorder.streaming, "_threshold", 0)
        monkeypatch.setattr(tracer, "disabled", False)
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={INVOCATION};Parent=2222222222222222;Sampled=1")
        global_sdk_config.set_sdk_enabled(True)

    yield begin
    global_sdk_config.set_sdk_enabled(enabled)
    for each in told:
        each.close()


@pytest.fixture
def daemon(tracing):
    daemon = Daemon()
    tracing(daemon.address)
    yield daemon
    daemon.close()


def one(daemon, name):
    """The one segment of a name, as it is in the end."""
    (found,) = (segment for segment in daemon.segments().values() if segment["name"] == name)
    return found


def deliver(context, *jobs, **attributes):
    """The messages that a batch gives back."""
    records = [
        record(job, number, **{"AWSTraceHeader": header(number)} | attributes)
        for number, job in enumerate(jobs, 1)
    ]
    return failures(app.handler(batch(*records), context))


def test_a_jobs_segments_lead_from_the_webhooks_call_to_the_answer(bot, context, daemon):
    assert deliver(context, PHOTO) == []

    traces = daemon.traces()
    job, queue = one(daemon, "emotion-bot"), one(daemon, "photos")
    assert path(job, traces[UPDATE]) == [WEBHOOK, "photos", "emotion-bot"]
    assert queue["start_time"] == SENT / 1000
    assert queue["end_time"] <= job["start_time"] <= job["end_time"]
    assert job["annotations"] == {"delivery": 1, "kind": "photo", "faces": 1, "model": "test-1"}
    assert job["origin"] == "AWS::Lambda::Function"
    assert job["aws"] == {"function_arn": context.invoked_function_arn, "request_id": context.aws_request_id}
    assert "fault" not in job


def test_its_stages_follow_one_another_within_it(bot, context, daemon):
    deliver(context, PHOTO)
    job = one(daemon, "emotion-bot")
    stages = job["subsegments"]
    assert [stage["name"] for stage in stages] == ["remember", "download", "wait", "recognise", "send"]
    assert stages[0]["start_time"] == job["start_time"]
    assert stages[-1]["end_time"] <= job["end_time"]
    for before, after in pairwise(stages[1:]):
        assert after["start_time"] == pytest.approx(before["end_time"])


def test_each_job_of_a_batch_goes_on_in_a_trace_of_its_own(bot, context, daemon, log):
    jobs = [PHOTO | {"update_id": number} for number in (1, 2, 3)]
    assert deliver(context, *jobs) == []
    own = {number: f"{UPDATE[:-1]}{number}" for number in (1, 2, 3)}
    traces = daemon.traces()
    del traces[INVOCATION]  # Lambda's own, with what no job asked for
    assert {trace: len(segments) for trace, segments in traces.items()} == dict.fromkeys(own.values(), 7)
    assert {line["update_id"]: line["xray_trace_id"] for line in logged(log.getvalue())} == own


@pytest.mark.parametrize(
    ("attributes", "trace"),
    [
        ({"AWSTraceHeader": header(sampled=0)}, UPDATE),
        ({"AWSTraceHeader": header(sampled="?")}, UPDATE),
        ({"AWSTraceHeader": f"Root={UPDATE};Sampled=1"}, UPDATE),
        ({"AWSTraceHeader": "nonsense"}, INVOCATION),
        ({"AWSTraceHeader": ""}, INVOCATION),
        ({}, INVOCATION),
    ],
)
def test_what_is_not_sampled_is_answered_and_logged_and_nothing_told(
    bot, api, context, daemon, log, attributes, trace
):
    job = record(PHOTO, **attributes)
    assert failures(app.handler(batch(job), context)) == []
    assert api.methods[-1] == "sendPhoto"
    assert {segment["name"] for segment in daemon.segments().values()} <= {"## handler"}
    assert [line["xray_trace_id"] for line in logged(log.getvalue())] == [trace]


def test_without_tracing_as_on_this_machine_only_the_log_knows_of_it(bot, context, daemon, monkeypatch, log):
    monkeypatch.setattr(tracer, "disabled", True)
    assert deliver(context, PHOTO) == []
    assert "emotion-bot" not in {segment["name"] for segment in daemon.segments().values()}
    assert logged(log.getvalue())[0]["xray_trace_id"] == UPDATE


def test_where_no_daemon_listens_all_is_answered(bot, context, tracing, caplog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        tracing("{}:{}".format(*gone.getsockname()))
    assert deliver(context, PHOTO, ABOUT | {"update_id": 8}) == []
    assert "aws_xray_sdk" not in {line.name.partition(".")[0] for line in caplog.records}


def test_a_job_that_fails_says_so_in_one_word(bot, context, daemon):
    bot.recognizer.error = ZeroDivisionError("of a secret")
    assert deliver(context, PHOTO, ApproximateReceiveCount="3") == ["message-1"]
    job = one(daemon, "emotion-bot")
    assert job["fault"] is True
    assert job["annotations"] == {"delivery": 3, "kind": "photo", "failure": "ZeroDivisionError"}
    assert "secret" not in json.dumps(daemon.told)


def test_so_does_one_that_is_given_up_and_one_that_is_none(bot, context, daemon):
    assert len(deliver(context, PHOTO, "no job", ApproximateReceiveCount="6")) == 2
    told = daemon.traces()
    failed = [
        next(each for each in told[f"{UPDATE[:-1]}{number}"].values() if each["name"] == "emotion-bot")
        for number in (1, 2)
    ]
    assert [job["annotations"]["failure"] for job in failed] == ["GivenUp", "UnreadableJob"]


def test_what_is_logged_while_a_photo_is_looked_at_leads_to_its_trace(bot, context, daemon, log, monkeypatch):
    monkeypatch.setattr(bot.model, "look", lambda *_: app.logger.warning("in another thread") or 1 / 0)
    deliver(context, PHOTO)
    assert [line["xray_trace_id"] for line in logged(log.getvalue())] == [UPDATE, UPDATE]


def test_what_is_logged_after_a_job_leads_to_the_invocations_trace_again(daemon, context, log):
    with carried_on(SQSRecord(record(PHOTO, AWSTraceHeader=header())), context):
        pass
    app.logger.info("between jobs")
    assert logged(log.getvalue())[0]["xray_trace_id"] == INVOCATION


def test_a_job_that_is_killed_is_known_to_have_begun(daemon, context):
    with carried_on(SQSRecord(record(PHOTO, AWSTraceHeader=header())), context):
        assert one(daemon, "emotion-bot")["in_progress"] is True
    assert one(daemon, "emotion-bot")["in_progress"] is False


def test_what_a_job_asks_of_aws_is_its_own_and_after_it_the_invocations_again(daemon, context):
    with carried_on(SQSRecord(record(PHOTO, AWSTraceHeader=header())), context):
        with xray_recorder.in_subsegment("during"):
            pass
        with suppress(OSError), xray_recorder.in_subsegment("failing"):
            raise OSError
    with xray_recorder.in_subsegment("after"):
        pass
    job = one(daemon, "emotion-bot")
    assert [one(daemon, name)["parent_id"] for name in ("during", "failing")] == [job["id"]] * 2
    assert (one(daemon, "after")["trace_id"], one(daemon, "after")["parent_id"]) == (INVOCATION, "2" * 16)
