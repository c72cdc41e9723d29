"""What the bot says besides captions: within Telegram's limits, honest, and never a dead end."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from emotion_bot.chat.constants import Limit
from emotion_bot.chat.texts import COMMANDS, LANGUAGE_NAMES, LANGUAGES, language_of, texts
from emotion_bot.jobs import Refusal
from tests.unit.chat.seen import TINY, UNSURE, units

KINDS = (
    "text", "animation", "audio", "document", "live_photo", "paid_media", "sticker", "story", "video",
    "video_note", "voice", "checklist", "contact", "dice", "game", "poll", "venue", "location", "invoice",
    "animated_sticker", "video_sticker", "what Telegram will invent next",
)  # fmt: skip
REFUSALS = get_args(Refusal)
BUTTONS = ("details_button", "wrong_button", "language_automatic")
ALERTS = ("counted", "language_chosen")
SENTENCES = (
    "start", "help", "privacy", "emotion_usage", "language_question", "deleted", "oversized", "unreadable",
    "too_many_pixels", "no_face", "unavailable", "apology", "album_apology",
    "about_apology",
)  # fmt: skip
BUTTON_CHARACTERS = 20
"""Two of them side by side are legible on a phone."""
ABOUT = ("2026.11.23-doctor", 0.8414, 2099)


def refusals(words):
    """What says no."""
    names = (
        "oversized",
        "unreadable",
        "too_many_pixels",
        "no_face",
        "unavailable",
        "apology",
        "album_apology",
        "about_apology",
    )
    return [
        *(getattr(words, name) for name in names),
        *(words.unsupported(kind) for kind in KINDS),
        *(words.refused(refusal) for refusal in REFUSALS),
        words.too_many(30),
        words.emotion_usage,
        words.reply(None),
    ]


def everything(words):
    """All that the bot says, but for captions."""
    return [
        *(getattr(words, name) for name in (*SENTENCES, *BUTTONS, *ALERTS)),
        *refusals(words),
        words.about(*ABOUT),
        words.about("1", None, None),
        words.about(*ABOUT, ("2027.01.01-new", 10)),
        words.description,
        words.short_description,
        *words.command_descriptions.values(),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_fits(language):
    words = texts(language)
    assert all(0 < units(text) <= Limit.TEXT_CHARACTERS for text in everything(words))
    assert units(words.description) <= Limit.DESCRIPTION_CHARACTERS
    assert units(words.short_description) <= Limit.SHORT_DESCRIPTION_CHARACTERS
    for description in words.command_descriptions.values():
        assert 3 <= units(description) <= Limit.COMMAND_DESCRIPTION_CHARACTERS
        assert units(description) <= 60, "a phone shows no more of it"
    assert all(units(getattr(words, alert)) <= Limit.ALERT_CHARACTERS for alert in ALERTS)
    assert all(units(getattr(words, button)) <= BUTTON_CHARACTERS for button in BUTTONS)
    assert all(units(name) <= BUTTON_CHARACTERS for name in LANGUAGE_NAMES.values())
    assert not [text for text in everything(words) if re.search(r"%[(%sd]", text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_described_and_told_of_and_none_besides(language):
    words = texts(language)
    assert tuple(words.command_descriptions) == COMMANDS
    told_of = set(re.findall(r"(?<!\w)/([a-z]+)", " ".join(everything(words))))
    assert told_of == set(COMMANDS)
    for command in set(COMMANDS) - {"help"}:
        assert f"/{command}" in words.help
    assert len({words.reply(name) for name in ("start", "help", "privacy", None)}) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_explains_the_words_that_captions_use(language):
    words = texts(language)
    assert words.label(UNSURE).split(":")[0].casefold() in words.help.casefold()
    assert words.label(TINY).casefold() in words.help.casefold()
    assert f"{Limit.DOWNLOAD_BYTES >> 20} " in words.help


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_greets_a_group_says_how_to_be_spoken_to(language):
    assert "/emotion" in texts(language).start


NEXT = {
    "en": r"\b(please|send|reply|see /help|take a screenshot)\b",
    "de": r"\b(bitte|schick|antworte)\b",
    "es": r"\b(por favor|envíame|envíamela|envíala|prueba|responde|consulta)\b",
    "pt": r"\b(por favor|envie|tente|responda)\b",
    "ru": r"\b(пожалуйста|пришлите|ответьте|попробуйте)\b",
    "uk": r"\b(будь ласка|надішліть|дайте відповідь|спробуйте)\b",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_refusal_says_what_to_do_next(language):
    for text in refusals(texts(language)):
        assert re.search(NEXT[language], text.casefold()), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cannot_be_used_gets_a_sentence_of_its_own(language):
    words = texts(language)
    kinds = ("text", "video", "animation", "animated_sticker", "voice", "document", "story", "poll")
    assert len({words.unsupported(kind) for kind in kinds}) == len(kinds)
    assert words.unsupported("poll") == words.unsupported("dice") == words.unsupported(KINDS[-1])


@pytest.mark.parametrize(
    ("language", "notice"),
    [
        (
            "en",
            ("computer program guesses", "how a face looks, not what the person feels", "at work", "school"),
        ),
        (
            "de",
            (
                "Computerprogramm schätzt",
                "wie ein Gesicht aussieht, nicht, was der Mensch fühlt",
                "Arbeit",
                "Schule",
            ),
        ),
        (
            "es",
            (
                "programa informático",
                "el aspecto de una cara, no lo que siente la persona",
                "trabajo",
                "escuela",
            ),
        ),
        (
            "pt",
            (
                "programa de computador",
                "a aparência de um rosto, não o que a pessoa sente",
                "trabalho",
                "escola",
            ),
        ),
        ("ru", ("компьютерная программа", "а не о том, что человек чувствует", "на работе", "в школе")),
        ("uk", ("комп’ютерна програма", "а не про те, що людина відчуває", "на роботі", "у школі")),
    ],
)
def test_people_are_told_at_first_exposure_what_they_deal_with(language, notice):
    """EU AI Act, Articles 50(3) and 5(1)(f)."""
    for text in (texts(language).start, texts(language).description):
        assert all(words in text for words in notice)


IS = {
    "en": r"\b(is|are) (happy|sad|neutral)\b",
    "de": r"\b(ist|sind) (fröhlich|traurig|neutral)\b",
    "es": r"\b(es|está|son|están) (feliz|triste|neutral)",
    "pt": r"\b(é|está|são|estão) (feliz|triste|neutr)",
    "ru": r"счастлив|груст(ен|ный|ная)\b|рад(а|ы)?\b",
    "uk": r"щаслив|сумн(ий|а|і)\b|рад(ий|а|і)\b",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_said_to_be_what_they_only_look_like(language):
    assert not [text for text in everything(texts(language)) if re.search(IS[language], text)]


OTHER_ADDRESS = {
    "en": r"\bthou\b",
    "de": r"\w+en Sie\b|\bIhr(e[mnrs]?)?\b|\bIhnen\b",
    "es": r"\b(usted|envíe(me|la|lo)?|pruebe|su (foto|álbum|idioma|chat))\b",
    "pt": r"\b(tu|teus?|tuas?|contigo|envia|tenta)\b",
    "ru": r"\b(ты|тебе|тебя|тво[йяёе]\w*|пришли|попробуй|удали)\b",
    "uk": r"\b(ти|тобі|тебе|тв[оії]\w{1,3}|надішли|спробуй|видали)\b",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_are_addressed_alike_throughout(language):
    assert not [text for text in everything(texts(language)) if re.search(OTHER_ADDRESS[language], text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_floods_is_told_how_much_is_too_much(language):
    assert " 30 " in texts(language).too_many(30)


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_names_the_model_its_accuracy_and_its_source(language):
    about = texts(language).about(*ABOUT)
    for words in ("2026.11.23-doctor", "2099", "PrivateTest", "MTCNN", "emotion-recognition-bot", "MIT"):
        assert words in about
    assert re.search(r"\b84 ?%", about)


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_tells_of_a_trial(language):
    with_trial, without = texts(language).about(*ABOUT, ("2027.01.01-new", 10)), texts(language).about(*ABOUT)
    (paragraph,) = set(with_trial.split("\n\n")) - set(without.split("\n\n"))
    assert "2027.01.01-new" in paragraph
    assert re.search(r"\b10.?%", paragraph)
    assert (language == "en") == paragraph.startswith("On trial: the model ")


@pytest.mark.parametrize("figures", [(None, None), (0.8, None), (None, 9)])
def test_about_a_model_without_figures_claims_none(figures):
    about = texts("en").about("1", *figures)
    assert "Model: 1" in about
    assert "%" not in about
    assert "\n\n\n" not in about


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [
        ("ru", 2099, "из 2099 лиц"),
        ("ru", 2101, "из 2101 лица"),
        ("uk", 2099, "з 2099 облич"),
        ("uk", 2101, "з 2101 обличчя"),
        ("de", 2099, "Von 2099 Gesichtern"),
    ],
)
def test_the_figures_are_counted_in_the_right_case(language, count, words):
    assert f"{words}, " in texts(language).about("1", 0.8, count)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_question_for_a_language_explains_its_last_button(language):
    words = texts(language)
    assert words.language_automatic in words.language_question


def test_each_language_is_chosen_in_its_own_words():
    assert list(LANGUAGE_NAMES) == list(LANGUAGES)
    chosen = {language: texts(language).language_chosen for language in LANGUAGES}
    assert len(set(chosen.values())) == len(LANGUAGES)
    for language, stem in {"en": "English", "de": "Deutsch", "es": "español", "ru": "русски"}.items():
        assert stem in chosen[language]


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("en-GB", "en"),
        ("de", "de"),
        ("DE-at", "de"),
        ("es-419", "es"),
        ("pt-br", "pt"),
        ("pt_PT", "pt"),
        ("ru", "ru"),
        ("uk", "uk"),
    ],
)
def test_language_tags(code, language):
    assert language_of(code) == language


@pytest.mark.parametrize("code", ["xx", "", None, 7, "-", "ru\0"])
def test_whoever_speaks_something_else_reads_english(code):
    assert language_of(code) == "en"


def test_a_language_that_is_not_there_is_english():
    assert texts("xx").no_face == texts("en").no_face
