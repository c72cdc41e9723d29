"""The template as the tools judge it, and the person who deploys it."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
SAM = BIN.parent / "infra" / "bin" / "sam"
"""`make test` installs it; without it these tests fail."""
TEMPLATE = "infra/template.yaml"
COMMANDS = {
    "sam validate": [SAM, "validate", "--template", TEMPLATE],
    "sam validate --lint": [SAM, "validate", "--lint", "--template", TEMPLATE],
    "cfn-lint": [BIN / "cfn-lint", TEMPLATE],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_template_is_valid(root, tmp_path, command):
    environment = os.environ | {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "HOME": str(tmp_path),
        "SAM_CLI_TELEMETRY": "0",
    }
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def samconfig(root):
    return tomllib.loads((root / "samconfig.toml").read_text())


def overrides(settings):
    return dict(each.split("=", 1) for each in settings["global"]["parameters"]["parameter_overrides"])


STAGES = ["dev", "staging", "prod"]


def test_each_stage_is_a_stack_and_a_bot_of_its_own(samconfig):
    assert samconfig.keys() == {"version", "default", *STAGES}
    settings = [samconfig[stage] for stage in STAGES]
    assert len({each["global"]["parameters"]["stack_name"] for each in settings}) == len(STAGES)
    for name in ("BotTokenParameter", "WebhookSecretParameter"):
        assert len({overrides(each)[name] for each in settings}) == len(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_everything_of_a_stage_is_tagged(samconfig, stage):
    """CloudFormation puts the tags of a stack on whatever it makes that takes any."""
    tags = dict(tag.split("=") for tag in samconfig[stage]["deploy"]["parameters"]["tags"])
    assert tags == {"application": "emotion-bot", "stage": stage}


def test_prod_lets_a_new_version_have_a_tenth_of_the_work_first(samconfig, make_stack):
    for stage in ("staging", "prod"):  # as in production, so that it is tried there
        assert make_stack(**overrides(samconfig[stage])).parameters["Rollout"].startswith("Canary10Percent")


@pytest.mark.parametrize("command", ["build", "validate"])
def test_sam_finds_the_template_where_nobody_names_an_environment(samconfig, root, command):
    assert (root / samconfig["default"][command]["parameters"]["template_file"]).is_file()
    assert "global" not in samconfig["default"]  # `sam deploy` alone must not deploy to anybody's stack


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_builds_and_deploys_without_a_question_left(samconfig, make_stack, root, stage):
    settings = samconfig[stage]
    make_stack(**overrides(settings))
    for command in ("build", "validate"):
        assert (root / settings[command]["parameters"]["template_file"]).is_file()
    # With a template named here, `sam deploy` would deploy what was not built.
    assert (
        "template_file"
        not in settings["deploy"]["parameters"].keys() | settings["global"]["parameters"].keys()
    )
    deploy = settings["deploy"]["parameters"]
    assert deploy["resolve_s3"] is True
    assert deploy["s3_prefix"] == settings["global"]["parameters"]["stack_name"]  # `sam delete` deletes zips
    assert deploy["resolve_image_repos"] is True
    assert deploy["capabilities"] == "CAPABILITY_IAM"


def test_prod_is_looked_at_before_it_changes(samconfig):
    assert samconfig["prod"]["deploy"]["parameters"]["confirm_changeset"] is True


def test_every_parameter_is_described_constrained_and_grouped(template):
    grouped = [
        name
        for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        for name in group["Parameters"]
    ]
    assert sorted(grouped) == sorted(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"].endswith("."), name
        assert {"AllowedValues", "AllowedPattern", "MinValue"} & parameter.keys(), name


def test_outputs_tell_what_one_needs_next(template):
    outputs = template["Outputs"]
    assert {
        "WebhookUrl",
        "ModelStore",
        "UploadModels",
        "DashboardUrl",
        "RecognizerLogGroup",
        "BotTokenParameter",
        "WebhookSecretParameter",
        "RecordsTableName",
        "JobQueueUrl",
        "DeadLetterQueueUrl",
        "DeadLetterQueueArn",
    } == outputs.keys()
    assert "is kept when the stack is deleted" in outputs["ModelStore"]["Description"]
    # Not `aws s3 sync`: that would overwrite what somebody promoted.
    assert outputs["UploadModels"]["Value"]["Fn::Sub"] == (
        ".venv/bin/python -m training publish --from models --store s3://${ModelBucket}/${ModelPrefix}"
    )
