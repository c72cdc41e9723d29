"""A deployment by a machine: what is kept before it, and the way back to that."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws

from infra import delivery
from infra.delivery import Delivery, unreleased
from infra.deploy.aws import Account
from infra.deploy.environment import Environment
from infra.deploy.refusal import Refusal
from infra.deploy.sam import SamFailed

REGION = "eu-central-1"
MADE = {
    "ExecutorRole": "arn:aws:iam::123456789012:role/delivery/executor",
    "PermissionsBoundary": "arn:aws:iam::123456789012:policy/delivery/boundary",
    "ArtefactBucket": "artefacts",
    "ImageRepository": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/images",
}
PARAMETERS = ("Rollout", "PermissionsBoundary", "AlarmEmail", "MaximumConcurrency", "ModelRevision")


def template(word):
    """A stack of which the code is a word."""
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String", "Default": ""} for name in PARAMETERS},
            "Resources": {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "w", "Value": word}]}}
            },
            "Outputs": {"ModelStore": {"Value": "models"}},
        }
    )


class Sam:
    """Deploys what it is given, as the real one would, unless it `fails`; or only notes it."""

    def __init__(self, cloudformation):
        self._cloudformation = cloudformation
        self.asked = []
        self.fails = False
        self.works = True

    def __call__(self, *arguments, region):
        command, option, config = arguments
        assert (command, option, region) == ("deploy", "--config-file", REGION)
        asked = json.loads(Path(config).read_text())["default"]["deploy"]["parameters"]
        self.asked.append(asked)
        if self.fails:
            raise SamFailed("an alarm rose")
        if not self.works:
            return
        names = {each["StackName"] for each in self._cloudformation.describe_stacks()["Stacks"]}
        deploy = self._cloudformation.update_stack if "bot" in names else self._cloudformation.create_stack
        deploy(
            StackName="bot",
            TemplateBody=Path(asked["template_file"]).read_text(),
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in asked["parameter_overrides"].items()
            ],
        )


CONFIG = """
[prod.global.parameters]
stack_name = "bot"
parameter_overrides = ["Rollout=Canary"]

[prod.deploy.parameters]
tags = ["application=bot"]
"""


@pytest.fixture
def environment(tmp_path):
    """`prod`, with overrides."""
    file = tmp_path / "samconfig.toml"
    file.write_text(CONFIG)
    return lambda **overrides: Environment(name="prod", stack="bot", overrides=overrides, file=file)


@pytest.fixture(scope="module")
def session():
    """One for all: it remembers what AWS's services are like."""
    return boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)


@pytest.fixture
def account(session):
    with mock_aws():
        yield Account("123456789012", REGION, session)


@pytest.fixture
def live(account):
    """Tells what is deployed: its word and its parameters."""
    cloudformation = account.session.client("cloudformation")

    def told():
        (stack,) = cloudformation.describe_stacks(StackName="bot")["Stacks"]
        body = cloudformation.get_template(StackName="bot")["TemplateBody"]
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
        return body["Resources"]["Queue"]["Properties"]["Tags"][0]["Value"], parameters

    return told


@pytest.fixture
def made(account):
    """What infra/delivery.yaml makes."""
    outputs = {name: {"Value": value} for name, value in MADE.items()}
    body = {"Resources": {"Artefacts": {"Type": "AWS::SQS::Queue"}}, "Outputs": outputs}
    account.session.client("cloudformation").create_stack(
        StackName="bot-delivery", TemplateBody=json.dumps(body)
    )
    account.session.client("s3").create_bucket(
        Bucket=MADE["ArtefactBucket"], CreateBucketConfiguration={"LocationConstraint": REGION}
    )


class Clock:
    """A second later each time that it is asked."""

    def __init__(self, datetime):
        self._datetime, self._second = datetime, 0

    def now(self, zone):
        self._second += 1
        return self._datetime(2026, 11, 23, 6, 0, self._second, tzinfo=zone)


@pytest.fixture
def deploy(account, made, environment, monkeypatch, tmp_path):
    """Deploys a word with overrides, through a SAM that is `deploy.sam`."""
    monkeypatch.setattr(delivery, "datetime", Clock(delivery.datetime))
    sam = Sam(account.session.client("cloudformation"))

    def deployed(word, **overrides):
        (tmp_path / "template.yaml").write_text(template(word))
        deployed.delivery = Delivery(account, environment(**overrides), sam)
        return deployed.delivery.deploy(str(tmp_path / "template.yaml"))

    deployed.sam = sam
    return deployed


def test_what_was_made_for_it_is_used_and_nobody_is_asked(deploy, live):
    deploy("first", Rollout="Canary")
    (asked,) = deploy.sam.asked
    told = {
        "role_arn": MADE["ExecutorRole"],
        "s3_bucket": MADE["ArtefactBucket"],
        "image_repository": MADE["ImageRepository"],
        "stack_name": "bot",
        "tags": ["application=bot"],
        "confirm_changeset": False,
        "fail_on_empty_changeset": False,
    }
    assert {name: asked[name] for name in told} == told
    word, parameters = live()
    assert word == "first"
    assert parameters["PermissionsBoundary"] == MADE["PermissionsBoundary"]
    assert parameters["Rollout"] == "Canary"


def test_of_a_new_stack_nothing_is_kept(deploy):
    assert deploy("first") is None
    assert deploy.delivery.kept() == []
    with pytest.raises(Refusal, match="Nothing was kept"):
        deploy.delivery.back(None)


