"""What is said about the faces of one photo: right in every plural, within Telegram's limits."""

from __future__ import annotations

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import LANGUAGES, LISTED_FACES, texts
from emotion_bot.manifest import LABELS
from tests.unit.chat.seen import A_PERCENTAGE, FACES, HAPPY, SAD, TINY, UNSURE, plain, units


def test_one_face_is_a_sentence_and_its_bars():
    assert plain(texts("en").caption([HAPPY])).splitlines() == [
        "This face looks happy.",
        "",
        "▰▰▰▰▰▰▰▰▰▱ 93% happy",
        "▰▱▱▱▱▱▱▱▱▱ 5% neutral",
        "▱▱▱▱▱▱▱▱▱▱ 2% sad",
    ]
    assert plain(texts("de").caption([HAPPY])).startswith("Dieses Gesicht sieht fröhlich aus.\n\n▰")


def test_one_face_that_is_hard_to_tell_has_both_in_the_sentence():
    assert plain(texts("en").caption([UNSURE])).splitlines() == [
        "It is hard to tell whether this face looks neutral or sad.",
        "",
        "▰▰▰▰▰▱▱▱▱▱ 45% neutral",
        "▰▰▰▰▱▱▱▱▱▱ 41% sad",
        "▰▱▱▱▱▱▱▱▱▱ 14% happy",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_face_that_is_too_small_is_not_guessed_and_says_what_to_do(language):
    sentence, advice = texts(language).caption([TINY]).splitlines()
    assert advice in texts(language).caption([TINY, TINY])
    assert advice not in texts(language).caption([TINY, HAPPY])
    assert not A_PERCENTAGE.search(sentence)
    assert "▱" not in sentence + advice


def test_several_faces_are_a_line_each():
    assert plain(texts("en").caption([HAPPY, UNSURE, TINY])).splitlines() == [
        "3 faces, from left to right:",
        "1. looks happy 93% · neutral 5% · sad 2%",
        "2. hard to tell: neutral 45% or sad 41% · happy 14%",
        "3. too small to tell",
    ]


def test_a_line_breaks_between_scores_only():
    _, first, *_ = texts("en").caption([HAPPY, SAD]).splitlines()
    assert first.split(" ")[1:] == [
        "looks\N{NO-BREAK SPACE}happy\N{NO-BREAK SPACE}93%\N{NO-BREAK SPACE}·",
        "neutral\N{NO-BREAK SPACE}5%\N{NO-BREAK SPACE}·",
        "sad\N{NO-BREAK SPACE}2%",
    ]


def test_more_than_ten_faces_are_counted():
    lines = plain(texts("en").caption([TINY] * 10 + [SAD, UNSURE, HAPPY, HAPPY, TINY])).splitlines()
    assert lines[0] == "15 faces, from left to right:"
    assert lines[LISTED_FACES] == "10. too small to tell"
    assert lines[LISTED_FACES + 1 :] == ["and 5 more: 2 happy, 1 sad, 2 unclear"]
    assert "more" not in texts("en").caption([HAPPY] * LISTED_FACES)


COUNTED = {
    "en": ("faces", {1: "face", 101: "faces"}),
    "de": ("Gesichter", {1: "Gesicht"}),
    "es": ("caras", {1: "cara"}),
    "pt": ("rostos", {1: "rosto"}),
    "ru": ("лиц", {1: "лицо", 2: "лица", 21: "лицо", 22: "лица", 101: "лицо"}),
    "uk": ("облич", {1: "обличчя", 2: "обличчя", 21: "обличчя", 22: "обличчя", 101: "обличчя"}),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 2, 5, 11, 12, 21, 22, 25, 101])
def test_faces_are_counted_in_the_right_plural(language, count):
    many, special = COUNTED[language]
    words, noun = texts(language), special.get(count, many)
    if count > 1:
        assert words.caption([HAPPY] * count).startswith(f"{count} {noun},")
        assert f"1. {count} {noun}: " in words.album_caption([[HAPPY] * count])
    *_, left_out = words.caption([HAPPY], more=count).splitlines()
    assert re.search(rf"\b{count} (\w+ )?{noun}\b", left_out)


