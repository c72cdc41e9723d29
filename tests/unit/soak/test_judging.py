"""Who judges can be judged: a wrong answer, a lost one, and an unexplained second one are seen as that."""

from collections import Counter

import numpy as np
import pytest

from emotion_bot.chat.texts import texts
from emotion_bot.records import JOBS_A_MINUTE
from soak.burst import why_again
from soak.crowd import kind
from soak.files.hostile import SIZE, HostileFile, encode
from soak.flood import Minute
from soak.hostile import is_right, judged, overlap
from soak.looking import Look

BOX = (100, 26, 63, 91)
UPRIGHT, ON_ITS_SIDE = (
    encode(".jpg"),
    encode(".jpg", np.zeros((SIZE[0], SIZE[1], 3), np.uint8)),
)
EXPECTED = Look("read", 0.1, (BOX,), UPRIGHT)


def file(must):
    return HostileFile("group", "name", must, bytes)


@pytest.mark.parametrize(
    ("must", "look", "right"),
    [
        ("face", EXPECTED, True),
        ("face", Look("read", 0.1, ((104, 30, 63, 91),), UPRIGHT), True),
        ("face", Look("read", 0.1, ((10, 200, 63, 91),), UPRIGHT), False),
        ("face", Look("read", 0.1, (BOX,), ON_ITS_SIDE), False),
        ("face", Look("read", 0.1, (BOX, BOX), UPRIGHT), False),
        ("face", Look("read", 0.1), False),
        ("face", Look("refused", 0.1, text="Please."), False),
        ("picture", Look("read", 0.1), True),
        ("picture", Look("refused", 0.1, text="Please."), False),
        ("sentence", Look("refused", 0.1, text="Please send another."), True),
        ("sentence", Look("refused", 0.1, text=""), False),
        ("sentence", Look("read", 0.1), False),
        ("answer", Look("read", 0.1), True),
        ("answer", Look("died", 0.1, text="signal 11"), False),
        ("answer", Look("failed", 0.1, text="KeyError"), False),
    ],
)
def test_a_hostile_file_got_what_it_must(must, look, right):
    assert is_right(file(must), look, EXPECTED) == right


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [((0, 0, 2, 2), (0, 0, 2, 2), 1), ((0, 0, 2, 2), (1, 0, 2, 2), 1 / 3), ((0, 0, 2, 2), (5, 5, 2, 2), 0)],
)
def test_boxes_overlap(one, other, share):
    assert overlap(one, other) == pytest.approx(share)


BOT = {"files": 1, "wrong": [], "failed": 0, "seconds": 0.1, "megabytes": 200}


@pytest.mark.parametrize(
    ("look", "peak", "bot", "shown", "in_time"),
    [
        (Look("read", 0.1), 10**8, {}, True, True),
        (Look("read", 5.1), 10**8, {}, True, False),
        (Look("read", 0.1), 2 * 10**9, {}, False, True),
        (Look("died", 0.1), 10**8, {}, False, True),
        (Look("read", 0.1), 10**8, {"wrong": ["a file"]}, False, True),
        (Look("read", 0.1), 10**8, {"failed": 1}, False, True),
        (Look("read", 0.1), 10**8, {"seconds": 6.0}, True, False),
        (Look("read", 0.1), 10**8, {"megabytes": 2000}, False, True),
    ],
)
def test_one_hostile_file_decides(look, peak, bot, shown, in_time):
    result = judged([(file("answer"), look, peak)], EXPECTED, BOT | bot)
    assert (result.shown, result.in_time) == (shown, in_time)


@pytest.mark.parametrize(
    ("came", "unheard", "deaths", "expected"),
    [
        ([], 1, [], {}),
        ([10.0], 1, [], {"answer lost": 1}),
        ([10.0, 20.0], 1, [], {"answer lost": 1, "unexplained": 1}),
        ([10.0], 0, [(9.0, 11.0)], {"killed": 1}),
        ([10.0], 1, [(9.0, 11.0)], {"killed": 1}),
        ([10.0], 0, [(10.5, 11.0), (8.0, 9.0)], {"unexplained": 1}),
        ([10.0], 1, [(10.5, 11.0)], {"answer lost": 1}),
        ([10.0], 0, [], {"unexplained": 1}),
    ],
    ids=str,
)
def test_each_further_answer_has_a_cause(came, unheard, deaths, expected):
    assert +why_again(came, unheard, deaths) == Counter(expected)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"photo": []}, "picture"),
        ({"text": texts("en").no_face}, "no face"),
        ({"text": texts("en").apology}, "apology"),
        ({"text": texts("en").too_many(JOBS_A_MINUTE)}, "too many"),
        ({"text": texts("en").refused("unreadable")}, "other"),
    ],
)
def test_an_answer_is_known_by_its_words(answer, expected):
    assert kind(answer) == expected


def test_a_flood_begins_with_a_minute():
    assert Minute().now() % 60 < 1