def test_back_is_what_was_there_with_its_own_parameters_at_once(deploy, live):
    deploy("first", Rollout="Canary", MaximumConcurrency="2", AlarmEmail="")
    kept = deploy("second", Rollout="Canary", MaximumConcurrency="9", AlarmEmail="a b@example.org")
    assert deploy.delivery.back(None) == kept == "2026-11-23T06-00-01"
    word, parameters = live()
    assert word == "first"
    assert parameters["MaximumConcurrency"] == "2"
    assert parameters["AlarmEmail"] == ""
    assert parameters["Rollout"] == "AllAtOnce"


def test_the_next_deployment_rolls_out_as_its_environment_says(deploy, live):
    deploy("first", Rollout="Canary")
    deploy("second", Rollout="Canary")
    deploy.delivery.back(None)
    deploy("third", Rollout="Canary")
    assert live()[1]["Rollout"] == "Canary"


def test_a_deployment_that_changed_nothing_is_no_step_back(deploy, live):
    deploy("first")
    deploy("second")
    deploy("second")
    deploy("second")
    deploy.delivery.back(None)
    assert live()[0] == "first"


def test_a_model_that_was_taken_meanwhile_is_no_step_back_and_stays(deploy, live):
    deploy("first", ModelRevision="1")
    deploy("second", ModelRevision="1")
    deploy("second", ModelRevision="1")
    deploy("second", ModelRevision="2")  # as `python -m infra.models take` does
    deploy.delivery.back(None)
    word, parameters = live()
    assert (word, parameters["ModelRevision"]) == ("first", "2")


def test_one_goes_back_further_by_name(deploy, live):
    deploy("first")
    first = deploy("second")
    deploy("third")
    assert deploy.delivery.kept()[-1] == first
    deploy.delivery.back(first)
    assert live()[0] == "first"


def test_what_was_not_kept_is_refused_in_a_sentence(deploy):
    deploy("first")
    with pytest.raises(
        Refusal, match=r"Nothing was kept under 2025; see what was: python -m infra\.delivery kept"
    ):
        deploy.delivery.back("2025")


def test_without_its_stack_it_says_what_to_do(account, environment):
    with pytest.raises(Refusal, match=r"no stack bot-delivery; make it as docs/delivery\.md says"):
        Delivery(account, environment())


def test_nothing_goes_back_that_is_not_deployed(account, made, environment):
    with pytest.raises(Refusal, match="not deployed"):
        Delivery(account, environment()).back(None)
    with pytest.raises(Refusal, match="not deployed"):
        Delivery(account, environment()).store()


def test_a_template_is_told_no_parameter_that_it_does_not_know(deploy, account):
    """CloudFormation would refuse it."""
    queue = {"Type": "AWS::SQS::Queue"}
    old = {"Parameters": {"Word": {"Type": "String"}}, "Resources": {"Queue": queue}}
    account.session.client("cloudformation").create_stack(
        StackName="bot",
        TemplateBody=json.dumps(old),
        Parameters=[{"ParameterKey": "Word", "ParameterValue": "x"}],
    )
    deploy.sam.works = False
    kept = deploy("new", Rollout="Canary")
    deploy.delivery.back(kept)
    assert deploy.sam.asked[-1]["parameter_overrides"] == {"Word": "x"}


@pytest.fixture
def run(deploy, account, environment, monkeypatch, tmp_path):
    """The commands, with a samconfig of their own."""
    monkeypatch.setattr(delivery.environment, "CONFIG", environment().file)
    monkeypatch.setattr(delivery.aws, "sign_in", lambda: account)
    monkeypatch.setattr(Delivery.__init__, "__defaults__", (deploy.sam,))
    uploaded = []
    monkeypatch.setattr(delivery.models, "upload", lambda store: uploaded.append(store) or "Uploaded.")
    monkeypatch.setattr(delivery, "_versions", lambda store: {"1.0"} if uploaded else set())

    def invoke(*arguments, word="word"):
        (tmp_path / "built.yaml").write_text(template(word))
        options = ["--template", str(tmp_path / "built.yaml")] if arguments[0] == "deploy" else []
        return CliRunner().invoke(delivery.main, [*arguments, *options])

    invoke.uploaded = uploaded
    invoke.sam = deploy.sam
    return invoke


def test_a_new_stack_gets_a_model_and_an_old_one_keeps_its_own(run):
    assert run("deploy", "--env", "prod").output == "Uploaded.\nDeployed to bot; it is new.\n"
    assert run("deploy", "--env", "prod", word="next").output.startswith(
        "Deployed to bot; what was there is kept: "
    )
    assert run.uploaded == ["models"]


def test_a_failed_deployment_is_one_sentence_and_an_exit_status(run):
    run.sam.fails = True
    told = run("deploy", "--env", "prod")
    assert told.exit_code == 1
    assert told.output == "Error: It failed, and the bot that was there goes on: an alarm rose.\n"


def test_the_commands_say_what_they_did(run):
    run("deploy", "--env", "prod", word="first")
    run("deploy", "--env", "prod", word="second")
    kept = run("kept", "--env", "prod").output.split()
    assert len(kept) == 1
    assert run("back", "--env", "prod", "--to", "").output == f"bot is back at what was kept at {kept[0]}.\n"
    assert run("store", "--env", "prod").output == "models\n"
    told = run("deploy", "--env", "nowhere")
    assert told.exit_code == 1
    assert "no environment nowhere" in told.output


def test_a_model_is_newly_released_only_where_it_never_was(tmp_path):
    ours = Path(__file__).parents[3] / "models"
    version = json.loads((ours / "current.json").read_text())["version"]
    assert unreleased(str(tmp_path)) == version
    (tmp_path / version).mkdir()
    (tmp_path / version / "litert.zip").touch()  # published, but not deployed: somebody went back from it
    assert unreleased(str(tmp_path)) is None
