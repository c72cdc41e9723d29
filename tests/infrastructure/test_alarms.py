"""What is watched: metrics that exist, of things that are there, with somebody told."""

import pytest

AWS_METRICS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "JobQueue"),
    ("AWS/Lambda", "Errors", "WebhookFunction"),
    ("AWS/Lambda", "Errors", "RecognizerFunction"),
    ("AWS/Lambda", "Throttles", "WebhookFunction"),
    ("AWS/Lambda", "Throttles", "RecognizerFunction"),
    ("AWS/Lambda", "Duration", "RecognizerFunction"),
}
OWN_METRICS = {
    ("webhook", "SecretUnavailable"),
    ("webhook", "QueueUnavailable"),
    ("webhook", "RecordsUnavailable"),
    ("webhook", "WrongSecret"),
    ("recognizer", "NoModel"),
    ("recognizer", "TokenUnavailable"),
}


@pytest.fixture(scope="module")
def alarms(stack):
    return stack.of_type("AWS::CloudWatch::Alarm")


def watched(alarms):
    """Every (namespace, metric, dimension's value)."""
    for alarm in alarms.values():
        for metric in [
            each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each
        ] or [alarm]:
            (dimension,) = metric["Dimensions"]
            yield metric["Namespace"], metric["MetricName"], dimension["Value"]


def test_aws_metrics_are_watched(alarms):
    def thing(value):
        return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]

    assert {
        (space, name, thing(of)) for space, name, of in watched(alarms) if isinstance(space, str)
    } == AWS_METRICS


def test_own_metrics_are_watched_under_the_name_that_the_code_counts_them_by(alarms, stack, root):
    own = {(service, name) for space, name, service in watched(alarms) if space == {"Ref": "AWS::StackName"}}
    assert own == OWN_METRICS
    package = [file.read_text() for file in (root / "layers" / "shared" / "emotion_bot").glob("*.py")]
    for service, name in own:
        code = [(root / "functions" / service / "app.py").read_text(), *package]
        assert any(f'"{name}"' in text for text in code)
        assert service in {
            stack.variables(function)["POWERTOOLS_SERVICE_NAME"] for function in stack.functions
        }


def test_an_alarm_says_what_to_do_and_is_quiet_while_nobody_writes(alarms):
    for alarm in alarms.values():
        assert len(alarm["AlarmDescription"]) > 40
        assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_slow_is_near_the_timeout_but_before_it(make_stack, engine):
    stack = make_stack(Engine=engine)
    alarm = stack["RecognizerSlowAlarm"]
    assert alarm["ExtendedStatistic"] == "p99"
    assert 0.7 <= alarm["Threshold"] / 1000 / stack["RecognizerFunction"]["Timeout"] <= 0.9


def test_everybody_who_gave_an_address_is_told(make_stack):
    stack = make_stack(AlarmEmail="me@example.org")
    assert stack["AlarmTopic"]["Subscription"] == [{"Protocol": "email", "Endpoint": "me@example.org"}]
    assert all(
        alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
    )


def test_nobody_is_told_without_an_address(alarms, stack):
    assert stack.resources["AlarmTopic"]["Condition"] == "SendsAlarms"
    assert all(alarm["AlarmActions"] == [] for alarm in alarms.values())


def test_a_secret_that_telegram_was_not_told_of_is_noticed_and_a_stranger_is_not(stack):
    """Telegram repeats an update at least every two minutes, for a day."""
    alarm = stack["WrongSecretAlarm"]
    assert alarm["Period"] >= 120
    assert alarm["EvaluationPeriods"] * alarm["Period"] >= 1800
    assert "DatapointsToAlarm" not in alarm  # all of them
