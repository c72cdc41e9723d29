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


def test_dev_and_prod_are_apart(samconfig):
    assert samconfig.keys() == {"version", "dev", "prod"}
    assert (
        samconfig["dev"]["global"]["parameters"]["stack_name"]
        != samconfig["prod"]["global"]["parameters"]["stack_name"]
    )
    for name in ("BotTokenParameter", "WebhookSecretParameter"):
        assert overrides(samconfig["dev"])[name] != overrides(samconfig["prod"])[name]


@pytest.mark.parametrize("stage", ["dev", "prod"])
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
        "JobQueueUrl",
        "DeadLetterQueueUrl",
        "DeadLetterQueueArn",
    } == outputs.keys()
    assert (
        outputs["UploadModels"]["Value"]["Fn::Sub"] == "aws s3 sync models s3://${ModelBucket}/${ModelPrefix}"
    )
