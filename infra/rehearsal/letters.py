"""Dead letters: a job whose consumer dies each time is parked by the queue, and put back by a person."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra.rehearsal.scene import Scene, demand, until
from soak.crowd import kind

if TYPE_CHECKING:
    from collections.abc import Iterator


def dead_letter(scene: Scene) -> str:
    """A consumer dies over a job, the queue parks it; then it is put back as docs/operations.md says."""
    sqs, outputs = scene.cloud.client("sqs"), scene.stack.outputs()
    queue, dead = outputs["JobQueueUrl"], outputs["DeadLetterQueueUrl"]
    person = scene.person
    with _paused(scene):
        update = person.send_photo(scene.photo("biden.jpg"))
        until(lambda: scene.count(queue), 30, "The job does not come into the queue.")
        maximum = int(scene.stack.deployed["Mappings"]["Attempts"]["Job"]["Maximum"])

        received = 0

        def parked() -> bool:
            nonlocal received
            answer = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)  # whoever took it died
            received += len(answer.get("Messages", []))
            return bool(scene.count(dead))

        until(parked, 30, "The job does not come into the dead-letter queue.")
        demand(received == maximum, f"The job was parked after {received} deliveries, not {maximum}.")
    demand(person.wait_for_answer(update, 1) is None, "A parked job is answered.")
    alarm = _alarm(scene, "DeadLetterAlarm")
    how = _put_back(scene, outputs)
    demand(
        kind(scene.answer(person, update)) == "picture", "The job that was put back is answered otherwise."
    )
    until(lambda: not scene.count(dead), 10, "The dead-letter queue is not empty.")
    scene.notes.append(f"`DeadLetterAlarm` was {alarm} while a letter was dead.")
    return f"parked after {received} deliveries; put back{how}, and answered with its picture"


def _put_back(scene: Scene, outputs: dict[str, str]) -> str:
    """As docs/operations.md says, or as that would do it."""
    sqs = scene.cloud.client("sqs")
    try:
        sqs.start_message_move_task(SourceArn=outputs["DeadLetterQueueArn"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidAction", "UnsupportedOperation"):
            raise
        scene.notes.append(
            "SQS has no `start-message-move-task`: the rehearsal moves dead letters one by one."
        )
    else:
        return ""
    dead = outputs["DeadLetterQueueUrl"]
    while messages := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=outputs["JobQueueUrl"], MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    return " by hand"


def _alarm(scene: Scene, name: str) -> str:
    """The state of an alarm, as soon as it is ALARM, or after two seconds."""
    client, physical = scene.cloud.client("cloudwatch"), scene.stack.resources()[name]
    for _ in range(20):
        state = client.describe_alarms(AlarmNames=[physical])["MetricAlarms"][0]["StateValue"]
        if state == "ALARM":
            break
        time.sleep(0.1)
    return str(state)


@contextmanager
def _paused(scene: Scene) -> Iterator[None]:
    """The event source hands out nothing for as long as this lasts."""
    client, source = scene.cloud.client("lambda"), scene.stack.resources()["JobsToRecognizer"]
    client.update_event_source_mapping(UUID=source, Enabled=False)
    try:
        yield
    finally:
        client.update_event_source_mapping(UUID=source, Enabled=True)
