"""The message catalogues: nothing missing, left over, broken or out of date, whatever the language."""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections import Counter

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from emotion_bot.chat.texts import DOMAIN, LANGUAGES, LOCALE

TRANSLATED = LANGUAGES[1:]
COUNTS = (0, 1, 2, 5, 11, 21, 22, 25, 101)


def folder(language):
    return LOCALE / language / "LC_MESSAGES"


def catalogue(language):
    return read_po(io.BytesIO((folder(language) / f"{DOMAIN}.po").read_bytes()), locale=language)


def messages(language):
    return [message for message in catalogue(language) if message.id]


def forms(text):
    return text if isinstance(text, tuple) else (text,)


@pytest.fixture(scope="module")
def extracted():
    """What `make messages` finds in the code."""
    return {message for _, _, message, _, _ in extract_from_dir(LOCALE.parent)}


def looked_up():
    """What the code looks up, read without Babel, whose tokenizer overlooks calls inside of f-strings."""
    for file in sorted(LOCALE.parent.glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                count = {"gettext": 1, "ngettext": 2}.get(node.func.attr)
                if count:
                    texts = tuple(ast.literal_eval(argument) for argument in node.args[:count])
                    yield texts if count > 1 else texts[0]


def test_everything_that_the_code_looks_up_is_found_by_make_messages(extracted):
    assert set(looked_up()) == extracted


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_and_none_is_left_over(language, extracted):
    assert {message.id for message in messages(language)} == extracted
    assert not catalogue(language).obsolete
    for message in messages(language):
        assert all(string.strip() for string in forms(message.string)), message.id
        assert not message.fuzzy, message.id
        assert not list(message.check(catalogue(language)))


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param(r"%(?:\(\w+\)\w|%)", id="placeholders"),
        pytest.param(r"/[a-z]+", id="commands"),
        pytest.param(r"(?<![\w-])\d+(?!\w)", id="numbers"),
        pytest.param(r"[:.!?]$", id="final punctuation"),
        pytest.param(r"\n", id="paragraphs"),
        pytest.param(r"MTCNN|FER-2013|PrivateTest|MIT|JPEG|PNG|WebP|HEIC|Telegram", id="proper names"),
    ],
)
def test_a_translation_holds_what_its_original_holds(language, pattern):
    for message in messages(language):
        wanted = Counter(re.findall(pattern, forms(message.id)[-1]))
        for string in forms(message.string):
            assert Counter(re.findall(pattern, string)) == wanted, string


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_sentence_is_left_in_english(language):
    for message in messages(language):
        original = re.sub(r"%\(\w+\)\w", "", forms(message.id)[-1])
        if len(re.findall(r"[a-z]{2,}", original)) > 1:
            assert forms(message.id)[-1] not in forms(message.string)


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_has_stray_spaces(language):
    for message in messages(language):
        for string in forms(message.string):
            assert string == string.strip()
            assert not re.search(r" {2}| \n|\n{3}| [,.;]", string), string


@pytest.mark.parametrize("language", TRANSLATED)
def test_plurals_follow_the_rule_of_the_language(language):
    rule = get_plural(language)
    translations = gettext.translation(DOMAIN, LOCALE, [language])
    (message,) = [message for message in messages(language) if "%(count)d face: %(faces)s" in message.id]
    assert len(message.string) == rule.num_plurals
    plural = gettext.c2py(rule.plural_expr)
    for count in COUNTS:
        assert translations.ngettext(*message.id, count) == message.string[plural(count)]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_compiled_catalogue_is_the_written_one(language):
    fresh = io.BytesIO()
    write_mo(fresh, catalogue(language))
    assert (folder(language) / f"{DOMAIN}.mo").read_bytes() == fresh.getvalue(), "run `make messages`"


def test_there_is_a_catalogue_for_each_language_but_the_one_of_the_code():
    assert {folder.name for folder in LOCALE.iterdir()} == set(TRANSLATED)
