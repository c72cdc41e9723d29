"""The buttons: what they carry comes back as it was, fits, and whatever an app sends does no harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram.constants import InlineKeyboardButtonLimit

from emotion_bot.chat.buttons import ChoseLanguage, FaceDetails, SaidWrong, languages, read, under_answer
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import LANGUAGES, LISTED_FACES, texts

HAPPY = SeenFace(("happy",), {"happy": 0.93, "sad": 0.04, "neutral": 0.03}, (120, 150))
CANDIDATES = [(), ("happy",), ("sad",), ("neutral",), ("sad", "neutral"), ("neutral", "happy")]


@st.composite
def seen_faces(draw):
    """A face with the scores that a softmax gives, in a picture of the most pixels that are looked at."""
    weights = [draw(st.floats(0, 1)) for _ in range(3)]
    total = sum(weights)
    shares = [weight / total for weight in weights] if total > 1e-9 else [1.0, 0.0, 0.0]
    scores = dict(zip(("happy", "sad", "neutral"), shares, strict=True))
    size = draw(st.tuples(st.integers(1, 16_384), st.integers(1, 16_384)))
    return SeenFace(draw(st.sampled_from(CANDIDATES)), scores, size)


def rows(keyboard):
    return [[(button.text, button.callback_data) for button in row] for row in keyboard.inline_keyboard]


def pressed(keyboard):
    """What each button says when it is pressed."""
    return [read(data) for row in rows(keyboard) for _, data in row]


def test_one_face_has_its_details_beside_the_doubt():
    ((details, wrong),) = rows(under_answer([HAPPY], texts("de")))
    assert details[0] == texts("de").details_button
    assert read(details[1]) == FaceDetails(1, 1, HAPPY)
    assert wrong[0] == texts("de").wrong_button
    assert read(wrong[1]) == SaidWrong()


@pytest.mark.parametrize(
    ("faces", "numbers"),
    [(2, ["12"]), (5, ["12345"]), (6, ["12345", "6"]), (10, ["12345", "678910"]), (30, ["12345", "678910"])],
)
def test_several_faces_have_their_numbers_as_many_as_the_caption_spells_out(faces, numbers):
    *numbered, last = rows(under_answer([HAPPY] * faces, texts("en")))
    assert ["".join(text for text, _ in row) for row in numbered] == numbers
    assert [text for text, _ in last] == [texts("en").wrong_button]
    assert sum(map(len, numbered)) <= LISTED_FACES


def test_the_question_for_a_language_names_each_in_its_own_words():
    keyboard = languages(texts("ru"))
    assert [text for row in rows(keyboard)[:-1] for text, _ in row] == [
        "English", "Deutsch", "Español", "Português", "Русский", "Українська",
    ]  # fmt: skip
    assert rows(keyboard)[-1][0][0] == texts("ru").language_automatic
    assert pressed(keyboard) == [*(ChoseLanguage(language) for language in LANGUAGES), ChoseLanguage(None)]


@settings(deadline=None)
@given(st.lists(seen_faces(), min_size=1, max_size=40))
def test_faces_come_back_and_fit(faces):
    keyboard = under_answer(faces, texts("en"))
    for row in keyboard.inline_keyboard:
        for button in row:
            assert len(button.callback_data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    *told, wrong = pressed(keyboard)
    assert wrong == SaidWrong()
    assert [face.number for face in told] == [*range(1, min(len(faces), LISTED_FACES) + 1)]
    for details, face in zip(told, faces, strict=False):
        assert details.count == len(faces)
        assert (details.face.candidates, details.face.size) == (face.candidates, face.size)
        assert details.face.scores == pytest.approx(face.scores, abs=1e-6)


@settings(deadline=None)
@given(
    st.sampled_from(CANDIDATES), st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from(LANGUAGES)
)
def test_a_percentage_in_the_answer_is_the_same_in_the_details(candidates, one, another, language):
    low, high = sorted((one, another))
    shares = (low / 10_000, (high - low) / 10_000, (10_000 - high) / 10_000)
    face = SeenFace(candidates, dict(zip(("happy", "sad", "neutral"), shares, strict=True)), (60, 80))
    details, _ = pressed(under_answer([face], texts(language)))
    assert details.face == face
    assert texts(language).label(details.face) == texts(language).label(face)


@pytest.mark.parametrize(
    "data",
    [
        "", "f1", "w", "w1 ", "w2", "l1:xx", "l1", "L1:de",
        "f1:1:1:h:1000000:0:0", "f1:1:1:x:1000000:0:0:1x1", "f1:0:1:h:1000000:0:0:1x1",
        "f1:2:1:h:1000000:0:0:1x1", "f1:1:1:h:0:0:0:1x1", "f1:1:1:h:999999:999999:0:1x1",
        "f2:1:1:h:1000000:0:0:1x1", "f1:١:1:h:1000000:0:0:1x1", "f1:1:1:h:-1:1000001:0:1x1",
        "f1:1:1:h:1000000:0:0:1x1\n",
    ],
)  # fmt: skip
def test_what_no_button_of_ours_says_is_nothing(data):
    assert read(data) is None


@settings(deadline=None)
@given(st.text() | st.from_regex(r"\A[flw][12]:?([0-9hsn:x]{0,60})\Z"))
def test_whatever_is_read_can_be_answered(data):
    button = read(data)
    if isinstance(button, FaceDetails):
        assert texts("en").details(button.number, button.count, button.face)


@settings(deadline=None)
@given(
    st.builds(
        "f1:{}:{}:{}:{}:{}:{}:{}x{}".format,
        *[st.integers(0, 99), st.integers(0, 9999), st.sampled_from(["", "h", "sn", "hh", "ns"])],
        *[st.sampled_from([0, 1, 333_333, 333_334, 500_000, 1_000_000])] * 3,
        *[st.integers(0, 999_999)] * 2,
    )
)
def test_a_forged_face_can_be_answered_in_every_language(data):
    button = read(data)
    for language in LANGUAGES if button else ():
        alert = texts(language).details(button.number, button.count, button.face)
        assert len(alert.encode("utf-16-le")) // 2 <= 200
