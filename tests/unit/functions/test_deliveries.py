"""Each delivery of a job, and each way in which it can fail: what the sender hears, when it comes again."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from types import SimpleNamespace

import httpx
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import STATUS_CONSTANTS
from botocore.exceptions import ClientError

from emotion_bot import farewell
from emotion_bot.bot import NoModel
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AlbumItem
from emotion_bot.records import JOBS_A_MINUTE
from emotion_bot.vision.apart import RecognitionFailed, RecognizerDied
from functions.recognizer import app
from tests.unit.fakes import FakeRecognizer, counted, face, logged
from tests.unit.functions.messages import ABOUT, ALBUM, PHOTO, SENT, batch, failures, record

DELIVERIES = [(1, 10), (2, 60), (3, None), (4, None), (5, 0)]
"""Each attempt, and the seconds until the next delivery; None: when the queue says."""
FAREWELL = 6
JOBS = {"photo": PHOTO, "album": ALBUM, "about": ABOUT, "flood": ABOUT | {"kind": "flood"}}
BLOCKED = (403, "Forbidden: bot was blocked by the user")
NO_PHOTOS = (400, "Bad Request: not enough rights to send photos to the chat")


@pytest.fixture
def deliver(bot, context):
    """Whether a job is done with at a delivery."""

    def is_done(job=PHOTO, delivery=1, context=context):
        return failures(app.handler(batch(record(job, 1, delivery)), context)) == []

    return is_done


def hidden(bot):
    """Until the next delivery, in seconds, of each that failed."""
    return [change["VisibilityTimeout"] for change in bot.sqs.hidden]


def apology(kind, language):
    words = texts(language)
    sentences = {"photo": words.apology, "album": words.album_apology, "about": words.about_apology}
    return sentences.get(kind) or words.too_many(JOBS_A_MINUTE)


def sent(api):
    return [method for method in api.methods if method.startswith("send")]


def lose_the_file(bot, api):
    api.fail("getFile", 500)


def lose_the_answer(bot, api):
    api.fail("sendPhoto", 502)


def reject_the_token(bot, api):
    api.fail("getFile", 401, "Unauthorized")


def take_the_model_away(bot, api):
    bot.model.error = NoModel("models holds no current.json")


def kill_the_recognizer(bot, api):
    bot.recognizer.error = RecognizerDied("signal 9")


def stumble(bot, api):
    bot.recognizer.error = RecognitionFailed("ZeroDivisionError in crop.py, line 7")


def take_the_table_away(bot, api):
    bot.answered.is_gone = True


FAILURES = {
    lose_the_file: (["PhotoFailed"], []),
    lose_the_answer: (["PhotoFailed", "AnswerUncertain"], ["sendPhoto"]),
    reject_the_token: (["PhotoFailed", "TokenUnavailable"], []),
    take_the_model_away: (["PhotoFailed"], []),
    kill_the_recognizer: (["PhotoFailed", "RecognizerDied"], []),
    stumble: (["PhotoFailed"], []),
    take_the_table_away: (["PhotoFailed"], []),
}
"""What can go wrong, what is counted then, and what was sent all the same."""


class TestAttempts:
    @pytest.mark.parametrize(("delivery", "seconds"), DELIVERIES)
    @pytest.mark.parametrize("fail", FAILURES, ids=lambda fail: fail.__name__)
    def test_one_that_fails_is_counted_and_forgotten_comes_again_and_says_nothing(
        self, bot, api, deliver, log, capsys, fail, delivery, seconds
    ):
        fail(bot, api)
        metrics, out = FAILURES[fail]
        assert not deliver(PHOTO, delivery)
        assert hidden(bot) == ([] if seconds is None else [seconds])
        assert sent(api) == out
        assert bot.answered.records == {}
        assert counted(capsys.readouterr().out) == dict.fromkeys(["Jobs", *metrics], 1)
        (line,) = logged(log.getvalue())
        assert (line["level"], line["update_id"], line["attempt"]) == ("ERROR", 7, delivery)

    @pytest.mark.parametrize("fail", FAILURES, ids=lambda fail: fail.__name__)
    def test_when_the_trouble_is_over_the_next_one_answers(self, bot, api, deliver, fail):
        fail(bot, api)
        assert not deliver()
        bot.model.error = bot.recognizer.error = None
        bot.answered.is_gone = False
        assert deliver(PHOTO, 2)
        assert sent(api)[-1] == "sendPhoto"

    @pytest.mark.parametrize("delivery", [1, 3, 5])
    def test_where_telegram_says_when_it_comes_exactly_then(self, bot, api, deliver, delivery):
        api.fail("sendPhoto", 429, retry_after=400)
        assert not deliver(PHOTO, delivery)
        assert bot.sqs.hidden == [
            {"QueueUrl": "https://sqs.test/1/photos", "ReceiptHandle": "handle-1", "VisibilityTimeout": 401}
        ]

    def test_it_is_never_hidden_for_longer_than_sqs_can(self, bot, api, deliver):
        api.fail("sendPhoto", 429, retry_after=100_000)
        assert not deliver()
        (seconds,) = hidden(bot)
        assert 42_000 < seconds <= 12 * 60 * 60 - 120  # the time that it is out already counts

    def test_without_leave_to_hide_it_it_comes_when_the_queue_says(self, bot, api, deliver, log):
        bot.sqs.error = ClientError({"Error": {"Code": "AccessDenied"}}, "ChangeMessageVisibility")
        lose_the_file(bot, api)
        assert not deliver()
        assert logged(log.getvalue())[-1]["message"] == "the job comes back when the queue says"

    @pytest.mark.parametrize("delivery", range(1, FAREWELL + 1))
    def test_a_message_that_is_no_job_comes_again_and_is_parked(
        self, bot, api, deliver, capsys, log, delivery
    ):
        """Perhaps a webhook of a newer version queued it, while the recognizer is being deployed."""
        assert not deliver('{"version": 2}', delivery)
        seconds = dict(DELIVERIES).get(delivery, 0)
        assert hidden(bot) == ([] if seconds is None else [seconds])
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "UnreadableJob": 1}
        assert api.methods == []

    def test_a_bug_is_logged_with_its_trace(self, bot, deliver, log):
        bot.recognizer.error = ZeroDivisionError()
        assert not deliver()
        assert logged(log.getvalue())[0]["exception_name"] == "ZeroDivisionError"

    def test_an_answer_that_may_be_out_is_logged_as_such(self, bot, api, deliver, log):
        api.answers["sendPhoto"] = [httpx.ReadTimeout("no answer")]
        assert not deliver()
        (line,) = logged(log.getvalue())
        assert (line["update_id"], line["uncertain"]) == (7, True)

    def test_one_that_is_certainly_not_out_is_not(self, bot, api, deliver, log, capsys):
        api.answers["sendPhoto"] = [httpx.ConnectError("no route")]
        assert not deliver()
        assert "AnswerUncertain" not in counted(capsys.readouterr().out)
        assert "uncertain" not in logged(log.getvalue())[0]

    @pytest.mark.parametrize("error", [ConnectionError(), None], ids=["not remembered", "remembered"])
    def test_an_answer_that_is_out_is_not_sent_again_for_want_of_memory(
        self, bot, api, deliver, log, capsys, error
    ):
        bot.answered.error = error
        assert deliver(PHOTO, 5)
        assert sent(api) == ["sendPhoto"]
        messages = [line["message"] for line in logged(log.getvalue())]
        assert ("photo answered, but not remembered" in messages) == bool(error)
        assert counted(capsys.readouterr().out).get("NotRemembered", 0) == bool(error)

    def test_why_an_attempt_failed_is_told_even_if_the_table_cannot_let_go_of_it(
        self, bot, api, deliver, capsys
    ):
        bot.answered.error = ConnectionError()
        api.fail("sendPhoto", 429, retry_after=30)
        assert not deliver()
        assert hidden(bot) == [31]

    @pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
    def test_whoever_blocked_the_bot_is_not_written_to_again(self, bot, api, deliver, capsys, job):
        bot.albums.items = (AlbumItem(message_id=3, file_id="photo"),)
        for method in ("sendPhoto", "sendMessage"):
            api.fail(method, *BLOCKED)
        assert deliver(job)
        assert len(sent(api)) == 1
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "Undeliverable": 1}

    def test_where_photos_are_refused_a_sentence_says_so(self, bot, api, deliver):
        api.fail("sendPhoto", *NO_PHOTOS)
        assert deliver()
        assert api.sent("sendMessage")["text"] == texts("en").apology
        assert deliver()
        assert len(sent(api)) == 2

    def test_where_even_that_sentence_is_refused_the_job_is_done(self, bot, api, deliver, capsys):
        api.fail("sendPhoto", *NO_PHOTOS)
        api.fail("sendMessage", *BLOCKED)
        assert deliver()
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "Undeliverable": 2}

    def test_where_that_sentence_does_not_get_through_it_is_an_attempt_that_failed(self, bot, api, deliver):
        api.fail("sendPhoto", *NO_PHOTOS)
        api.fail("sendMessage", 500)
        assert not deliver()
        assert hidden(bot) == [10]
        assert bot.answered.records == {}


class TestMetrics:
    @pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
    def test_how_long_its_sender_waited_is_measured_once_it_is_answered(
        self, bot, api, deliver, capsys, monkeypatch, job
    ):
        bot.albums.items = (AlbumItem(message_id=3, file_id="photo"),)
        monkeypatch.setattr("emotion_bot.delivery.time", lambda: SENT / 1000 + 4.5)
        api.fail("sendPhoto", 500)
        api.fail("sendMessage", 500)
        assert not deliver(job)
        assert "AnswerMilliseconds" not in capsys.readouterr().out
        assert deliver(job, 2)
        (line,) = (line for line in capsys.readouterr().out.splitlines() if "AnswerMilliseconds" in line)
        assert json.loads(line)["AnswerMilliseconds"] == [pytest.approx(4500)]

    def test_one_that_was_answered_before_is_not_measured_again(self, deliver, capsys):
        assert deliver()
        capsys.readouterr()
        assert deliver()
        assert "AnswerMilliseconds" not in capsys.readouterr().out

    def test_whoever_is_told_of_a_flood_waits_for_no_model(self, bot, api, deliver, log):
        take_the_model_away(bot, api)
        assert deliver(JOBS["flood"])
        assert [line["message"] for line in logged(log.getvalue())] == ["flood answered"]


class TestTwins:
    """The same update came twice, so that there are two jobs; or an attempt was killed."""

    @pytest.mark.parametrize(("delivery", "seconds"), DELIVERIES)
    def test_while_one_is_at_work_the_other_comes_later(
        self, bot, api, context, monkeypatch, capsys, delivery, seconds
    ):
        inner = []

        def recognize(photo):
            inner.append(app.handler(batch(record(PHOTO, 2, delivery)), context))
            return FakeRecognizer(face()).recognize(photo)

        monkeypatch.setattr(bot.recognizer, "recognize", recognize)
        assert failures(app.handler(batch(record(PHOTO)), context)) == []
        assert failures(inner[0]) == ["message-2"]
        assert hidden(bot) == ([] if seconds is None else [seconds])
        assert sent(api) == ["sendPhoto"]
        assert '"AlreadyInProgress":[1.0]' in capsys.readouterr().out.replace(" ", "")

    @pytest.mark.parametrize("delivery", range(1, FAREWELL + 1))
    def test_once_it_is_answered_the_other_is_done(self, bot, api, deliver, delivery):
        assert deliver()
        assert deliver(PHOTO, delivery)
        assert sent(api) == ["sendPhoto"]

    def test_after_a_kill_the_next_one_takes_over_when_the_time_is_up(
        self, bot, api, deliver, records, monkeypatch
    ):
        """The real table's conditions; the queue hands the message out after six timeouts."""
        table = DynamoDBPersistenceLayer(table_name="records", boto3_client=records.client)
        parts = replace(bot, answered=table)
        monkeypatch.setattr(app, "bot", lambda: parts)
        table.save_inprogress({"update_id": 7}, remaining_time_in_millis=60_000)  # and then it was killed
        put_forward(monkeypatch, 59)
        assert not deliver(PHOTO, 2)
        put_forward(monkeypatch, 61)
        assert deliver(PHOTO, 3)
        assert sent(api) == ["sendPhoto"]
        (kept,) = records.kept().values()
        assert kept["status"]["S"] == "COMPLETED"

    def test_after_a_kill_at_the_last_attempt_there_is_a_farewell(
        self, bot, api, deliver, records, monkeypatch
    ):
        tables = [
            DynamoDBPersistenceLayer(table_name="records", boto3_client=records.client) for _ in range(2)
        ]
        parts = replace(bot, answered=tables[0], apologised=tables[1])
        monkeypatch.setattr(app, "bot", lambda: parts)
        tables[0].save_inprogress({"update_id": 7}, remaining_time_in_millis=60_000)
        put_forward(monkeypatch, 360)
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == ["sendMessage"]
        assert [key.partition("#")[0] for key in records.kept()] == ["apology"]


