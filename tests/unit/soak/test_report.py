"""The page: made of the figures that lie beside it, and honest about what was not shown."""

import copy
import json
from pathlib import Path

import pytest

from soak import findings, report
from soak.experiments import EXPERIMENTS

DOCS = Path(__file__).parents[3] / "docs"
FIGURES = json.loads((DOCS / "robustness.json").read_bytes())


def test_the_page_is_what_the_figures_make():
    assert (DOCS / "robustness.md").read_text() == report.page(FIGURES)


def test_every_experiment_is_on_it():
    assert list(EXPERIMENTS) == list(FIGURES) == list(findings.TITLES) == list(findings.MUSTS)
    for title in findings.TITLES.values():
        assert f"\n## {title}\n" in report.page(FIGURES)


def test_each_shows_what_it_must():
    assert [findings.verdict(figures) for figures in FIGURES.values()] == ["✓"] * len(EXPERIMENTS)


@pytest.mark.parametrize(("change", "verdict"), [({"in_time": False}, "slow"), ({"shown": False}, "✗")])
def test_one_that_does_not_is_marked(change, verdict):
    figures = copy.deepcopy(FIGURES)
    figures["poison"] |= change
    assert f"| {verdict} |" in report.summary(figures)
    assert findings.line("poison", figures["poison"]).startswith(verdict)


def test_a_second_answer_without_a_cause_is_told():
    figures = copy.deepcopy(FIGURES["burst"])
    assert "unexplained" not in findings.found("burst", figures)
    figures["twice"]["unexplained"] = 3
    assert "3 unexplained" in findings.found("burst", figures)


def test_without_one_of_them_there_is_no_page():
    assert report.is_whole(FIGURES)
    assert not report.is_whole({name: FIGURES[name] for name in list(FIGURES)[1:]})
