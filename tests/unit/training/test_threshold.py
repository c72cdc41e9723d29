"""The threshold of "hard to tell": where one label is a coin toss, and never for too many faces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.threshold import MAX_SHARE, MIN_FACES, choose


def faces(count, temperature=1.0, seed=0):
    """Scores that are calibrated at a temperature of 1, too bold below, too shy above; and the labels."""
    random = np.random.default_rng(seed)
    truth = random.dirichlet((0.5, 0.4, 0.6), count)
    labels = (truth.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    powers = truth ** (1 / temperature)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


def below(scores, threshold):
    return scores.max(axis=1) < threshold


def test_of_calibrated_scores_it_is_one_half():
    scores, labels = faces(40_000)
    assert choose(scores, labels) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("temperature", [0.7, 1.5])
def test_near_it_a_best_label_is_as_often_right_as_wrong_however_bold_the_scores(temperature):
    scores, labels = faces(40_000, temperature)
    threshold = choose(scores, labels)
    near = np.abs(scores.max(axis=1) - threshold) < 0.02
    assert (scores.argmax(axis=1) == labels)[near].mean() == pytest.approx(0.5, abs=0.06)
    assert (threshold < 0.5) == (temperature > 1)


def test_the_noise_of_two_thousand_faces_does_not_choose():
    thresholds = [choose(*faces(2000, seed=seed)) for seed in range(20)]
    assert np.std(thresholds) < 0.04


@given(st.integers(0, 1000), st.floats(0.2, 3), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_it_is_whole_hundredths_and_leaves_most_faces_their_one_label(seed, temperature, noise):
    scores, labels = faces(400, temperature, seed)
    random = np.random.default_rng(seed)
    labels = np.where(random.random(len(labels)) < noise, random.integers(0, 3, len(labels)), labels)
    threshold = choose(scores, labels)
    assert 0 <= threshold <= 1
    assert threshold == round(threshold, 2)
    assert below(scores, threshold).mean() <= MAX_SHARE


def test_a_classifier_that_is_wrong_all_over_does_not_shrug_at_everybody():
    scores, labels = faces(1000)
    often_wrong = np.where(np.arange(1000) % 3 > 0, (scores.argmax(axis=1) + 1) % 3, labels)
    threshold = choose(scores, often_wrong)
    assert 0.1 < below(scores, threshold).mean() <= MAX_SHARE


@pytest.mark.parametrize("hits", [0, 1])
def test_always_right_or_always_wrong_is_no_reason_to_fail(hits):
    scores, _ = faces(MIN_FACES)
    threshold = choose(scores, (scores.argmax(axis=1) + 1 - hits) % 3)
    assert below(scores, threshold).mean() <= MAX_SHARE * (1 - hits)


def test_scores_that_say_nothing_choose_nothing():
    scores, _ = faces(1000)
    best = scores.max(axis=1)
    upside_down = np.where(best < np.median(best), scores.argmax(axis=1), scores.argmin(axis=1))
    assert choose(scores, upside_down) == 0


def test_few_faces_choose_nothing():
    scores, labels = faces(MIN_FACES)
    assert choose(scores, labels) > 0
    assert choose(scores[1:], labels[1:]) == 0


def test_scores_of_exactly_one_and_zero_are_taken():
    scores = np.eye(3, dtype=np.float32)[np.arange(300) % 3]
    assert 0 <= choose(scores, np.arange(300) % 3) <= 1
