"""What /privacy says is kept, and for how long, against the template and the code that keep it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from emotion_bot.chat.texts import LANGUAGES, texts
from emotion_bot.once import REMEMBERED
from emotion_bot.records import ALBUM_KEPT, LANGUAGE_KEPT, PACE_KEPT

MINUTE, HOUR, DAY = 60, 3600, 86_400
METRICS_KEPT = 15
"""Months, by CloudWatch; X-Ray forgets its traces after 30 days. Neither can be set."""

PLACES = {
    "en": "queue table limit language buttons logs statistics encrypted",
    "de": "warteschlange tabelle begrenzung sprache knöpfe protokolle statistik verschlüsselt",
    "es": "cola tabla límite idioma botones registros estadísticas cifrado",
    "pt": "fila tabela limite idioma botões logs estatísticas criptografado",
    "ru": "очередь таблица ограничение язык кнопки журналы статистика зашифрованном",
    "uk": "черга таблиця обмеження мова кнопки журнали статистика зашифрованому",
}


def item(start):
    """The line of /privacy in English that begins so."""
    (line,) = re.findall(rf"^• {start}: .*$", texts("en").privacy, re.MULTILINE)
    return line


def test_jobs_are_kept_no_longer_than_it_says(stack):
    queues = stack.of_type("AWS::SQS::Queue").values()
    longest = max(queue["MessageRetentionPeriod"] for queue in queues)
    assert f"for at most {longest // DAY} days after the last try" in item("Queue")


def test_records_of_answers_apologies_and_albums_are_kept_as_long_as_it_says():
    assert f"about {REMEMBERED // HOUR} hours" in item("Table")
    assert ALBUM_KEPT == REMEMBERED


def test_how_much_a_chat_sent_is_kept_as_long_as_it_says():
    assert f"about {PACE_KEPT // MINUTE} minutes" in item("Limit")


def test_a_language_is_kept_as_long_as_it_says():
    assert "for a year after it was last chosen" in item("Language")
    assert LANGUAGE_KEPT == 365 * DAY


def test_logs_are_kept_as_long_as_it_says_unless_the_operator_chose_otherwise(stack):
    kept = {group["RetentionInDays"] for group in stack.of_type("AWS::Logs::LogGroup").values()}
    assert kept == {stack.parameters["LogRetentionDays"]}
    assert f"for {kept.pop()} days unless whoever runs me set another time" in item("Logs")


def test_the_table_keeps_no_copy_of_what_it_forgot(stack):
    """A backup would remember for 35 days what /privacy says is deleted."""
    table = stack["RecordsTable"]
    assert table["TimeToLiveSpecification"]["Enabled"] is True
    assert (
        not {"PointInTimeRecoverySpecification", "StreamSpecification", "GlobalSecondaryIndexes"}
        & table.keys()
    )


def test_nothing_else_keeps_anything(stack):
    """A place that is new in the template must be new in /privacy too. Models are nobody's data."""
    kinds = Counter(resource["Type"] for resource in stack.resources.values())
    assert kinds["AWS::SQS::Queue"] == 2
    assert kinds["AWS::DynamoDB::Table"] == kinds["AWS::S3::Bucket"] == 1
    assert kinds["AWS::Logs::LogGroup"] == len(stack.functions)
    assert kinds.keys() == {
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Role",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::Serverless::Function",
        "AWS::Serverless::LayerVersion",
        "Custom::TelegramWebhook",
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_places_and_times(language, stack):
    privacy = texts(language).privacy.casefold()
    *kept, encrypted = PLACES[language].split()
    assert re.findall(r"^• (\w+):", privacy, re.MULTILINE) == kept
    assert encrypted in privacy
    times = (14, REMEMBERED // HOUR, PACE_KEPT // MINUTE, stack.parameters["LogRetentionDays"], METRICS_KEPT)
    assert Counter(map(int, re.findall(r"\d+", privacy))) == Counter(times)
    assert {"/delete", "/language"} <= set(re.findall(r"/[a-z]+", privacy))
    assert texts(language).wrong_button.casefold() in privacy


@pytest.mark.parametrize(
    ("language", "year"),
    [("en", "a year"), ("de", "ein jahr"), ("es", "un año"), ("pt", "um ano"), ("ru", "год"), ("uk", "рік")],
)
def test_a_year_is_a_year_in_every_language(language, year):
    assert year in texts(language).privacy.casefold()
