"""What the bot says: complete in every language, right in its plurals, within Telegram's limits."""

from __future__ import annotations

import gettext
import io
import re
from itertools import permutations
from pathlib import Path

import pytest
from babel.messages import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

from emotion_bot.chat import texts as module
from emotion_bot.chat.constants import Limit
from emotion_bot.chat.texts import COMMANDS, DOMAIN, LANGUAGES, LISTED_FACES, LOCALE, language_of, texts

TRANSLATED = LANGUAGES[1:]
SENTENCES = (
    "start",
    "help",
    "privacy",
    "send_a_photo",
    "oversized",
    "unreadable",
    "too_many_pixels",
    "no_face",
    "apology",
)


def catalogue(language):
    file = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    return read_po(io.BytesIO(file.read_bytes()), locale=language, domain=DOMAIN)


@pytest.fixture(scope="module")
def written():
    """What stands in the code."""
    with Path(module.__file__).open("rb") as code:
        return {message for _, message, _, _ in extract.extract("python", code)}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language, written):
    messages = [message for message in catalogue(language) if message.id]
    assert {message.id for message in messages} == written
    for message in messages:
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy
        assert not list(message.check(catalogue(language)))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language):
    fresh = io.BytesIO()
    write_mo(fresh, catalogue(language))
    assert (LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo").read_bytes() == fresh.getvalue()


def test_there_is_a_catalogue_for_each_language_but_the_one_of_the_code():
    assert {folder.name for folder in LOCALE.iterdir()} == set(TRANSLATED)
    assert all(gettext.find(DOMAIN, LOCALE, [language]) for language in TRANSLATED)


RUSSIAN_COUNTS = [
    "2 лица", "4 лица", "5 лиц", "10 лиц", "11 лиц", "12 лиц", "14 лиц", "20 лиц", "21 лицо", "22 лица",
    "25 лиц", "101 лицо", "111 лиц", "112 лиц", "121 лицо",
]  # fmt: skip


@pytest.mark.parametrize("words", RUSSIAN_COUNTS)
def test_russian_plurals(words):
    faces = [(["happy"], 0.9)]
    count = int(words.split()[0])
    assert texts("ru").caption(faces * count).splitlines()[0] == f"{words}, слева направо:"
    assert texts("ru").caption(faces * (count + LISTED_FACES)).splitlines()[-1] == f"и ещё {words}"


def test_the_smallest_plural_in_russian():
    assert texts("ru").caption([(["happy"], 0.9)] * 11).splitlines()[-1] == "и ещё 1 лицо"


@pytest.mark.parametrize(
    ("language", "one", "label"),
    [
        ("en", "This face looks happy, 93 %.", "looks happy 93 %"),
        ("ru", "Это лицо выглядит радостно, 93 %.", "выглядит радостно 93 %"),
    ],
)
def test_a_single_face_has_no_number(language, one, label):
    assert texts(language).caption([(["happy"], 0.931)]) == one
    assert texts(language).label(["happy"], 0.931) == label


@pytest.mark.parametrize(
    ("language", "one", "label"),
    [
        ("en", "This face is hard to tell: neutral or sad.", "hard to tell: neutral or sad"),
        (
            "ru",
            "Трудно сказать, как выглядит это лицо: нейтрально или грустно.",
            "трудно сказать: нейтрально или грустно",
        ),
    ],
)
def test_between_two_emotions_it_is_hard_to_tell(language, one, label):
    assert texts(language).caption([(["neutral", "sad"], 0.45)]) == one
    assert texts(language).label(["neutral", "sad"], 0.45) == label
    assert texts(language).caption([(["happy"], 0.9), (["neutral", "sad"], 0.45)]).endswith(f"\n2. {label}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_best_of_two_comes_first(language):
    pairs = list(permutations(["happy", "sad", "neutral"], 2))
    labels = [texts(language).label(pair, 0.45) for pair in pairs]
    assert len(set(labels)) == len(pairs)
    for (first, second), label in zip(pairs, labels, strict=True):
        looks = [texts(language).label([emotion], 1).split()[1] for emotion in (first, second)]
        assert label.index(looks[0]) < label.index(looks[1])


def test_whoever_asks_for_help_learns_what_hard_to_tell_means():
    assert '"hard to tell"' in texts("en").help
    assert "«трудно сказать»" in texts("ru").help


def test_several_faces_are_numbered_and_many_are_counted():
    faces = [(["happy"], 1.0), (["sad"], 0.505), (["neutral"], 0.334)]
    assert texts("en").caption(faces).splitlines() == [
        "3 faces, from left to right:",
        "1. looks happy, 100 %",
        "2. looks sad, 50 %",
        "3. looks neutral, 33 %",
    ]
    many = texts("en").caption(faces * 6).splitlines()
    assert len(many) == 12
    assert many[10].startswith("10. ")
    assert many[11] == "and 8 more"
    assert "more" not in texts("en").caption(faces * 3 + faces[:1])


@pytest.mark.parametrize(
    ("language", "count", "line"),
    [
        ("en", 1, "I did not look at 1 more face: there are too many in this photo."),
        ("en", 260, "I did not look at 260 more faces: there are too many in this photo."),
        ("ru", 1, "Ещё 1 лицо осталось без внимания: на фотографии их слишком много."),
        ("ru", 22, "Ещё 22 лица остались без внимания: на фотографии их слишком много."),
        ("ru", 260, "Ещё 260 лиц осталось без внимания: на фотографии их слишком много."),
    ],
)
@pytest.mark.parametrize("looked_at", [1, 2, 40])
def test_faces_that_were_not_looked_at_are_owned_up_to_last(language, looked_at, count, line):
    faces = [(["happy"], 1.0)] * looked_at
    assert texts(language).caption(faces, more=count) == f"{texts(language).caption(faces)}\n{line}"


@pytest.mark.parametrize("language", LANGUAGES)
@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["happy", "sad", "neutral"]), min_size=1, max_size=2, unique=True),
            st.floats(0, 1),
        ),
        min_size=1,
        max_size=300,
    ),
    st.integers(0, 10**6),
)
def test_any_caption_fits(language, faces, more):
    caption = texts(language).caption(faces, more)
    assert len(caption) <= Limit.CAPTION_CHARACTERS
    assert not re.search(r"\d%", caption)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_else_fits(language):
    words = texts(language)
    assert len(words.description) <= Limit.DESCRIPTION_CHARACTERS
    assert len(words.short_description) <= Limit.SHORT_DESCRIPTION_CHARACTERS
    assert all(3 <= len(description) <= 256 for description in words.command_descriptions.values())
    for sentence in SENTENCES:
        assert 0 < len(getattr(words, sentence)) <= Limit.TEXT_CHARACTERS
        assert "%(" not in getattr(words, sentence)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_described_and_answered_and_none_besides(language):
    words = texts(language)
    assert set(words.command_descriptions) == set(COMMANDS)
    assert len({words.reply(name) for name in (*COMMANDS, None)}) == len(COMMANDS) + 1
    mentioned = set(re.findall(r"/([a-z]+)", "".join(words.reply(name) for name in (*COMMANDS, None))))
    assert mentioned == set(COMMANDS)


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        (
            "en",
            (
                "computer program guesses",
                "how a face looks, not what the person feels",
                "at work",
                "at school",
            ),
        ),
        (
            "ru",
            ("угадывает компьютерная программа", "а не о том, что человек чувствует", "на работе", "в школе"),
        ),
    ],
)
def test_people_are_told_at_first_exposure_what_they_deal_with(language, notice):
    """EU AI Act, Articles 50(3) and 5(1)(f)."""
    for text in (texts(language).start, texts(language).description):
        assert all(words in text.replace("The program", "A computer program") for words in notice)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_said_to_be_what_they_only_look_like(language):
    words = texts(language)
    everything = "".join([*(getattr(words, sentence) for sentence in SENTENCES), words.description])
    assert not re.search(r"\b(is|are) (happy|sad|neutral)\b|счастлив|груст(ен|ный|ная)\b", everything)


def test_the_privacy_notice_names_every_place_and_time():
    for language, words in {"en": ("14 days", "25 hours"), "ru": ("14 дней", "25 часов")}.items():
        assert all(word in texts(language).privacy for word in words)


@pytest.mark.parametrize("code", ["xx", "", None, 7, "-", "ru\0"])
def test_whoever_speaks_something_else_reads_english(code):
    assert language_of(code) == "en"


def test_a_language_that_is_not_there_is_english():
    assert texts("xx").no_face == texts("en").no_face
