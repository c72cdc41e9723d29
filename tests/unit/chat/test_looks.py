"""How a face looks, in a phrase: shares that sum to 100, drawable labels, "looks" and never "is"."""

from __future__ import annotations

from itertools import permutations

import cv2
import numpy as np
import pytest
from babel.numbers import format_percent
from hypothesis import given

from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.looks import percentages
from emotion_bot.chat.texts import LANGUAGES, texts
from emotion_bot.manifest import LABELS
from tests.unit.chat.seen import FACES, HAPPY, TINY, UNSURE, plain


@pytest.mark.parametrize(
    ("scores", "rounded"),
    [
        ((0.931, 0.019, 0.05), (93, 2, 5)),
        ((1 / 3, 1 / 3, 1 / 3), (34, 33, 33)),
        ((0.335, 0.33, 0.335), (34, 33, 33)),
        ((0.995, 0.0025, 0.0025), (100, 0, 0)),
        ((0.29, 0.7, 0.01), (29, 70, 1)),
        ((0, 1, 0), (0, 100, 0)),
    ],
)
def test_percentages(scores, rounded):
    assert percentages(dict(zip(LABELS, scores, strict=True))) == dict(zip(LABELS, rounded, strict=True))


@given(FACES)
def test_percentages_sum_to_100_best_first_and_none_is_off_by_one(seen):
    shares = percentages(seen.scores)
    assert sum(shares.values()) == 100
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert all(abs(share - 100 * seen.scores[emotion]) < 1 for emotion, share in shares.items())


@pytest.mark.parametrize("language", LANGUAGES)
def test_percent_signs_stand_as_the_language_has_them(language):
    assert format_percent(0.93, locale=language) in texts(language).caption([HAPPY])


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ("looks happy 93%", "hard to tell: neutral or sad", "too small to tell")),
        ("de", ("sieht fröhlich aus, 93 %", "schwer zu sagen: neutral oder traurig", "zu klein")),
        ("es", ("parece feliz 93 %", "difícil de decir: neutral o triste", "demasiado pequeña")),
        ("pt", ("parece feliz 93%", "difícil dizer: neutro ou triste", "pequeno demais")),
        ("ru", ("выглядит радостно 93 %", "трудно сказать: нейтрально или грустно", "слишком мелкое")),
        ("uk", ("виглядає радісно 93%", "важко сказати: нейтрально чи сумно", "надто дрібне")),
    ],
)
def test_labels(language, labels):
    assert tuple(map(texts(language).label, (HAPPY, UNSURE, TINY))) == labels


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_best_of_two_comes_first(language):
    words = texts(language)
    labels = {}
    for pair in permutations(LABELS, 2):
        labels[pair] = words.label(SeenFace(pair, UNSURE.scores, (9, 9)))
    assert len(set(labels.values())) == len(labels)
    # The picture breaks the line behind the colon.
    tails = {pair: label.split(": ")[1].split() for pair, label in labels.items()}
    assert all(tails[pair][0] == tails[pair[::-1]][-1] for pair in tails)


def drawn(text):
    canvas = np.zeros((60, 60, 3), np.uint8)
    cv2.putText(canvas, text, (5, 40), (255, 255, 255), cv2.FontFace("sans"), 30, 600)
    return canvas.tobytes()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_s_font_has_every_character_of_a_label(language):
    faces = [SeenFace((emotion,), HAPPY.scores, (9, 9)) for emotion in LABELS]
    faces += [SeenFace(pair, HAPPY.scores, (9, 9)) for pair in permutations(LABELS, 2)]
    used = {character for seen in [*faces, TINY] for character in texts(language).label(seen)} - {" "}
    assert drawn("▰") == drawn("\N{SNOWMAN}")  # what it lacks, it draws as one and the same sign
    assert not [character for character in used - {"?"} if drawn(character) == drawn("▰")]


LOOKS = {
    "en": "looks {}",
    "de": "sieht {} aus",
    "es": "parece {}",
    "pt": "parece {}",
    "ru": "выглядит {}",
    "uk": "виглядає {}",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("emotion", LABELS)
def test_every_statement_says_looks(language, emotion):
    words, seen = texts(language), SeenFace((emotion,), dict.fromkeys(LABELS, 1 / 3), (9, 9))
    name = words.label(SeenFace((emotion, emotion), seen.scores, (9, 9))).split()[-1]
    looks = LOOKS[language].format(name)
    said = (
        words.label(seen),
        words.caption([seen]),
        words.details(2, 3, seen),
        words.album_caption([[seen]]),
    )
    assert all(looks in plain(text) for text in (*said, words.caption([seen] * 2)))
