"""How a new version takes over: all that is called is an alias, and what changes makes a version."""

import io
import json
import re

import pytest

from emotion_bot.telemetry import logger

ALIASED = {"WebhookFunction": "webhook", "RecognizerFunction": "recognizer"}
NOT_VERSIONED = {"ReservedConcurrentExecutions", "VersionDescription", "DeploymentPreference", "Role"}
"""Properties that are no part of a version."""
CODE_DEPLOY = {"AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup"}


def of_type(resources, kind):
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def names(node, known):
    """Everything of `known` that a part of the template refers to."""
    match node:
        case {"Ref": str(name)}:
            return {name} & known
        case {"Fn::Sub": str(text)}:
            return set(re.findall(r"\$\{([^!.}]+)[.}]", text)) & known
        case {"Fn::Sub": [text, values]}:
            return names({"Fn::Sub": text}, known) | names(values, known)
        case {"Fn::GetAtt": [str(name), *_]}:
            return {name} & known
        case dict():
            return set().union(*(names(value, known) for value in node.values()))
        case list():
            return set().union(*(names(value, known) for value in node))
    return set()


def versions(resources):
    return {
        each["FunctionName"]["Ref"]: name for name, each in of_type(resources, "AWS::Lambda::Version").items()
    }


@pytest.mark.parametrize("variant", ["by and by", "all at once"])
def test_whoever_waits_for_what_sam_makes_finds_it(transformed, variant):
    """cfn-lint knows the names of the one variant only."""
    resources = transformed[variant]
    for each in resources.values():
        assert set(each.get("DependsOn", [])) <= resources.keys()


@pytest.mark.parametrize("variant", ["by and by", "all at once"])
def test_all_that_is_called_is_the_alias(transformed, variant):
    resources = transformed[variant]
    aliases = of_type(resources, "AWS::Lambda::Alias")
    assert {each["FunctionName"]["Ref"]: each["Name"] for each in aliases.values()} == dict.fromkeys(
        ALIASED, "live"
    )
    webhook, recognizer = ({"Ref": f"{name}Aliaslive"} for name in ALIASED)
    (url,) = of_type(resources, "AWS::Lambda::Url").values()
    assert url["TargetFunctionArn"] == webhook
    permissions = of_type(resources, "AWS::Lambda::Permission").values()
    assert [each["FunctionName"] for each in permissions] == [webhook, webhook]
    (source,) = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    assert source["FunctionName"] == recognizer


