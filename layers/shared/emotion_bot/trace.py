"""A job's part of the trace that its update began: told to X-Ray, whatever batch the job came in.

Lambda traces invocations; one that is given messages has a trace of its own, which Lambda links with theirs.
So that an update's trace goes on to its answer, each delivery of its job adds two segments to it:

    webhook's function → its call of SQS → the queue → the job → its stages, and its own calls of AWS

Source: AWS X-Ray developer guide, "Segment documents"; "Amazon SQS and AWS X-Ray" for the message's header.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import time
from typing import TYPE_CHECKING

from aws_xray_sdk.core import xray_recorder
from aws_xray_sdk.core.lambda_launcher import LambdaContext as LambdaSegments
from aws_xray_sdk.core.models.dummy_entities import DummySegment
from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.core.models.trace_header import TraceHeader

from emotion_bot.telemetry import SERVICE, logged_under, tracer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext


class Segments(LambdaSegments):  # type: ignore[misc]
    """Lambda's own drop every segment but the invocation's; here a thread can work at another for a while."""

    def lend(self, segment: Segment) -> None:
        """Let what this thread asks of AWS belong to a segment, until `clear_trace_entities`."""
        self.set_trace_entity(segment)
        self._local.is_lent = True

    def _refresh_context(self) -> None:
        if not getattr(self._local, "is_lent", False):
            super()._refresh_context()


if not tracer.disabled:
    xray_recorder.context = Segments()


class JobTrace:
    """The segment of one delivery of a job; nothing is told of one that is not sampled."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def annotate(self, **values: str | float | None) -> None:
        """Add what traces can be searched by; ids, counts and versions only. None is left out."""
        for key, value in values.items():
            if value is not None:
                self._segment.put_annotation(key, value)

    def lay_out(self, milliseconds: Mapping[str, int]) -> None:
        """Add the stages of a job that is done just now: the first began with it, the last ended just now."""
        if not self._segment.sampled:
            return
        (first, spent), *others = milliseconds.items()
        self._add(first, self._segment.start_time, spent)
        at = time() - sum(spent for _, spent in others) / 1000
        for stage, spent in others:
            self._add(stage, at, spent)
            at += spent / 1000

    def _add(self, stage: str, start: float, milliseconds: int) -> None:
        part = Subsegment(stage, "local", self._segment)
        part.start_time = start
        self._segment.add_subsegment(part)
        part.close(start + milliseconds / 1000)

    def fail(self, error: Exception) -> None:
        """Mark it as failed. An error's words may quote others, so only its kind is told."""
        self._segment.add_fault_flag()
        self.annotate(failure=type(error).__name__)


@contextmanager
def carried_on(record: SQSRecord, context: LambdaContext) -> Iterator[JobTrace]:
    """Work at a job in the trace that its message comes with; its log lines name that trace, sampled or not.

    Args:
        record: the message, as the queue hands it out.
        context: of the invocation.
    """
    header = TraceHeader.from_header_str(record.attributes.aws_trace_header)
    with logged_under(header.root):
        if tracer.disabled:
            yield JobTrace(DummySegment())
            return
        segment = _begin(header, record, context)
        segments = xray_recorder.context
        segments.lend(segment)
        trace = JobTrace(segment)
        try:
            yield trace
        except Exception as error:
            trace.fail(error)
            raise
        finally:
            segments.clear_trace_entities()
            segment.close()
            _tell(segment)


def _begin(header: TraceHeader, record: SQSRecord, context: LambdaContext) -> Segment:
    if header.sampled != 1 or not (header.root and header.parent):
        return DummySegment()
    attributes = record.attributes
    queue = Segment(record.event_source_arn.rpartition(":")[2], traceid=header.root, parent_id=header.parent)
    queue.start_time = int(attributes.sent_timestamp) / 1000
    queue.close()
    _tell(queue)
    job = Segment(SERVICE, traceid=header.root, parent_id=queue.id)
    job.origin = "AWS::Lambda::Function"
    job.set_aws({"function_arn": context.invoked_function_arn, "request_id": context.aws_request_id})
    job.put_annotation("delivery", int(attributes.approximate_receive_count))
    _tell(job)  # as one in progress, so that the trace tells of a job whose process is killed
    return job


def _tell(segment: Segment) -> None:
    if segment.sampled:
        xray_recorder.emitter.send_entity(segment)
