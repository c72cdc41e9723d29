"""The dashboard: what it shows is there, it hides nothing, and it can be read."""

import json
import re
from itertools import combinations, pairwise

import pytest

from tests.infrastructure.metrics import code_counts

COLUMNS = 24
AWS_METRICS = {
    "AWS/Lambda": {"Errors", "Throttles", "Duration", "Invocations", "ConcurrentExecutions"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
}
FREE_METRICS = 50
"""Of a dashboard that costs nothing; an account has three of these (November 2026)."""


@pytest.fixture(scope="module")
def body(stack):
    """As CloudWatch gets it, but that references stand as they are."""
    text, values = stack["Dashboard"]["DashboardBody"]["Fn::Sub"]
    filled = {**values, **stack.parameters}

    def fill(found):
        name = found[1]
        return "${" + name[1:] + "}" if name.startswith("!") else str(filled.get(name, f"<{name}>"))

    return json.loads(re.sub(r"[$]{([^}]+)}", fill, text))


@pytest.fixture(scope="module")
def widgets(body):
    return body["widgets"]


def shown(widgets):
    """Every (namespace, name, dimension's value) of the graphs, and what SEARCH looks for."""
    for widget in widgets:
        space, name, value = None, None, None
        for row in widget["properties"].get("metrics", []):
            if isinstance(row[0], dict):
                found = re.match(
                    r"SEARCH[(]'{\"(.+)\",service,model} MetricName=\"(.+)\"'", row[0]["expression"]
                )
                if found:
                    yield found[1], found[2], "recognizer"
                continue
            space, name, _, value = row[:4]
            yield space, name, value


def test_every_widget_asks_a_question_that_a_person_has(widgets):
    titles = [widget["properties"]["title"] for widget in widgets]
    assert len(set(titles)) == len(titles) <= 12
    assert all("?" in title for title in titles)


def test_each_question_has_a_row_that_says_what_is_well(widgets, root):
    page = (root / "docs" / "operations.md").read_text()
    asked = {widget["properties"]["title"] for widget in widgets}
    assert set(re.findall(r"^[|] ([^|]+[?][^|]*) [|]", page, re.MULTILINE)) & asked == asked


def test_it_begins_with_all_alarms_that_last(widgets, stack):
    first = widgets[0]
    assert first["type"] == "alarm"
    assert (first["x"], first["y"]) == (0, 0)
    lasting = {name for name in stack.of_type("AWS::CloudWatch::Alarm") if not name.startswith("New")}
    assert set(first["properties"]["alarms"]) == {f"<{name}.Arn>" for name in lasting}


def test_nothing_overlaps_and_no_row_has_a_hole(widgets):
    cells = [
        {(widget["x"] + x, widget["y"] + y) for x in range(widget["width"]) for y in range(widget["height"])}
        for widget in widgets
    ]
    assert not any(one & other for one, other in combinations(cells, 2))
    taken = set().union(*cells)
    assert len(taken) == COLUMNS * (max(y for _, y in taken) + 1)
    assert max(x for x, _ in taken) == COLUMNS - 1


def test_it_reads_in_the_order_in_which_it_is_written(widgets):
    places = [(widget["y"], widget["x"]) for widget in widgets]
    assert all(one < next_ for one, next_ in pairwise(places))


def test_own_metrics_are_shown_under_the_name_that_the_code_counts_them_by(widgets, root):
    own = {(service, name) for space, name, service in shown(widgets) if space == "<AWS::StackName>"}
    assert {(service, name) for service, name in own if not code_counts(root, service, name)} == set()
    asked = "AnswerMilliseconds GivenUp PhotoAnswered PhotoFailed Photos TelegramThrottled Unsure"
    assert {name for _, name in own} >= set(asked.split())


def test_aws_metrics_are_of_things_that_are_there(widgets, stack):
    for space, name, value in shown(widgets):
        if space != "<AWS::StackName>":
            assert name in AWS_METRICS[space]
            thing = value.strip("<>").removesuffix(".QueueName")
            assert thing in stack.resources


def test_every_expression_names_what_its_graph_has(widgets):
    for widget in widgets:
        rows = widget["properties"].get("metrics", [])
        ids = {row[-1].get("id") for row in rows if isinstance(row[-1], dict)}
        for row in rows:
            expression = row[0]["expression"] if isinstance(row[0], dict) else ""
            if "SEARCH" not in expression:
                assert set(re.findall(r"\b[a-z]+\b", expression)) <= ids


def test_waiting_has_two_figures(widgets):
    (rows,) = [
        widget["properties"]["metrics"] for widget in widgets if "wait for" in widget["properties"]["title"]
    ]
    assert [row[-1]["stat"] for row in rows] == ["p50", "p99"]


def test_the_newest_errors_of_all_functions_are_read(widgets, stack):
    (query,) = [widget["properties"]["query"] for widget in widgets if widget["type"] == "log"]
    for group in stack.of_type("AWS::Logs::LogGroup"):
        assert f"SOURCE '<{group}>'" in query


def test_it_costs_nothing(widgets):
    assert len(list(shown(widgets))) <= FREE_METRICS


@pytest.mark.parametrize(("architecture", "price"), [("x86_64", "0.0000166667"), ("arm64", "0.0000133334")])
def test_the_cost_is_that_of_the_processor(make_stack, architecture, price):
    stack = make_stack(Architecture=architecture)
    _, values = stack["Dashboard"]["DashboardBody"]["Fn::Sub"]
    assert values["Price"] == price
    assert values["Megabytes"] == stack["RecognizerFunction"]["MemorySize"]
