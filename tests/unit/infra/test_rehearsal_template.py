"""What is changed for the emulator, what a template means with its values, where the emulator differs."""

import copy

import pytest

from infra.rehearsal.changes import CHANGES, HIDDEN, changed
from infra.rehearsal.gaps import differences, leaves
from infra.rehearsal.resolving import NOTHING, UNKNOWN, Resolver

STAT = {"Metric": {"Namespace": "bot", "MetricName": "NoModel"}, "Stat": "Sum", "Period": 60}
TEMPLATE = {
    "Parameters": {
        "Rollout": {"Type": "String", "Default": "Canary"},
        "Maximum": {"Type": "Number", "Default": 10},
        "Email": {"Type": "String", "Default": ""},
    },
    "Mappings": {"Size": {"litert": {"HiddenSeconds": 360, "MegaBytes": 1769}}},
    "Conditions": {
        "Sends": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Email"}, ""]}]},
        "Gradual": {"Fn::And": [{"Condition": "Sends"}, {"Fn::Equals": [{"Ref": "Rollout"}, "Canary"]}]},
        "Either": {"Fn::Or": [{"Condition": "Sends"}, {"Fn::Equals": [{"Ref": "Maximum"}, 10]}]},
    },
    "Resources": {
        "Source": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {"BatchSize": 10, "ScalingConfig": {"MaximumConcurrency": {"Ref": "Maximum"}}},
        },
        "Sum": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"Metrics": [{"Expression": "SUM(METRICS())"}, {"Id": "a", "MetricStat": STAT}]},
        },
        "Plain": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}},
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "Policies": [
                    {
                        "PolicyDocument": {
                            "Statement": [
                                {"Action": "sqs:SendMessage"},
                                {
                                    "Action": "dynamodb:GetItem",
                                    "Condition": {
                                        "Null": {"dynamodb:LeadingKeys": "false"},
                                        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["update#*"]},
                                    },
                                },
                            ]
                        }
                    }
                ]
            },
        },
    },
}  # fmt: skip
VALUES = {"Rollout": "AllAtOnce", "Maximum": "2"}


def test_every_change_says_where_it_was_made_and_nothing_else_is_touched():
    before = copy.deepcopy(TEMPLATE)
    template, made = changed(TEMPLATE, VALUES)

    assert before == TEMPLATE
    assert [where for _, where in made] == [["Size"], ["Rollout"], ["Source"], ["Sum"], ["Role"]]
    resources = template["Resources"]
    assert template["Mappings"]["Size"]["litert"] == {"HiddenSeconds": HIDDEN, "MegaBytes": 1769}
    assert template["Parameters"]["Rollout"]["Default"] == "AllAtOnce"
    assert resources["Source"]["Properties"]["ScalingConfig"]["MaximumConcurrency"] == 2
    assert resources["Sum"]["Properties"] == {
        "Namespace": "bot", "MetricName": "NoModel", "Period": 60, "Statistic": "Sum"
    }  # fmt: skip
    assert resources["Plain"] == before["Resources"]["Plain"]
    conditions = resources["Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][1]["Condition"]
    assert conditions == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["update#*"]}}


def test_a_change_that_is_not_needed_is_not_told():
    plain = {
        "Parameters": {"Rollout": {"Default": "AllAtOnce"}},
        "Mappings": {"Size": {}},
        "Resources": {"Plain": TEMPLATE["Resources"]["Plain"]},
    }
    assert [change for change, _ in changed(plain, VALUES)[1]] == [CHANGES[0]]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"Ref": "Maximum"}, "2"),
        ({"Ref": "Source"}, UNKNOWN),
        ({"Ref": "AWS::NoValue"}, NOTHING),
        ({"Fn::GetAtt": ["Role", "Arn"]}, UNKNOWN),
        ({"Fn::FindInMap": ["Size", "litert", "MegaBytes"]}, 1769),
        ({"Fn::If": ["Sends", 1, 2]}, 2),
        ({"Fn::Sub": "at ${Maximum}"}, "at 2"),
        ({"Fn::Sub": "of ${Role}"}, UNKNOWN),
        ({"Fn::Sub": "of ${Maximum} ${Role.Arn}"}, UNKNOWN),
        ({"A": {"Fn::If": ["Sends", 1, {"Ref": "AWS::NoValue"}]}, "B": [2]}, {"B": [2]}),
        ([{"Ref": "AWS::NoValue"}, 3], [3]),
        ({"Condition": {"Bool": {"a": "false"}}}, {"Condition": {"Bool": {"a": "false"}}}),
        ({"Condition": "Either"}, False),
    ],
)  # fmt: skip
def test_values_are_what_the_template_means(said, meant):
    found = Resolver(TEMPLATE, VALUES).value(said)
    assert found is meant if meant in (UNKNOWN, NOTHING) else found == meant


def test_conditions_follow_the_parameters():
    assert not Resolver(TEMPLATE, VALUES).holds("Gradual")
    assert Resolver(TEMPLATE, {"Email": "a@b.c"}).holds("Gradual")


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"Timeout": "60", "Enabled": True}, {"Timeout": 60, "Enabled": "true", "More": 1}, []),
        ({"Threshold": 5}, {"Threshold": 5.0}, []),
        ({"Names": ["b", "a"]}, {"Names": ["a", "b"]}, []),
        ({"Role": UNKNOWN}, {"Role": "arn:…"}, []),
        ({"Role": UNKNOWN}, {"Role": None}, ["Role is missing"]),
        ({"Actions": []}, {}, []),
        ({"Scaling": {"Maximum": 2}}, {}, ["Scaling is missing"]),
        ({"Scaling": {"Maximum": 2}}, {"Scaling": {"Maximum": 3}}, ["Scaling.Maximum is 3, not 2"]),
        ({"Rules": [{"Id": 1}]}, {"Rules": []}, ["Rules has 0 items, not 1"]),
        ({"Rules": [{"Id": 1}]}, {"Rules": [{"Id": 2}]}, ["Rules[0].Id is 2, not 1"]),
    ],
)
def test_only_what_differs_is_told(expected, actual, found):
    assert list(differences(expected, actual)) == found


def test_leaves_are_what_is_compared():
    assert list(leaves({"A": 1, "B": [{"C": 2}, 3], "D": {}})) == ["A", "B[0].C", "B[1]"]
