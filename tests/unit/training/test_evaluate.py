from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.training import csvs
from training.data import BALLOT, Faces, read
from training.degrade import CONDITIONS
from training.evaluate import Bin, calibration_error, evaluate, reliability, table


class AlwaysRight:
    """A classifier that knows the answers by heart, and of some faces is told wrong ones."""

    labels = ("happy", "sad", "neutral")

    def __init__(self, faces: Faces, wrong: dict[int, int], confidence: float = 0.8) -> None:
        answers = faces.labels.copy()
        for row, answer in wrong.items():
            answers[row] = answer
        self.answers = {crop.tobytes(): answer for crop, answer in zip(faces.crops, answers, strict=True)}
        self.confidence = confidence
        self.largest = 0

    def predict(self, crops):
        self.largest = max(self.largest, len(crops))
        scores = np.full((len(crops), 3), (1 - self.confidence) / 2, np.float32)
        for row, crop in enumerate(crops):
            scores[row, self.answers.get(crop.tobytes(), 0)] = self.confidence
        return scores


@pytest.fixture
def splits(tmp_path):
    leak = csvs.row(4, 2003)  # the pixels of a happy PrivateTest face, called sad
    return read(csvs.write(tmp_path / "fer2013.csv", [*csvs.rows(), leak]))


def test_the_figures(splits):
    faces = splits["PrivateTest"].released
    labels = faces.labels.tolist()
    assert labels[:3] == [0, 1, 2]
    figures = evaluate(AlwaysRight(faces, {0: 1, 1: 2}), splits, "it")["private_test"]
    assert figures["rows"] == 12
    assert figures["accuracy"] == pytest.approx(10 / 12)
    assert figures["leak_free_rows"] == 11
    assert figures["leak_free_accuracy"] == pytest.approx(10 / 11)
    assert figures["recall"] == {"happy": 0.75, "sad": 0.75, "neutral": 1}
    assert figures["confusion"] == [[3, 1, 0], [0, 3, 1], [0, 0, 4]]
    assert figures["ece"] == pytest.approx(10 / 12 - 0.8)


def test_where_every_row_leaks_there_is_no_leak_free_figure(splits):
    splits = splits | {"Training": splits["PublicTest"]}
    figures = evaluate(AlwaysRight(splits["PublicTest"], {}), splits, "it")
    assert figures["public_test"]["leak_free_accuracy"] is None
    assert "-" in table(figures)


def test_the_classifier_is_asked_in_batches(splits):
    public = splits["PublicTest"]
    many = public.where(np.repeat(np.arange(len(public)), 20))
    classifier = AlwaysRight(splits["PublicTest"], {})
    figures = evaluate(classifier, splits | {"PublicTest": many}, "it")
    assert figures["public_test"]["rows"] == 240
    assert classifier.largest == 64


@pytest.mark.parametrize("spoilt", CONDITIONS)
def test_each_degraded_copy_is_a_figure_of_its_own(splits, spoilt):
    faces = splits["PrivateTest"].released
    knows = AlwaysRight(replace(faces, crops=CONDITIONS[spoilt](faces.crops)), {0: 1})
    figures = evaluate(knows, splits, "it")["private_test"]
    assert figures["degraded"].pop(spoilt) == pytest.approx(11 / 12)
    # It calls happy what it does not know, as four of the twelve are.
    assert list(figures["degraded"].values()) == pytest.approx([4 / 12] * 7)


def voted(faces: Faces, **votes: dict[int, int]) -> Faces:
    """The same faces with votes: emotion → row → raters."""
    ballots = np.zeros((len(faces), len(BALLOT)), np.int64)
    for emotion, rows in votes.items():
        for row, raters in rows.items():
            ballots[row, BALLOT.index(emotion)] = raters
    return replace(faces, votes=ballots)


