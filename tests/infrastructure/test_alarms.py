"""What is watched: metrics that exist, of things that are there, with somebody told."""

import re

import pytest

from tests.infrastructure.metrics import code_counts

AWS_METRICS = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "JobQueue"),
    ("AWS/Lambda", "Errors", "WebhookFunction"),
    ("AWS/Lambda", "Errors", "RecognizerFunction"),
    ("AWS/Lambda", "Throttles", "WebhookFunction"),
    ("AWS/Lambda", "Throttles", "RecognizerFunction"),
    ("AWS/Lambda", "Duration", "WebhookFunction"),
    ("AWS/Lambda", "Duration", "RecognizerFunction"),
}
OWN_METRICS = {
    ("webhook", "SecretUnavailable"),
    ("webhook", "QueueUnavailable"),
    ("webhook", "RecordsUnavailable"),
    ("webhook", "WrongSecret"),
    ("recognizer", "NoModel"),
    ("recognizer", "NoTrialModel"),
    ("recognizer", "TokenUnavailable"),
    ("recognizer", "TelegramThrottled"),
}
ROLL_BACK = {"NewWebhookAlarm", "NewRecognizerAlarm"}
"""Of one version each, for CodeDeploy: test_rollout.py."""
FREE = 10
"""Metrics that alarms may watch for nothing; each further one is $0.10 a month (November 2026)."""


@pytest.fixture(scope="module")
def alarms(stack):
    return stack.of_type("AWS::CloudWatch::Alarm")


@pytest.fixture(scope="module")
def lasting(alarms):
    return {name: alarm for name, alarm in alarms.items() if name not in ROLL_BACK}


def metrics(alarm):
    return [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each] or [
        alarm
    ]


def watched(alarms):
    """Every (namespace, metric, dimension's value)."""
    for alarm in alarms.values():
        for metric in metrics(alarm):
            (dimension,) = metric["Dimensions"]
            yield metric["Namespace"], metric["MetricName"], dimension["Value"]


def test_aws_metrics_are_watched(lasting):
    def thing(value):
        return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]

    assert {
        (space, name, thing(of)) for space, name, of in watched(lasting) if isinstance(space, str)
    } == AWS_METRICS


def test_own_metrics_are_watched_under_the_name_that_the_code_counts_them_by(lasting, root):
    own = {(service, name) for space, name, service in watched(lasting) if space == {"Ref": "AWS::StackName"}}
    assert own == OWN_METRICS
    assert {(service, name) for service, name in own if not code_counts(root, service, name)} == set()


def test_the_stack_says_what_its_alarms_cost(alarms, root):
    count = sum(len(metrics(alarm)) for alarm in alarms.values())
    page = (root / "docs" / "architecture.md").read_text()
    assert f"{len(alarms)} alarms watch {count} metrics" in page
    assert f"${(count - FREE) / 10:.2f} a month" in page


def test_an_alarm_says_what_to_do_and_is_quiet_while_nobody_writes(alarms):
    for alarm in alarms.values():
        meaning, *advice = re.split(r"[.] (?=[A-Z])", alarm["AlarmDescription"])
        assert len(meaning) > 40
        assert advice
        assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
@pytest.mark.parametrize("function", ["Webhook", "Recognizer"])
def test_slow_is_near_the_timeout_but_before_it(make_stack, function, engine):
    stack = make_stack(Engine=engine)
    alarm = stack[f"{function}SlowAlarm"]
    assert alarm["ExtendedStatistic"] == "p99"
    assert 0.7 <= alarm["Threshold"] / 1000 / stack[f"{function}Function"]["Timeout"] <= 0.9


def test_each_has_a_row_that_says_what_to_do(alarms, root):
    page = (root / "docs" / "operations.md").read_text()
    assert set(re.findall(r"^[|] `(\w+Alarm)` [|]", page, re.MULTILINE)) == alarms.keys()


def test_everybody_who_gave_an_address_is_told(make_stack):
    stack = make_stack(AlarmEmail="me@example.org")
    assert stack["AlarmTopic"]["Subscription"] == [{"Protocol": "email", "Endpoint": "me@example.org"}]
    assert all(
        alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
    )
    assert all(  # and when it is over; a version's alarm goes with the version
        alarm.get("OKActions") == (None if name in ROLL_BACK else [{"Ref": "AlarmTopic"}])
        for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items()
    )
    assert "KmsMasterKeyId" not in stack["AlarmTopic"]  # CloudWatch may not use AWS's own key for topics


def test_nobody_is_told_without_an_address(alarms, stack):
    assert stack.resources["AlarmTopic"]["Condition"] == "SendsAlarms"
    assert all(alarm["AlarmActions"] == [] for alarm in alarms.values())


def test_a_secret_that_telegram_was_not_told_of_is_noticed_and_a_stranger_is_not(stack):
    """Telegram repeats an update at least every two minutes, for a day."""
    alarm = stack["WrongSecretAlarm"]
    assert alarm["Period"] >= 120
    assert alarm["EvaluationPeriods"] * alarm["Period"] >= 1800
    assert "DatapointsToAlarm" not in alarm  # all of them


def test_telegram_may_slow_the_bot_down_for_a_while(stack):
    alarm = stack["TelegramThrottledAlarm"]
    assert alarm["Threshold"] >= 10
    assert alarm["EvaluationPeriods"] * alarm["Period"] >= 900


@pytest.mark.parametrize(
    ("parameters", "is_made"),
    [
        ({}, False),
        ({"AlarmEmail": "me@example.org"}, False),
        ({"AlarmEmail": "me@example.org", "MonthlyBudget": "5"}, True),
    ],
)
def test_a_budget_is_watched_where_there_is_one(make_stack, parameters, is_made):
    assert make_stack(**parameters).is_made("Budget") is is_made


def test_a_budget_that_would_tell_nobody_is_refused(template, make_stack):
    rule = template["Rules"]["BudgetNeedsAddress"]
    (assertion,) = rule["Assertions"]
    stack = make_stack(MonthlyBudget="5")
    assert stack.resolve(rule["RuleCondition"])
    assert not stack.resolve(assertion["Assert"])
    assert not make_stack().resolve(rule["RuleCondition"])
    assert make_stack(AlarmEmail="me@example.org").resolve(assertion["Assert"])


def test_the_budget_warns_before_it_is_spent(make_stack):
    parameters = {"AlarmEmail": "me@example.org", "MonthlyBudget": "5"}
    budget = make_stack(**parameters)["Budget"]
    assert budget["Budget"]["BudgetLimit"] == {"Amount": "5", "Unit": "USD"}
    assert budget["Budget"]["CostFilters"] == {"Ref": "AWS::NoValue"}  # the whole account
    notifications = [each["Notification"] for each in budget["NotificationsWithSubscribers"]]
    assert {each["NotificationType"] for each in notifications} == {"ACTUAL", "FORECASTED"}
    assert all(each["Threshold"] <= 100 for each in notifications)
    tagged = make_stack(BudgetTag="user:application$emotion-bot", **parameters)["Budget"]["Budget"]
    assert tagged["CostFilters"] == {"TagKeyValue": ["user:application$emotion-bot"]}
