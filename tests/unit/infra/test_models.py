"""All recognizers of a stack take what its store names, by CloudFormation; or they keep what they have."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import WaiterError
from click.testing import CliRunner
from moto import mock_aws

from emotion_bot.store.current import read_current
from emotion_bot.store.release import promote, publish, try_out
from emotion_bot.store.stores import connect
from infra import models
from tests.unit.store import bundles

STORE = "s3://the-models/models"
STACK = "emotion-bot"
GRADUAL = "Canary10Percent5Minutes"
TEMPLATE = {
    "Parameters": {
        "ModelRevision": {"Type": "String"},
        "Rollout": {"Type": "String"},
        "AlarmEmail": {"Type": "String"},
    },
    "Resources": {
        "Life": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Name": "life", "Value": {"Ref": "ModelRevision"}},
        }
    },
    "Outputs": {"ModelStore": {"Value": STORE}},
}


@pytest.fixture
def cloudformation(tmp_path):
    """A stack whose store has version 1 deployed, after 0."""
    with mock_aws():
        boto3.client("s3").create_bucket(
            Bucket="the-models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        for version in ("0", "1", "2"):
            publish(STORE, bundles.make(tmp_path / version, version))
        promote(STORE, "0")
        promote(STORE, "1")
        client = boto3.client("cloudformation")
        client.create_stack(
            StackName=STACK,
            TemplateBody=json.dumps(TEMPLATE),
            # All of them, or moto does not know which values they had.
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value}
                for name, value in {
                    "ModelRevision": "1",
                    "Rollout": GRADUAL,
                    "AlarmEmail": "me@example.com",
                }.items()
            ],
        )
        yield client


@pytest.fixture
def updates(cloudformation, monkeypatch):
    """The parameters of each update that CloudFormation was asked for."""
    asked, update_stack = [], cloudformation.update_stack

    def note(**request):
        asked.append({each["ParameterKey"]: each.get("ParameterValue") for each in request["Parameters"]})
        assert request["UsePreviousTemplate"]
        assert set(request["Capabilities"]) == {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
        return update_stack(**request)

    monkeypatch.setattr(cloudformation, "update_stack", note)
    monkeypatch.setattr(models, "_models", lambda stack: models.Models(cloudformation, stack))
    return asked


def run(*arguments):
    return CliRunner().invoke(models.main, arguments)


def parameters(cloudformation):
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def test_every_recognizer_gets_a_new_life_and_nothing_else_changes(cloudformation, updates):
    result = run("take")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("All look at photos with version 1 now.\n")
    assert GRADUAL in result.output
    now = parameters(cloudformation)
    assert re.fullmatch(r"1-\d{8}T\d{6}Z", now.pop("ModelRevision"))
    assert now == {"Rollout": GRADUAL, "AlarmEmail": "me@example.com"}
    assert len(updates) == 1


def test_a_trial_is_told_of(cloudformation, updates):
    try_out(STORE, "2", 10)
    assert run("take").output.endswith("with version 1 now, and 2 at 10 % of them.\n")


def test_the_longest_version_makes_a_revision_that_the_template_takes(cloudformation, updates, tmp_path):
    version = "v" * 64
    publish(STORE, bundles.make(tmp_path / "long", version))
    promote(STORE, version)
    assert run("take").exit_code == 0
    assert re.fullmatch(r"[A-Za-z0-9_.-]{64}", updates[0]["ModelRevision"])


def test_at_once_leaves_the_rollout_as_it_was(cloudformation, updates):
    assert run("take", "--at-once").exit_code == 0
    assert [update["Rollout"] for update in updates] == ["AllAtOnce", GRADUAL]
    assert updates[1]["ModelRevision"] is None
    assert parameters(cloudformation)["Rollout"] == GRADUAL


def test_one_command_steps_back_everywhere(cloudformation, updates):
    try_out(STORE, "2", 10)
    result = run("rollback")
    assert result.exit_code == 0, result.output
    current, _ = read_current(connect(STORE), STORE)
    assert (current.version, current.trial) == ("0", None)
    assert updates[0]["ModelRevision"].startswith("0-")
    assert updates[0]["Rollout"] == "AllAtOnce"
    assert parameters(cloudformation)["Rollout"] == GRADUAL


def test_where_there_is_no_way_back_nothing_is_touched(cloudformation, updates):
    run("rollback")
    del updates[:]
    result = run("rollback")
    assert result.exit_code == 1
    assert "records no version before 0; name one" in result.output
    assert updates == []


def test_where_an_alarm_goes_off_it_says_what_the_store_still_names(cloudformation, updates, monkeypatch):
    class Waiter:
        def wait(self, **_):
            raise WaiterError("StackUpdateComplete", "it failed", {})

    monkeypatch.setattr(cloudformation, "get_waiter", lambda _: Waiter())
    monkeypatch.setattr(models, "failure", lambda *_: "an alarm rose")
    result = run("take")
    assert result.exit_code == 1
    assert "its recognizers keep the model they have: an alarm rose." in result.output
    assert "still names version 1" in result.output
    assert f"python -m training rollback --store {STORE}" in result.output


def test_a_stack_that_is_being_changed_is_left_alone(cloudformation, updates, monkeypatch):
    found = models.find(cloudformation, STACK)
    busy = replace(found, status="UPDATE_IN_PROGRESS")
    monkeypatch.setattr(models, "find", lambda *_: busy)
    result = run("take")
    assert result.exit_code == 1
    assert "is being changed just now (UPDATE_IN_PROGRESS)" in result.output
    assert "cancel-update-stack" in result.output
    assert updates == []


def test_a_stack_that_is_not_there_is_told(cloudformation, updates):
    result = run("take", "--stack", "nowhere")
    assert result.exit_code == 1
    assert "There is no stack nowhere in this region" in result.output


def test_a_stack_of_before_is_told(cloudformation, updates):
    older = TEMPLATE | {"Parameters": {}, "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    cloudformation.create_stack(StackName="older", TemplateBody=json.dumps(older))
    result = run("take", "--stack", "older")
    assert result.exit_code == 1
    assert "older is of an older version of the bot; deploy this one first" in result.output


class CloudWatch:
    """As much of it as is asked for; moto has no percentiles."""

    def __init__(self, figures):
        self.figures = figures
        self.asked = []

    def get_paginator(self, operation):
        assert operation == "list_metrics"
        return self

    def paginate(self, *, Namespace, MetricName, Dimensions):  # noqa: N803 - boto3's names
        assert (Namespace, MetricName) == (STACK, "Photos")
        service = {"Name": "service", "Value": "recognizer"}
        assert Dimensions == [service]
        models = [{"Dimensions": [service, {"Name": "model", "Value": name}]} for name in self.figures]
        return [{"Metrics": models}]

    def get_metric_data(self, *, MetricDataQueries, StartTime, EndTime):  # noqa: N803
        hours = (EndTime - StartTime).total_seconds() / 3600
        results = []
        for query in MetricDataQueries:
            metric, statistic = query["MetricStat"]["Metric"], query["MetricStat"]["Stat"]
            assert query["MetricStat"]["Period"] == 3600 * hours
            (model,) = [each["Value"] for each in metric["Dimensions"] if each["Name"] == "model"]
            results.append(
                {"Id": query["Id"], "Values": self.figures[model].get((metric["MetricName"], statistic), [])}
            )
        return {"MetricDataResults": results}


def figures(photos, faces, unsure, median, slow):
    return {
        ("Photos", "Sum"): photos,
        ("Faces", "Sum"): faces,
        ("Unsure", "Sum"): unsure,
        ("RecognitionMilliseconds", "p50"): median,
        ("RecognitionMilliseconds", "p95"): slow,
    }


def test_models_are_laid_side_by_side(monkeypatch):
    seen = {
        "trial": figures([100.0], [0.0], [0.0], [21.4], [60.0]),
        "released": figures([900.0, 1000.0], [2850.0], [285.0], [20.0], [55.0]),
        "long ago": {},
    }
    monkeypatch.setattr(models, "_cloudwatch", lambda: CloudWatch(seen))
    result = run("compare")
    assert result.exit_code == 0, result.output
    header, *lines = result.output.splitlines()
    assert header.split() == "photos faces_per_photo hard_to_tell ms_p50 ms_p95".replace("_", " ").split()
    assert [line.split() for line in lines] == [
        ["released", "1,900", "1.50", "10.0%", "20", "55"],
        ["trial", "100", "0.00", "-", "21", "60"],
    ]


def test_that_there_is_nothing_to_compare_is_told(monkeypatch):
    monkeypatch.setattr(models, "_cloudwatch", lambda: CloudWatch({}))
    result = run("compare", "--hours", "1")
    assert result.exit_code == 1
    assert "No photo was looked at in emotion-bot within 1 hours" in result.output