def put_forward(monkeypatch, seconds):
    """Powertools' clock."""
    later = datetime.timedelta(seconds=seconds)
    clock = SimpleNamespace(
        datetime=SimpleNamespace(now=lambda: datetime.datetime.now() + later),  # noqa: DTZ005 - as there
        timedelta=datetime.timedelta,
    )
    for module in ("base", "persistence.base", "persistence.dynamodb"):
        monkeypatch.setattr(f"aws_lambda_powertools.utilities.idempotency.{module}.dt", clock)


class TestFarewell:
    @pytest.mark.parametrize("language", ["en", "ru"])
    @pytest.mark.parametrize("kind", JOBS)
    def test_the_sender_is_told_once_and_the_job_is_parked(
        self, bot, api, deliver, log, capsys, kind, language
    ):
        take_the_model_away(bot, api)  # it is not needed
        job = JOBS[kind] | {"language": language}
        assert not deliver(job, FAREWELL)
        assert api.methods == ["sendMessage"]
        assert api.sent("sendMessage")["text"] == apology(kind, language)
        assert hidden(bot) == [0]
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "GivenUp": 1}
        (line,) = logged(log.getvalue())
        assert (line["level"], line["message"], line["update_id"]) == ("ERROR", f"{kind} given up", 7)

    def test_a_job_that_is_put_back_into_the_queue_is_answered(self, api, deliver):
        assert not deliver(PHOTO, FAREWELL)
        assert deliver(PHOTO, 1)
        assert sent(api) == ["sendMessage", "sendPhoto"]

    def test_if_that_is_in_vain_the_sender_does_not_hear_it_again(self, bot, api, deliver, capsys):
        assert not deliver(PHOTO, FAREWELL)
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == ["sendMessage"]
        assert capsys.readouterr().out.count('"GivenUp":[1.0]') == 2

    def test_where_the_apology_does_not_get_through_it_is_counted(self, bot, api, deliver, log, capsys):
        api.fail("sendMessage", 500)
        assert not deliver(PHOTO, FAREWELL)
        assert hidden(bot) == [0]
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "GivenUp": 1, "NotApologised": 1}
        assert logged(log.getvalue())[-1]["message"] == "no apology sent"
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == ["sendMessage", "sendMessage"]

    @pytest.mark.parametrize("failure", [BLOCKED, (401, "Unauthorized")])
    def test_so_is_one_that_telegram_refuses(self, api, deliver, capsys, failure):
        api.fail("sendMessage", *failure)
        assert not deliver(PHOTO, FAREWELL)
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "GivenUp": 1, "NotApologised": 1}

    def test_it_waits_for_as_long_as_telegram_says(self, api, deliver, monkeypatch, capsys):
        waits = []

        async def note(seconds):
            waits.append(seconds)

        monkeypatch.setattr("emotion_bot.chat.telegram.asyncio.sleep", note)
        api.fail("sendMessage", 429, retry_after=40)
        assert not deliver(PHOTO, FAREWELL)
        assert (waits, sent(api)) == ([40], ["sendMessage"] * 2)
        assert "NotApologised" not in counted(capsys.readouterr().out)

    def test_while_another_attempt_is_at_work_it_waits_and_leaves_the_word_to_it(
        self, bot, api, deliver, monkeypatch
    ):
        bot.answered.save_inprogress({"update_id": 7}, remaining_time_in_millis=60_000)
        (other,) = bot.answered.records.values()
        monkeypatch.setattr(
            farewell, "sleep", lambda _: setattr(other, "_status", STATUS_CONSTANTS["COMPLETED"])
        )
        assert deliver(PHOTO, FAREWELL)
        assert sent(api) == []

    def test_if_that_attempt_fails_it_apologises(self, bot, api, deliver, monkeypatch):
        bot.answered.save_inprogress({"update_id": 7}, remaining_time_in_millis=60_000)
        monkeypatch.setattr(farewell, "sleep", lambda _: bot.answered.records.clear())
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == ["sendMessage"]

    def test_it_waits_no_longer_than_it_has_time(self, bot, api, deliver, context, monkeypatch, capsys):
        bot.answered.save_inprogress({"update_id": 7}, remaining_time_in_millis=60_000)
        monkeypatch.setattr(
            farewell, "sleep", lambda seconds: setattr(context, "milliseconds", context.milliseconds - 1e4)
        )
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == []
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "AlreadyInProgress": 1}

    def test_without_the_table_the_sender_is_told_all_the_same(self, bot, api, deliver, capsys):
        bot.answered.is_gone = bot.apologised.is_gone = True
        assert not deliver(PHOTO, FAREWELL)
        assert sent(api) == ["sendMessage"]
        assert counted(capsys.readouterr().out) == {"Jobs": 1, "GivenUp": 1}

    def test_a_job_is_seen_through_from_first_to_last(self, bot, api, deliver, capsys):
        """The queue parks it after the sixth delivery."""
        kill_the_recognizer(bot, api)
        assert [deliver(PHOTO, delivery) for delivery in range(1, 7)] == [False] * 6
        assert hidden(bot) == [10, 60, 0, 0]
        assert sent(api) == ["sendMessage"]
