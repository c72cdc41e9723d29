"""The commands of the pages: AWS knows them, and the stack has what they name."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session
from cfnlint.decode import cfn_yaml

from emotion_bot.delivery import COMES_BACK
from emotion_bot.once import REMEMBERED
from emotion_bot.records import ALBUM_KEPT
from functions.webhook.app import SECRET_LOOK, SECRET_MAX_AGE

ROOT = Path(__file__).parents[2]
PAGES = ["docs/models.md", "docs/operations.md"]
OF_THE_CLI = {"output", "query"}
"""Options that every command of the AWS CLI has."""
OF_SAM = "aws-sam-cli-managed-default"
"""The stack of SAM CLI's own bucket."""
PAGED = "max-items"
"""An option of those whose answers come in pages."""
ITS_OWN = {"s3"}
"""Commands that are no call of AWS's."""
CALLED = {"deploy": "codedeploy"}
"""Services that the AWS CLI calls otherwise."""


def text(page):
    return (ROOT / page).read_text("utf-8")


def commands(page):
    """Every call of the AWS CLI, as words, without what it is piped to."""
    code = "\n".join(
        re.findall(r"```sh\n(.*?)```", text(page), re.DOTALL) + re.findall(r"`(aws [^`]+)`", text(page))
    )
    code = code.replace("\\\n", " ")
    found = []
    for start in re.finditer(r"\baws (?=[a-z0-9-]+ [a-z-]+\b)", code):
        line = code[start.start() :].split("\n")[0]
        if line.count('"') % 2:  # it stands in another command: "$(aws ...)"
            line = line.removesuffix(')"')
        words = shlex.shlex(line, posix=True, punctuation_chars="|;")
        words.whitespace_split = True
        call = []
        for word in words:
            if word in {"|", ";", "}"} or word.startswith("#"):
                break
            call.append(word)
        found.append(call)
    return found


@cache
def operations(service):
    model = get_session().get_service_model(CALLED.get(service, service))
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


CALLS = [(page, call) for page in PAGES for call in commands(page) if call[1] not in ITS_OWN]


@pytest.mark.parametrize(
    ("page", "call"), CALLS, ids=lambda part: " ".join(part[1:3]) if isinstance(part, list) else part
)
def test_aws_knows_the_command_and_its_options(page, call):
    _, service, command, *words = call
    operation = operations(service)[command]
    shape = operation.input_shape
    given = options(words)
    if PAGED in given:
        assert get_session().get_paginator_model(CALLED.get(service, service)).get_paginator(operation.name)
    members = {xform_name(name, "-"): member for name, member in shape.members.items()} if shape else {}
    assert given.keys() - OF_THE_CLI - {PAGED} <= members.keys()
    needed = {xform_name(name, "-") for name in shape.required_members} if shape else set()
    assert needed <= given.keys()
    for name, values in given.items():
        if name in members:
            assert_taken(members[name], values)


def options(words):
    """Each option with the values that follow it."""
    found = {}
    for word in words:
        if word.startswith("--"):
            name = word.removeprefix("--")
            found[name] = ()
        else:
            found[name] += (word,)
    return found


def assert_taken(shape, values):
    """The values are of the shape: among its words, fields of its structure; none for a switch."""
    if shape.type_name == "list":
        shape = shape.member
        assert values
    else:
        assert len(values) == (shape.type_name != "boolean")
    for value in values:
        if getattr(shape, "enum", ()):
            assert value in shape.enum
        elif shape.type_name == "structure":
            assert {field.partition("=")[0] for field in value.split(",")} <= shape.members.keys()
        elif shape.type_name in {"integer", "long", "float", "double"}:
            float(value)


def test_there_are_the_commands_that_the_page_is_about():
    told = {" ".join(call[1:3]) for call in commands("docs/operations.md")}
    assert {"ssm put-parameter", "sqs start-message-move-task", "sqs list-message-move-tasks"} <= told


@pytest.fixture(scope="module")
def template():
    return cfn_yaml.load(str(ROOT / "infra/template.yaml"))


@pytest.mark.parametrize("page", PAGES)
def test_the_stack_has_what_the_page_names(page, template):
    outputs = set(re.findall(r"\$\(output (\w+)\)|OutputKey=='(\w+)'", text(page)))
    assert {name for pair in outputs for name in pair if name} <= template["Outputs"].keys()
    overridden = set(re.findall(r"--parameter-overrides (\w+)=", text(page)))
    assert overridden <= template["Parameters"].keys()
    prod = tomllib.loads(text("samconfig.toml"))["prod"]["global"]["parameters"]
    stack = prod["stack_name"]
    assert (
        stack in set(re.findall(r"--stack-name ([\w-]+)", text(page))) <= {stack, f"{stack}-delivery", OF_SAM}
    )


def test_the_page_names_the_secrets_where_they_are():
    page = "docs/operations.md"
    prod = tomllib.loads(text("samconfig.toml"))["prod"]["global"]["parameters"]
    named = set(re.findall(r"--name (/\S+)", text(page)))
    named |= set(re.findall(r"(/emotion-bot/\S+?)[ `]", text(page)))
    assert named == {each.partition("=")[2] for each in prod["parameter_overrides"] if "Parameter=" in each}


def test_jobs_are_moved_from_the_queue_where_they_are_parked(template):
    assert template["Outputs"]["DeadLetterQueueArn"]["Value"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    parked = template["Resources"]["JobQueue"]["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]
    assert parked == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}


def test_the_page_says_how_long_things_are_waited_for(template):
    mappings = template["Mappings"]
    attempts = mappings["Attempts"]["Job"]["Maximum"] - 1
    hidden = mappings["Size"]["litert"]["HiddenSeconds"]
    waits = [*COMES_BACK, *[hidden] * (attempts - 1 - len(COMES_BACK))]
    page = text("docs/operations.md")
    assert waits == [10, 60, 360, 360]
    assert f"later than {sum(waits) // 60} minutes" in page
    assert f"nothing within {REMEMBERED // 3600} hours" in page
    assert f"after {ALBUM_KEPT // 3600} hours" in page
    assert f"up to {SECRET_MAX_AGE // 60:d} minutes".replace("5", "five") in page
    assert SECRET_LOOK == 10
    days = template["Resources"]["DeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] // 86_400
    assert f"dead-letter queue for {days} days" in page
