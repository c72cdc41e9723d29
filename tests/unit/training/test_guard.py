"""What is published: bundles that answer, and are no worse than what is deployed."""

from __future__ import annotations

import tempfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.store import open_bundle
from emotion_bot.store.release import promote, publish
from tests.unit.store import bundles
from training import guard
from training.guard import check_answers, check_no_worse, worse
from training.runs import TrainingError


def figures(accuracy: float, rows: int = 2155) -> dict:
    return {"accuracy": accuracy, "rows": rows}


@pytest.mark.parametrize(
    ("ours", "theirs", "is_worse"),
    [
        # 2155 rows, 83.2 against 85 %: z = 1.616; 83.1 %: z = 1.703.
        (figures(0.832), figures(0.85), False),
        (figures(0.831), figures(0.85), True),
        (figures(0.85), figures(0.831), False),
        # Of a hundred faces chance may take 8 points away, not 10.
        (figures(0.77, 100), figures(0.85, 100), False),
        (figures(0.75, 100), figures(0.85, 100), True),
        (figures(1.0), figures(1.0), False),
        (figures(0.0), figures(0.0), False),
        (figures(0.0), figures(1.0), True),
    ],
)
def test_worse_is_what_chance_does_not_explain(ours, theirs, is_worse):
    assert worse(ours, theirs) is is_worse


SHARES, COUNTS = st.floats(0, 1), st.integers(1, 10**6)


@given(SHARES, SHARES, COUNTS, COUNTS)
def test_of_two_at_most_one_is_worse_and_never_the_better(first, second, rows, others):
    ours, theirs = figures(first, rows), figures(second, others)
    if worse(ours, theirs):
        assert first < second
        assert not worse(theirs, ours)


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Version 1 is right about 85 % of PublicTest, and deployed."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    address = str(tmp_path / "store")
    publish(address, bundles.make(tmp_path / "1", "1", metrics={"public_test": figures(0.85)}))
    promote(address, "1")
    return address


def exported(tmp_path, accuracy: float):
    return bundles.make(tmp_path / "2", "2", metrics={"public_test": figures(accuracy)})


@pytest.mark.parametrize("accuracy", [0.84, 0.85, 0.9])
def test_what_is_as_good_may_be_published(store, tmp_path, accuracy):
    check_no_worse(store, exported(tmp_path, accuracy))


def test_what_is_worse_is_refused_with_both_figures_and_a_way_out(store, tmp_path):
    with pytest.raises(TrainingError) as refused:
        check_no_worse(store, exported(tmp_path, 0.8))
    assert str(refused.value) == (
        "Version 2 (litert) is right about 80.0% of PublicTest's 2,155 faces, version 1, deployed in "
        f"{store}, about 85.0% of PublicTest's 2,155 faces: worse by more than chance explains. "
        "Nothing was published. Train a better one, or publish it all the same: --force."
    )


def test_one_engine_that_is_worse_is_enough(store, tmp_path):
    made = exported(tmp_path, 0.85)
    made["tensorflow"] = bundles.make_one(
        tmp_path / "bad", "2", "tensorflow", metrics={"public_test": figures(0.8)}
    )
    with pytest.raises(TrainingError, match=r"Version 2 \(tensorflow\) is right about 80.0%"):
        check_no_worse(store, made)


def test_where_nothing_is_deployed_there_is_nothing_to_compare_with(tmp_path):
    check_no_worse(str(tmp_path / "new"), exported(tmp_path, 0.1))


def test_a_version_without_figures_is_no_measure(tmp_path, store):
    publish(store, bundles.make(tmp_path / "0", "0"))
    promote(store, "0")
    check_no_worse(store, exported(tmp_path, 0.1))


def test_an_export_without_figures_is_refused(store, tmp_path):
    with pytest.raises(TrainingError, match="has no figures; make it again: python -m training export"):
        check_no_worse(store, bundles.make(tmp_path / "2", "2"))


def test_what_is_deployed_and_spoilt_is_told(store, tmp_path):
    (tmp_path / "store" / "current.json").write_text("{")
    with pytest.raises(TrainingError, match=r"cannot be compared with: .*malformed.* all the same: --force"):
        check_no_worse(store, exported(tmp_path, 0.9))


def test_the_released_bundle_answers(request):
    check_answers({"litert": open_bundle(str(request.config.rootpath / "models"))})


def test_a_bundle_that_does_not_load_is_refused(tmp_path):
    with pytest.raises(
        TrainingError, match=r"The litert bundle in .* does not load \(.+\); make it again: .* export"
    ):
        check_answers(bundles.make(tmp_path, "1"))


class Silent:
    """A recognizer of any scores."""

    def __init__(self, scores):
        self.scores = np.array(scores, np.float32)
        self.detector = self.classifier = self.manifest = self
        self.labels = ("happy", "sad", "neutral")

    def detect(self, rgb):
        return []

    def predict(self, crops):
        return self.scores


@pytest.mark.parametrize("scores", [[[np.nan] * 3], [[0.5, 0.5]], [[0.9, 0.9, 0.9]], [[2.0, -1.0, 0.0]]])
def test_an_answer_that_is_no_probabilities_is_refused(tmp_path, monkeypatch, scores):
    monkeypatch.setattr(guard.Recognizer, "load", lambda folder: Silent(scores))
    with pytest.raises(TrainingError, match="which are no probabilities of happy, sad, neutral"):
        check_answers({"litert": tmp_path})


def test_a_missing_engine_is_not_taken_for_a_broken_bundle(tmp_path, monkeypatch):
    def missing(folder):
        raise ModuleNotFoundError(name="ai_edge_litert")

    monkeypatch.setattr(guard.Recognizer, "load", missing)
    with pytest.raises(ModuleNotFoundError):
        check_answers({"litert": tmp_path})
