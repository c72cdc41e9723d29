"""The template's parameters as questions, and what the answers cost."""

from __future__ import annotations

import re

import pytest

from infra.deploy import costs
from infra.deploy.asking import RESERVED_BESIDES
from infra.deploy.questions import Question, broken_rules, load, overrides, questions

TEMPLATE = load()


def question(name):
    return Question(name, "", TEMPLATE["Parameters"][name])


def test_every_parameter_is_explained_and_its_default_is_fit():
    for asked in questions(TEMPLATE):
        assert asked.description, asked.name
        assert asked.fault(asked.default) is None, asked.name


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("MaximumConcurrency", "1", "a number from 2 to 1000"),
        ("MaximumConcurrency", "1001", "a number from 2 to 1000"),
        ("MaximumConcurrency", "many", "a number from 2 to 1000"),
        ("MaximumConcurrency", "nan", "a number from 2 to 1000"),
        ("Engine", "torch", "one of litert, tensorflow"),
        ("AlarmEmail", "me", "an e-mail address, or nothing"),
        (
            "TelegramApiUrl",
            "https://api.telegram.org/",
            "scheme and host, with no path and no slash at the end",
        ),
    ],
)
def test_what_cloudformation_would_refuse(name, value, fault):
    assert question(name).fault(value) == fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MaximumConcurrency", "2"),
        ("AlarmEmail", ""),
        ("AlarmEmail", "me@example.org"),
        ("LogRetentionDays", "14"),
    ],
)
def test_what_it_takes(name, value):
    assert question(name).fault(value) is None


def test_rules_look_at_answers_together():
    assert broken_rules(TEMPLATE, {}) == []
    (rule,) = broken_rules(TEMPLATE, {"Engine": "tensorflow", "Architecture": "arm64"})
    assert rule.startswith("tensorflow-cpu has no build for arm64")


def test_every_function_of_the_rules_is_read():
    """An unknown one raises."""
    for engine in question("Engine").choices:
        for architecture in question("Architecture").choices:
            broken_rules(TEMPLATE, {"Engine": engine, "Architecture": architecture})


def test_the_quota_is_what_the_template_reserves():
    webhook = TEMPLATE["Resources"]["WebhookFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert webhook["Fn::If"][1] + 100 == RESERVED_BESIDES


def test_empty_values_are_quoted():
    assert overrides({"A": "", "B": 'x "y"'}) == ['A=""', 'B="x \\"y\\""']


@pytest.mark.parametrize(
    ("engine", "architecture"), [("litert", "x86_64"), ("litert", "arm64"), ("tensorflow", "x86_64")]
)
def test_the_page_of_costs_has_every_bot_that_can_be_deployed(engine, architecture):
    assert re.fullmatch(
        r"It costs about \$[\d.]+ for 1,000 photos, and \$[\d.]+ in a month in which nobody writes .*",
        costs.sentence(engine, architecture),
    )


def test_a_page_without_the_bot_is_named_all_the_same(tmp_path):
    page = tmp_path / "costs.md"
    page.write_text("# Costs\n")

    assert costs.sentence("litert", "x86_64", page) == "docs/costs.md says what it costs."