def test_agreement_with_the_majority_of_ferplus(splits):
    private = splits["PrivateTest"]
    assert private.labels[:4].tolist() == [3, 4, 5, 0], "angry, disgust, fear, happy"
    private = voted(
        private,
        neutral={0: 6, 3: 4},
        sadness={1: 7, 3: 6, 4: 5},  # the fourth: happy to FER-2013, sad to the raters
        fear={2: 10},
        contempt={5: 9},
    )
    everything = replace(private, labels=np.select([np.arange(28) == 0, np.arange(28) == 3], [2, 1], 0))
    figures = evaluate(AlwaysRight(everything, {}), splits | {"PrivateTest": private}, "it")
    assert figures["private_test"]["ferplus"] == {"rows": 3, "accuracy": pytest.approx(2 / 3)}
    assert figures["private_test"]["ferplus_released"] == {"rows": 1, "accuracy": 1}
    assert figures["private_test"]["rows"] == 12, "the votes choose no row of the other figures"
    assert figures["public_test"]["ferplus"] is figures["public_test"]["ferplus_released"] is None
    assert "agreement with FER+, 6 votes of 10                   -      66.7% of 3" in table(figures)


def test_the_table_says_what_the_figures_say(splits):
    faces = splits["PrivateTest"].released
    assert table(evaluate(AlwaysRight(faces, {0: 1, 1: 2}), splits, "it")).splitlines() == [
        "                                            PublicTest     PrivateTest",
        "faces                                               12              12",
        "accuracy                                         33.3%           83.3%",
        "  on faces that are not in Training              33.3%           90.9%",
        "recall happy                                    100.0%           75.0%",
        "recall sad                                        0.0%           75.0%",
        "recall neutral                                    0.0%          100.0%",
        "calibration error (15 bins)                      0.467           0.033",
        "agreement with FER+, 6 votes of 10                   -               -",
        "  on happy, sad, neutral in FER-2013                 -               -",
        "if blurred, sigma 1 px                    33.3% (+0.0)   33.3% (-50.0)",
        "if 24 px, enlarged                        33.3% (+0.0)   33.3% (-50.0)",
        "if JPEG, quality 30                       33.3% (+0.0)   33.3% (-50.0)",
        "if turned 15° left                        33.3% (+0.0)   33.3% (-50.0)",
        "if turned 15° right                       33.3% (+0.0)   33.3% (-50.0)",
        "if dark, 3 stops                          33.3% (+0.0)   33.3% (-50.0)",
        "if cropped 15% wider                      33.3% (+0.0)   33.3% (-50.0)",
        "if cropped 15% tighter                    33.3% (+0.0)   33.3% (-50.0)",
        "",
        "PrivateTest by confidence    faces  confidence  accuracy",
        "0.73 to 0.80                    12       80.0%     83.3%",
        "",
        "PrivateTest, true class by predicted class",
        "              happy      sad  neutral",
        "happy             3        1        0",
        "sad               0        3        1",
        "neutral           0        0        4",
    ]


def test_reliability_by_hand():
    confidences = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 1.0, 1 / 15], np.float32)
    hits = np.array([True, True, True, False, True, False, True, False])
    bins = reliability(confidences, hits)
    assert [each.faces for each in bins] == [1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 4, 1]
    assert bins[1] == Bin(0, None, None)
    assert bins[13] == Bin(4, pytest.approx(0.9), 0.75)
    # Bins of 0.9: |3.6 - 3|; of 0.5: |1 - 1|; of 1.0: 0; the bin edge 1/15 belongs to the first bin.
    assert calibration_error(confidences, hits) == pytest.approx((0.6 + 1 / 15) / 8, abs=1e-6)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1))
def test_every_face_is_in_one_bin(scored):
    confidences, hits = (np.array(column) for column in zip(*scored, strict=True))
    bins = reliability(confidences.astype(np.float32), hits)
    assert len(bins) == 15
    assert sum(each.faces for each in bins) == len(scored)
    assert sum(each.faces * each.accuracy for each in bins if each.faces) == pytest.approx(hits.sum())
    for number, each in enumerate(bins):
        if each.faces:
            assert number / 15 - 1e-6 <= each.confidence <= (number + 1) / 15 + 1e-6
    assert 0 <= calibration_error(confidences.astype(np.float32), hits) <= 1
