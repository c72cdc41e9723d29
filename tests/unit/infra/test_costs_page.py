"""docs/costs.md: its tables follow the template and what was measured; the command line does what it says."""

from __future__ import annotations

import json
import math
import re
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.costs import cli, growth, page, stack
from infra.costs.limits import Account, Function
from infra.costs.prices import PRICES, bill
from infra.costs.scenarios import (
    Outcome,
    lognormal,
    play,
    quantile,
    scenario,
    traced,
    used,
    waited,
    worlds,
)  # fmt: skip
from infra.costs.simulation import Photo, Run
from infra.costs.use import Bot, of_photos, times

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "costs.md").read_text("utf-8")
MEASURED = json.loads((DOCS / "costs.json").read_text("utf-8"))
BENCHMARKS = json.loads((DOCS / "benchmarks.json").read_text("utf-8"))
AGAIN = "the page is older than what it is made of: make costs"


@pytest.fixture(scope="module")
def parts():
    return stack.read()


@pytest.fixture(scope="module")
def bots():
    took = {engine: times(engine, MEASURED, BENCHMARKS) for engine in MEASURED["use"]}
    return [Bot(engine, machine, took[engine], MEASURED) for engine, machine in page.KINDS]


def test_the_page_is_up_to_date(parts, bots):
    assert page.summary(bots, parts) in PAGE, AGAIN
    assert page.months(bots, parts) in PAGE, AGAIN
    assert page.levers(bots) in PAGE, AGAIN
    assert page.prices() in PAGE, AGAIN
    assert growth.limits(bots[0].took, MEASURED, parts) in PAGE, AGAIN
    assert growth.starts(MEASURED) in PAGE, AGAIN


def test_it_was_measured_with_the_templates_memory(parts):
    assert MEASURED["memory"] == parts.memory, "measure again: make costs ARGS=measure"


def test_every_price_stands_on_the_page():
    assert all(f"| {price.what} " in PAGE for price in PRICES.values())


def test_the_page_does_not_scroll_sideways():
    prose = [line for line in PAGE.splitlines() if not line.startswith("|")]
    assert all(len(line) <= 120 for line in prose)
    assert not re.search(r"\$[a-z_]+", PAGE), "a placeholder was left"


def test_the_sums_are_those_of_their_lines(bots):
    ours = bill(of_photos(1000, bots[0]))
    table = page.items({"ours": ours})
    assert f"**{page.dollars(sum(ours.values()))}**" in table
    assert "KMS" not in table


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "$0"), (0.00031, "$0.0003"), (0.0321, "$0.032"), (5.291, "$5.29"), (1234.5, "$1,234.50")],
)
def test_dollars(amount, text):
    assert page.dollars(amount) == text


def test_each_world_lifts_what_stopped_the_one_before(parts):
    changes = [world.changes for world in worlds(parts)]
    assert changes[0] == {}
    assert all(before.items() < after.items() for before, after in pairwise(changes))


def test_an_outcome_counts_what_a_run_used(parts, bots):
    run, found = play(20, bots[0].took, parts, MEASURED, seconds=20)
    assert found.answered == pytest.approx(20, rel=0.2)
    assert found.unanswered == 0
    warm = sum(bill(of_photos(len(run.photos), bots[0])).values()) * 3600 / 20
    assert found.dollars == pytest.approx(warm, rel=0.5)


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_a_scenario_has_the_templates_limits(parts, bots, engine):
    asked = scenario(10, bots[0].took, parts, engine)
    assert (asked.attempts, asked.hidden) == (parts.deliveries - 1, parts.hidden[engine]) == (
        5, {"litert": 360, "tensorflow": 720}[engine]
    )  # fmt: skip
    assert asked.maximum_concurrency == parts.concurrency


def test_what_a_run_used_is_added_up(parts, bots):
    webhook, recognizer = (Function(Account(9), 1.0, (9, 1.0)) for _ in range(2))
    webhook.invocations, webhook.spent, recognizer.invocations, recognizer.spent = 4, 2.0, 2, 3.0
    photos = [Photo(0.0, attempts=1, answered=1.0), Photo(0.0, 2, 2.0), Photo(0.0, 1, 1.0), Photo(0.0, 1)]
    run = Run(scenario(10, bots[0].took, parts), webhook, recognizer, photos, batches=2)
    measured = json.loads(json.dumps(MEASURED))
    measured["use"]["litert"] |= {"sent": 1e9}
    measured["use"]["litert"]["webhook"]["logged"] = 1e9
    measured["use"]["litert"]["recognizer"]["logged"] = 2e9
    found = used(run, measured, {"webhook": 512, "litert": 2048}, "litert")
    assert found == {
        "compute_x86_64": 2.0 / 2 + 3.0 * 2, "requests": 6, "queue": 4 + 2 * 2, "fairness": 4 + 2 * 2,
        "writes": 4 * 1 + 5 * 2, "reads": 4 / 2, "logs": 4 + 5 * 2, "traces": 6, "transfer": 3,
    }  # fmt: skip


def test_what_is_not_answered_waits_longer_than_the_run():
    lost = Outcome(1000, 0, 1, 0, math.inf, math.inf, 1, 1, 1, 0, 0)
    assert growth.cells(lost)[2:4] == ("longer", "longer")
    assert quantile([], 0.5) == math.inf
    assert quantile([1, 2, 3], 0.5) == 2
    assert waited(Photo(sent=3.0)) == math.inf
    assert waited(Photo(sent=3.0, answered=4.5)) == 1.5


def test_of_many_traces_few_are_kept():
    assert traced(50, seconds=120) == 50
    assert traced(1120, seconds=120) == 120 + 0.05 * 1000


def test_a_log_normal_has_its_median():
    class Middle:
        def gauss(self, mean, deviation):
            return mean

    assert lognormal(Middle(), 0.04, 0.3) == 0.04


class TestCommandLine:
    def test_a_stretch_is_played_and_told(self):
        asked = ["simulate", "--photos-per-second", "5", "--seconds", "10", "--messages-per-second", "0"]
        said = CliRunner().invoke(cli.main, asked)
        assert said.exit_code == 0, said.output
        assert "answers/s" in said.output
        assert "0 given up" in said.output
        assert CliRunner().invoke(cli.main, asked).output == said.output

    def test_without_figures_it_says_what_to_run(self, monkeypatch, tmp_path):
        monkeypatch.setattr(cli, "DOCS", tmp_path)
        said = CliRunner().invoke(cli.main, ["simulate"])
        assert said.exit_code == 1
        assert said.output == "Error: Nothing is measured yet; first run: make costs ARGS=measure\n"