def test_a_new_version_takes_over_by_and_by_and_goes_where_its_own_alarm_goes_off(made_by_sam):
    aliases = {name: each for name, each in made_by_sam.items() if each["Type"] == "AWS::Lambda::Alias"}
    for name, alarm in zip(ALIASED, ("NewWebhookAlarm", "NewRecognizerAlarm"), strict=True):
        update = aliases[f"{name}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = made_by_sam[update["DeploymentGroupName"]["Ref"]]["Properties"]
        assert group["AlarmConfiguration"]["Fn::If"][1] == {
            "Enabled": True,
            "Alarms": [{"Name": {"Ref": alarm}}],
        }
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert group["ServiceRoleArn"]["Fn::If"][1] == {"Fn::GetAtt": ["RolloutRole", "Arn"]}
        type_ = group["DeploymentConfigName"]["Fn::Sub"]
        assert type_ == ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": "Canary10Percent5Minutes"}]


def test_that_alarm_sees_the_new_version_alone(made_by_sam):
    """Else an old version in trouble, as with an empty bucket, would keep back the one that mends it."""
    for function, alarm in zip(ALIASED, ("NewWebhookAlarm", "NewRecognizerAlarm"), strict=True):
        version = {"Fn::GetAtt": [versions(made_by_sam)[function], "Version"]}
        watched = {
            each["Id"]: {one["Name"]: one["Value"] for one in each["MetricStat"]["Metric"]["Dimensions"]}
            for each in made_by_sam[alarm]["Properties"]["Metrics"]
            if "MetricStat" in each
        }
        assert watched == {
            "errors": {
                "FunctionName": {"Ref": function},
                "Resource": {"Fn::Sub": f"${{{function}}}:live"},
                "ExecutedVersion": version,
            },
            "troubles": {"service": ALIASED[function], "function_version": version},
        }


def test_what_a_function_logs_is_counted_under_its_version(stack, log_line):
    for function in ALIASED:
        group = stack[function]["LoggingConfig"]["LogGroup"]
        (counted,) = [
            each
            for each in stack.of_type("AWS::Logs::MetricFilter").values()
            if each["LogGroupName"] == group
        ]
        (metric,) = counted["MetricTransformations"]
        assert (metric["MetricName"], metric["MetricNamespace"]) == ("Troubles", {"Ref": "AWS::StackName"})
        dimensions = {each["Key"]: each["Value"] for each in metric["Dimensions"]}
        assert dimensions == {"service": "$.service", "function_version": "$.function_version"}
        fields = set(re.findall(r"\$\.(\w+)", counted["FilterPattern"])) | dimensions.keys()
        assert fields <= log_line.keys()


def test_what_counts_against_a_new_version(template):
    """No model and no token are CRITICAL, bugs name their exception; that Telegram is slow is a WARNING."""
    said = {
        name: set(
            re.findall(r'\$\.(\w+ = "[^"]+")', template["Resources"][name]["Properties"]["FilterPattern"])
        )
        for name in ("WebhookTroubles", "RecognizerTroubles")
    }
    assert said == {
        "WebhookTroubles": {'level = "ERROR"', 'level = "CRITICAL"'},
        "RecognizerTroubles": {'level = "CRITICAL"', 'exception_name = "*"'},
    }


@pytest.fixture
def log_line():
    """Of a bug."""
    stream = io.StringIO()
    previous = logger.registered_handler.setStream(stream)
    try:
        raise KeyError
    except KeyError:
        logger.exception("a bug")
    finally:
        logger.registered_handler.setStream(previous)
    return json.loads(stream.getvalue())


def test_there_is_nothing_to_shift_where_all_comes_at_once(transformed, make_stack):
    resources = transformed["all at once"]
    assert not CODE_DEPLOY & {each["Type"] for each in resources.values()}
    assert not any("UpdatePolicy" in each for each in resources.values())
    stack = make_stack(Rollout="AllAtOnce")
    for name in (
        "RolloutRole",
        "NewWebhookAlarm",
        "NewRecognizerAlarm",
        "WebhookTroubles",
        "RecognizerTroubles",
    ):
        assert stack.is_made(name) is False
        assert make_stack().is_made(name) is True


def test_every_rollout_is_one_that_sam_knows(template, make_stack):
    offered = template["Parameters"]["Rollout"]["AllowedValues"]
    assert template["Mappings"]["Rollouts"].keys() == set(offered)
    gradual = {name for name, each in template["Mappings"]["Rollouts"].items() if each["IsGradual"] == "true"}
    assert gradual == {*offered} - {"AllAtOnce"}


@pytest.mark.parametrize(
    ("variant", "published"),
    [
        ("other code", set(ALIASED)),
        ("another layer", {"WebhookFunction"}),  # where most of its code is
        # Of parameters SAM sees nothing, so the next test is needed. What is in no version, such as a
        # reservation, must not publish one: Lambda would refuse.
        ("other parameters", set()),
    ],
)
def test_other_code_is_another_version(transformed, variant, published):
    before, after = versions(transformed["by and by"]), versions(transformed[variant])
    assert {name for name in ALIASED if before[name] != after[name]} == published


@pytest.mark.parametrize("function", ALIASED)
def test_another_value_of_a_parameter_is_another_version(template, made_by_sam, function):
    """CloudFormation replaces a version whose description changes: it names what the function depends on."""
    parameters = template["Parameters"].keys()
    properties = template["Resources"][function]["Properties"]
    versioned = {name: value for name, value in properties.items() if name not in NOT_VERSIONED}
    shared = template["Globals"]["Function"]
    description = made_by_sam[versions(made_by_sam)[function]]["Properties"]["Description"]
    assert names(description, parameters) == names([versioned, shared], parameters)


@pytest.mark.parametrize("function", ALIASED)
def test_a_version_s_description_is_never_too_long(template, function):
    longest = {}
    for name, parameter in template["Parameters"].items():
        bound = re.search(r"\{1,(\d+)\}\$$", parameter.get("AllowedPattern", ""))
        values = [len(str(value)) for value in parameter.get("AllowedValues", [])]
        longest[name] = parameter.get("MaxLength") or (int(bound[1]) if bound else max(values, default=10**6))
    text = template["Resources"][function]["Properties"]["VersionDescription"]["Fn::Sub"]
    filled = re.sub(r"\$\{(\w+)\}", lambda found: "x" * longest[found[1]], text)
    assert len(filled) <= 256


def test_old_versions_do_not_pile_up(made_by_sam):
    kept = {
        name: each.get("DeletionPolicy")
        for name, each in made_by_sam.items()
        if each["Type"] == "AWS::Lambda::Version"
    }
    assert len(kept) == len(ALIASED)
    assert set(kept.values()) == {"Delete"}
