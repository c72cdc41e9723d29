"""docs/operations.md: each alarm and widget has its row, what is typed exists (AWS's: test_commands)."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from infra.costs import stack
from infra.delivery import main as delivery
from infra.deploy.cli import main as deploy
from infra.models import main as models
from training.cli import cli as training

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")
TEMPLATE = stack.plain()
SAM = ROOT / ".venv/infra/bin/python"
OPTIONS = """
import importlib, json, sys
commands = {name: importlib.import_module(f"samcli.commands.{name}").cli for name in sys.argv[1:]}
print(json.dumps({
    name: [option for each in command.params for option in (*each.opts, *each.secondary_opts)]
    for name, command in commands.items()
}))
"""
OURS = {"infra.delivery": delivery, "infra.deploy": deploy, "infra.models": models, "training": training}
COMMANDS_OF_SAM = ("build", "delete", "deploy", "logs")


def section(title):
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def code():
    """Every line of the shell blocks and of code in the text, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    spans = re.findall(r"`((?:sam|make|\.venv/bin/python) [^`]+)`", PAGE)
    return "\n".join([*blocks, *spans]).replace("\\\n", " ").splitlines()


def calls(program):
    """What a program is called with, a list of words for each call."""
    parts = (part.strip() for line in code() for part in re.split(r"&&|\||;", line))
    found = (part.replace('"$(', "").replace(')"', "") for part in parts if part.startswith(f"{program} "))
    return [shlex.split(each, comments=True)[1:] for each in found]


def test_every_alarm_has_a_row_and_every_row_an_alarm():
    named = [row[0].strip("`") for row in rows(section("Alarms"))]
    assert sorted(named) == sorted(stack.of_type(TEMPLATE, "AWS::CloudWatch::Alarm"))


def test_every_row_says_what_it_means_what_people_see_and_what_to_do():
    for row in rows(section("Alarms")):
        assert len(row) == 4
        assert all(row)


def test_every_widget_is_explained_in_its_order():
    body, _ = TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    body = re.sub(r"\$\{!", "${", body)
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "0", body))["widgets"]
    titles = [widget["properties"]["title"] for widget in widgets]
    assert [row[0] for row in rows(section("Read the dashboard"))] == titles


def test_other_words_for_alarms_are_theirs():
    assert set(re.findall(r"`(\w+Alarm)`", PAGE)) <= stack.of_type(TEMPLATE, "AWS::CloudWatch::Alarm").keys()


@cache
def options_of_sam():
    if not SAM.exists():
        pytest.skip("SAM CLI is not installed here: make .venv/.infra")
    command = [SAM, "-c", OPTIONS, *COMMANDS_OF_SAM]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.parametrize("call", calls("sam"), ids=" ".join)
def test_sam_knows_the_command_and_its_options(call):
    name, *words = call
    assert {word for word in words if word.startswith("-")} <= set(options_of_sam()[name])


def test_what_sam_is_told_exists():
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))
    for call in calls("sam"):
        told = dict(pairwise(call))
        assert told.get("--config-env", "prod") in environments
        if "--parameter-overrides" in told:
            assert told["--parameter-overrides"].partition("=")[0] in TEMPLATE["Parameters"]
        if "--name" in told:
            assert TEMPLATE["Resources"][told["--name"]]["Type"] == "AWS::Serverless::Function"


def test_each_command_of_sam_is_one_of_those_that_are_looked_at():
    assert {call[0] for call in calls("sam")} <= set(COMMANDS_OF_SAM)


def test_make_knows_the_target_and_the_variable():
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")
    assert calls("make")
    for target, *variables in calls("make"):
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target
        assert all(f"$({variable.partition('=')[0]})" in makefile for variable in variables)


def test_our_own_commands_exist():
    ours = calls(".venv/bin/python")
    assert ours
    for _, module, command, *words in ours:
        known = OURS[module].commands[command]
        assert {word for word in words if word.startswith("-")} <= {
            o for each in known.params for o in each.opts
        }


def test_outputs_exist():
    named = set(re.findall(r"\boutput ([A-Z]\w+)", PAGE))
    assert {"DeadLetterQueueArn", "DashboardUrl"} <= named <= TEMPLATE["Outputs"].keys()


def test_parameters_in_the_text_exist():
    said = {
        "MaximumConcurrency",
        "ReserveConcurrency",
        "AlarmEmail",
        "MonthlyBudget",
        "Rollout",
        "RegistrationRevision",
    }
    assert all(f"`{name}" in PAGE for name in said)
    assert said <= TEMPLATE["Parameters"].keys()


@pytest.mark.parametrize("page", ["operations.md", "costs.md"])
def test_links_lead_somewhere(page):
    text = (ROOT / "docs" / page).read_text("utf-8")
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]*))?\)", text):
        file = ROOT / "docs" / (target or page)
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), f"{target}#{anchor}"


@cache
def anchors(file):
    """GitHub's, of each heading."""
    titles = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
