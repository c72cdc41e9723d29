"""Local AWS under pressure: many callers at one time, services out of reach, objects that are altered."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Timer

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from playground.aws import BUCKET, PREFIX, TABLE

pytestmark = pytest.mark.usefixtures("bot")

ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=1)
MANY = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)


@pytest.fixture
def queue():
    sqs = boto3.client("sqs", config=MANY)
    url = sqs.create_queue(QueueName="services", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    yield sqs, url
    sqs.delete_queue(QueueUrl=url)


def test_no_message_is_lost_or_doubled_however_many_send_and_take(queue):
    sqs, url = queue

    def send(number):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))

    def take(_):
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in got]

    with ThreadPoolExecutor(12) as pool:
        sending = [pool.submit(send, number) for number in range(150)]
        taking = [pool.submit(take, number) for number in range(50)]
        for sent in sending:
            sent.result()
        taken = [body for took in taking for body in took.result()]
    while rest := take(None):
        taken += rest

    assert Counter(taken) == Counter(map(str, range(150)))


def test_of_many_conditional_writes_one_succeeds():
    dynamodb = boto3.client("dynamodb", config=MANY)
    key = {"id": {"S": f"test#{time.time_ns()}"}}

    def write(_):
        try:
            dynamodb.put_item(TableName=TABLE, Item=key, ConditionExpression="attribute_not_exists(id)")
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(write, range(60))) == 1


def test_a_long_poll_ends_with_the_first_message_and_holds_nobody_up(queue):
    sqs, url = queue
    patient = boto3.client("sqs")
    Timer(0.2, lambda: sqs.send_message(QueueUrl=url, MessageBody="now")).start()
    began = time.monotonic()
    got = patient.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]

    assert [message["Body"] for message in got] == ["now"]
    assert time.monotonic() - began < 15  # far from the end of the poll
    assert "Messages" not in patient.receive_message(QueueUrl=url, WaitTimeSeconds=1)


@pytest.mark.parametrize(
    ("how", "error"),
    [("closed", ConnectionClosedError), ("silent", ReadTimeoutError), ("failing", ClientError)],
)
def test_one_service_can_be_out_of_reach(bot, queue, how, error):
    s3 = boto3.client("s3", config=ONCE)
    current = {"Bucket": BUCKET, "Key": f"{PREFIX}/current.json"}
    with bot.aws.unreachable("s3", how):
        with pytest.raises(error):
            s3.get_object(**current)
        assert queue[0].send_message(QueueUrl=queue[1], MessageBody="goes on")

    assert boto3.client("s3").get_object(**current)["Body"].read()


@pytest.mark.parametrize("change", [lambda content: content[:-1], lambda _: None], ids=["cut", "missing"])
def test_an_object_of_the_store_is_altered_for_a_while(bot, change):
    s3 = boto3.client("s3")
    current = {"Bucket": BUCKET, "Key": f"{PREFIX}/current.json"}
    before = s3.get_object(**current)["Body"].read()
    with bot.aws.altered("current.json", change):
        if change(before) is None:
            with pytest.raises(s3.exceptions.NoSuchKey):
                s3.get_object(**current)
        else:
            assert s3.get_object(**current)["Body"].read() == before[:-1]

    assert s3.get_object(**current)["Body"].read() == before


def test_dead_letters_come_back_as_new_messages(bot):
    sqs = boto3.client("sqs")
    with bot.jobs.held():
        sqs.purge_queue(QueueUrl=bot.aws.dead_letter_url)
        sqs.purge_queue(QueueUrl=bot.aws.queue_url)
        for number in range(12):
            sqs.send_message(QueueUrl=bot.aws.dead_letter_url, MessageBody=f"letter {number}")
        dead = sqs.receive_message(
            QueueUrl=bot.aws.dead_letter_url, VisibilityTimeout=0, MaxNumberOfMessages=10
        )
        assert (bot.aws.dead, bot.aws.waiting) == (12, 0)
        assert bot.aws.redrive() == 12
        assert (bot.aws.dead, bot.aws.waiting) == (0, 12)
        alive = []
        while got := sqs.receive_message(
            QueueUrl=bot.aws.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages"):
            alive += got
            for message in got:
                sqs.delete_message(QueueUrl=bot.aws.queue_url, ReceiptHandle=message["ReceiptHandle"])

    assert {message["Body"] for message in alive} == {f"letter {number}" for number in range(12)}
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in alive} == {"1"}
    ids = {message["MessageId"] for message in alive}
    assert ids.isdisjoint(message["MessageId"] for message in dead["Messages"])
