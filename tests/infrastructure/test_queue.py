"""Between the two functions: no photo is lost, none is worked on twice at once, poison is parked."""

import pytest

from emotion_bot.chat.constants import Limit
from emotion_bot.delivery import COMES_BACK, LONGEST_WAIT
from functions.recognizer.app import AT_ONCE

DAY = 24 * 60 * 60


@pytest.fixture(params=["litert", "tensorflow"])
def stack(request, make_stack):
    return make_stack(Engine=request.param)


def test_a_job_stays_hidden_for_six_timeouts(stack):
    assert stack["JobQueue"]["VisibilityTimeout"] >= 6 * stack["RecognizerFunction"]["Timeout"]


def test_the_last_delivery_is_the_same_for_queue_and_function(stack):
    deliveries = stack["JobQueue"]["RedrivePolicy"]["maxReceiveCount"]
    assert deliveries == stack.variables("RecognizerFunction")["MAX_RECEIVE_COUNT"] == 6


def test_jobs_live_long_enough_for_every_attempt_and_are_parked_after_the_last(stack):
    queue = stack["JobQueue"]
    policy = queue["RedrivePolicy"]
    longest = max(queue["VisibilityTimeout"], LONGEST_WAIT)
    assert queue["MessageRetentionPeriod"] > policy["maxReceiveCount"] * longest
    assert policy["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    # A message keeps its age when it is parked.
    assert stack["DeadLetterQueue"]["MessageRetentionPeriod"] == 14 * DAY > queue["MessageRetentionPeriod"]


def test_a_job_that_fails_comes_back_sooner_than_the_queue_would_have_it(stack):
    assert max(COMES_BACK) < stack["JobQueue"]["VisibilityTimeout"]


def test_no_message_is_kept_for_ever(stack):
    for queue in stack.of_type("AWS::SQS::Queue").values():
        assert 0 < queue["MessageRetentionPeriod"] <= 14 * DAY


def test_queues_are_encrypted(stack):
    queues = stack.of_type("AWS::SQS::Queue")
    assert len(queues) == 2
    assert all(queue["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_the_queue_feeds_the_recognizer_and_takes_back_what_failed(stack):
    (source,) = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    assert source["EventSourceArn"] == {"Fn::GetAtt": ["JobQueue", "Arn"]}
    assert source["FunctionName"] == {"Ref": "RecognizerFunction.Alias"}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["BatchSize"] == AT_ONCE
    assert source["MaximumBatchingWindowInSeconds"] == 0


@pytest.mark.parametrize("maximum", ["2", "1000"])
def test_reserved_concurrency_is_never_below_what_the_queue_may_start(make_stack, maximum):
    stack = make_stack(MaximumConcurrency=maximum, ReserveConcurrency="true")
    (source,) = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    reserved = stack["RecognizerFunction"]["ReservedConcurrentExecutions"]
    assert int(reserved) >= int(source["ScalingConfig"]["MaximumConcurrency"]) == int(maximum)


def test_the_webhook_has_room_for_every_connection_that_telegram_opens(make_stack):
    reserved = make_stack(ReserveConcurrency="true")["WebhookFunction"]["ReservedConcurrentExecutions"]
    assert reserved >= Limit.WEBHOOK_CONNECTIONS


def test_what_strangers_can_make_the_bot_spend_has_a_ceiling(make_stack):
    """Reserved executions are the most that can run; photos have one even where nothing is reserved."""
    stack = make_stack(ReserveConcurrency="true")
    reserved = {name: each.get("ReservedConcurrentExecutions") for name, each in stack.functions.items()}
    assert reserved == {
        "WebhookFunction": Limit.WEBHOOK_CONNECTIONS,
        "RecognizerFunction": stack.parameters["MaximumConcurrency"],
        "RegistrarFunction": None,  # nobody outside can call it
    }
    # Lambda keeps a hundred executions of an account for functions that reserve none.
    needed = f"Needs {Limit.WEBHOOK_CONNECTIONS + 100} executions more than MaximumConcurrency"
    assert needed in stack.described("ReserveConcurrency")
    (source,) = make_stack().of_type("AWS::Lambda::EventSourceMapping").values()
    assert source["ScalingConfig"]["MaximumConcurrency"] == stack.parameters["MaximumConcurrency"]


def test_nothing_is_reserved_by_default_since_a_new_account_has_nothing_to_reserve(stack):
    for function in stack.functions.values():
        assert function.get("ReservedConcurrentExecutions", {"Ref": "AWS::NoValue"}) == {
            "Ref": "AWS::NoValue"
        }


def test_the_queue_accepts_no_more_concurrency_than_sqs_allows(template):
    limits = template["Parameters"]["MaximumConcurrency"]
    assert (limits["MinValue"], limits["MaxValue"]) == (2, 1000)
