from __future__ import annotations

import numpy as np
import pytest

from tests.unit.training import csvs
from training.data import Faces, read
from training.evaluate import calibration_error, evaluate, table


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
    many = Faces(
        np.repeat(splits["PublicTest"].crops, 20, axis=0), np.repeat(splits["PublicTest"].labels, 20)
    )
    classifier = AlwaysRight(splits["PublicTest"], {})
    figures = evaluate(classifier, splits | {"PublicTest": many}, "it")
    assert figures["public_test"]["rows"] == 240
    assert classifier.largest == 64


def test_the_table_says_what_the_figures_say(splits):
    faces = splits["PrivateTest"].released
    assert table(evaluate(AlwaysRight(faces, {0: 1, 1: 2}), splits, "it")).splitlines() == [
        "                                      PublicTest  PrivateTest",
        "faces                                         12           12",
        "accuracy                                   33.3%        83.3%",
        "  on faces that are not in Training        33.3%        90.9%",
        "recall happy                              100.0%        75.0%",
        "recall sad                                  0.0%        75.0%",
        "recall neutral                              0.0%       100.0%",
        "calibration error (15 bins)                0.467        0.033",
        "",
        "PrivateTest, true class by predicted class",
        "              happy      sad  neutral",
        "happy             3        1        0",
        "sad               0        3        1",
        "neutral           0        0        4",
    ]


def test_calibration_error_by_hand():
    confidences = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5, 1.0, 1 / 15], np.float32)
    hits = np.array([True, True, True, False, True, False, True, False])
    # Bins of 0.9: |3.6 - 3|; of 0.5: |1 - 1|; of 1.0: 0; the bin edge 1/15 belongs to the first bin.
    assert calibration_error(confidences, hits) == pytest.approx((0.6 + 1 / 15) / 8, abs=1e-6)