@pytest.mark.parametrize(
    ("language", "rest"),
    [
        ("en", "and 1 more: 1 happy"),
        ("de", "und 1 weiteres: 1 fröhlich"),
        ("es", "y 1 más: 1 feliz"),
        ("pt", "e mais 1: 1 feliz"),
        ("ru", "и ещё 1 лицо: 1 радостное"),
        ("uk", "і ще 1 обличчя: 1 радісне"),
    ],
)
def test_the_rest_may_be_one(language, rest):
    assert texts(language).caption([HAPPY] * (LISTED_FACES + 1)).splitlines()[-1] == rest


@pytest.mark.parametrize(
    ("language", "counted"),
    [
        ("en", "21 happy, 5 neutral, 2 sad"),
        ("de", "21 fröhlich, 5 neutral, 2 traurig"),
        ("es", "21 felices, 5 neutrales, 2 tristes"),
        ("pt", "21 felizes, 5 neutros, 2 tristes"),
        ("ru", "21 радостное, 5 нейтральных, 2 грустных"),
        ("uk", "21 радісне, 5 нейтральних, 2 сумні"),
    ],
)
def test_the_emotion_agrees_with_how_many_show_it(language, counted):
    faces = [HAPPY] * 21 + [SeenFace(("neutral",), HAPPY.scores, (9, 9))] * 5 + [SAD] * 2
    assert texts(language).album_caption([faces]).endswith(f": {counted}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("looked_at", [1, 2, 40])
def test_faces_that_were_not_looked_at_are_owned_up_to_last(language, looked_at):
    words = texts(language)
    start, line = words.caption([HAPPY] * looked_at, more=260).split("\n\n")[:-1], words.caption([HAPPY], 260)
    assert "\n\n".join(start) == words.caption([HAPPY] * looked_at)
    assert words.caption([HAPPY] * looked_at, more=260).splitlines()[-1] == line.splitlines()[-1]
    assert "260" in line


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.lists(FACES, min_size=1, max_size=15), st.integers(0, 10**6))
def test_any_caption_fits_and_adds_up(language, faces, more):
    caption = texts(language).caption(faces, more)
    assert units(caption) <= Limit.CAPTION_CHARACTERS
    percent = [int(number) for number in A_PERCENTAGE.findall(caption)]
    assert sum(percent) == 100 * sum(bool(seen.candidates) for seen in faces[:LISTED_FACES])
    assert "%(" not in caption


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("pair", [*permutations(LABELS, 2), *((label,) for label in LABELS)])
def test_even_the_longest_caption_fits(language, pair):
    faces = [SeenFace(pair, dict.fromkeys(LABELS, 1 / 3), (9, 9))] * LISTED_FACES
    faces += [seen for seen in (HAPPY, SAD, UNSURE, TINY) for _ in range(1000)]
    assert units(texts(language).caption(faces, 10**6)) <= Limit.CAPTION_CHARACTERS


def test_details_of_an_only_face():
    assert plain(texts("en").details(1, 1, HAPPY)) == plain(texts("en").caption([HAPPY])) + (
        "\n\nSize: 231 × 240 px"
    )


def test_details_of_one_face_of_several():
    assert plain(texts("en").details(2, 3, UNSURE)).splitlines() == [
        "It is hard to tell whether face 2 of 3 looks neutral or sad.",
        "",
        "▰▰▰▰▰▱▱▱▱▱ 45% neutral",
        "▰▰▰▰▱▱▱▱▱▱ 41% sad",
        "▰▱▱▱▱▱▱▱▱▱ 14% happy",
        "",
        "Size: 31 × 40 px",
    ]
    assert texts("en").details(1, 3, HAPPY).splitlines()[0] == "Face 1 of 3 looks happy."
    assert texts("en").details(3, 3, TINY).splitlines()[0] == "Face 3 of 3 is too small to tell how it looks."


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(1, 10), st.integers(0, 9_989), FACES)
def test_any_details_fit_an_alert(language, number, others, seen):
    details = texts(language).details(number, number + others, seen)
    assert units(details) <= Limit.ALERT_CHARACTERS
    assert sum(map(int, A_PERCENTAGE.findall(details))) == (100 if seen.candidates else 0)
    assert "{} × {}".format(*seen.size) in details
