"""The webhook: who may come in, what is queued, what is said at once."""

from __future__ import annotations

import base64
import json
import runpy

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.chat.faces import SeenFace
from emotion_bot.chat.texts import texts
from emotion_bot.jobs import AboutJob, AlbumItem, AlbumJob, FloodJob, PhotoJob, read_job
from emotion_bot.records import Albums
from functions.webhook import app
from tests.unit.fakes import SECRET, counted, logged

pytestmark = pytest.mark.usefixtures("records")

ONE_FACE = SeenFace(("happy",), {"happy": 1.0, "sad": 0.0, "neutral": 0.0}, (60, 80))
UNREACHABLE = EndpointConnectionError(endpoint_url="https://aws.test")
REFUSED = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "AnyOperation")
PHOTO = {
    "update_id": 7,
    "message": {
        "message_id": 3,
        "date": 1,
        "chat": {"id": 5, "type": "private", "first_name": "Zaphod"},
        "from": {"id": 5, "is_bot": False, "first_name": "Zaphod", "language_code": "ru"},
        "photo": [{"file_id": "F", "file_unique_id": "U", "width": 90, "height": 60, "file_size": 5}],
        "caption": "on holiday",
    },
}


def text(words, update_id=7):
    message = {key: value for key, value in PHOTO["message"].items() if key not in ("photo", "caption")}
    return {"update_id": update_id, "message": message | {"text": words}}


def album_item(number, **content):
    """The update of an album's photo; the first one has the ids of PHOTO."""
    message = PHOTO["message"] | {"message_id": 2 + number, "media_group_id": "138", **content}
    return {"update_id": 6 + number, "message": message}


def video(number):
    update = album_item(number, video=PHOTO["message"]["photo"][0] | {"duration": 1})
    del update["message"]["photo"]
    return update


def press(data, language="ru", update_id=7):
    chat = PHOTO["message"]["chat"]
    person = PHOTO["message"]["from"] | {"language_code": language}
    message = {"message_id": 3, "date": 1, "chat": chat}
    query = {"id": "77", "from": person, "chat_instance": "1", "message": message, "data": data}
    return {"update_id": update_id, "callback_query": query}


def said(response):
    """The Bot API call in a response."""
    assert response["statusCode"] == 200
    return json.loads(response.get("body", "{}"))


def event(update, secret=SECRET, *, query="", encode=False):
    body = update if isinstance(update, str) else json.dumps(update)
    if encode:
        body = base64.b64encode(body.encode()).decode()
    headers = {"content-type": "application/json"} | ({} if secret is None else {SECRET_HEADER: secret})
    return {
        "version": "2.0",
        "rawQueryString": query,
        "headers": headers,
        "body": body,
        "isBase64Encoded": encode,
    }


@pytest.mark.parametrize("encode", [False, True])
def test_a_photo_is_queued_before_telegram_hears_of_it(queue, context, encode, capsys):
    response = app.handler(event(PHOTO, encode=encode), context)
    (body,) = queue.bodies
    assert PhotoJob.model_validate_json(body) == PhotoJob(
        update_id=7, chat_id=5, message_id=3, language="ru", file_id="F", file_unique_id="U", file_size=5
    )
    assert queue.groups == ["5"]
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {
        "method": "sendChatAction",
        "chat_id": 5,
        "action": "upload_photo",
    }
    assert counted(capsys.readouterr().out) == {"PhotoRequest": 1}


def test_a_command_is_answered_in_the_response(queue, context):
    response = app.handler(event(text("/help")), context)
    call = json.loads(response["body"])
    assert (call["method"], call["chat_id"]) == ("sendMessage", 5)
    assert "20 МБ" in call["text"]
    assert response["headers"]["content-type"] == "application/json"
    assert not queue.bodies


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET + "x", "секрет", "\ud83d", f"{SECRET},{SECRET}"]
)
def test_a_wrong_secret_is_turned_away_with_nothing_queued(queue, context, secret, capsys):
    assert app.handler(event(PHOTO, secret), context) == {"statusCode": 403}
    assert not queue.bodies
    assert counted(capsys.readouterr().out) == {"WrongSecret": 1}


def test_a_secret_that_cannot_be_read_is_our_trouble_and_not_the_callers(queue, context, parameters, capsys):
    del parameters.values["secret"]
    assert app.handler(event(PHOTO), context) == {"statusCode": 503}
    assert not queue.bodies
    assert counted(capsys.readouterr().out) == {"SecretUnavailable": 1}


def test_the_secret_is_read_once_while_it_is_fresh(queue, context, parameters, monkeypatch):
    app.handler(event(PHOTO), context)
    monkeypatch.setattr(parameters, "values", {})
    assert app.handler(event(PHOTO), context)["statusCode"] == 200


class Clock:
    """Seconds, as a test says; and the reads of SSM meanwhile."""

    def __init__(self, parameters, monkeypatch):
        self.now, self.reads, self.error = 1000.0, 0, None
        self._read = parameters._get
        monkeypatch.setattr(app, "monotonic", lambda: self.now)
        monkeypatch.setattr(parameters, "_get", self.read)

    def read(self, name, **options):
        self.reads += 1
        if self.error:
            raise self.error
        return self._read(name, **options)


@pytest.fixture
def clock(parameters, monkeypatch):
    return Clock(parameters, monkeypatch)


def test_a_new_secret_is_taken_over_when_telegram_comes_with_it(queue, context, parameters, clock):
    assert app.handler(event(PHOTO), context)["statusCode"] == 200
    parameters.values["secret"] = "rotated"
    assert app.handler(event(PHOTO, "rotated"), context)["statusCode"] == 200
    assert app.handler(event(PHOTO, "rotated"), context)["statusCode"] == 200
    assert clock.reads == 2
    assert app.handler(event(PHOTO), context) == {"statusCode": 403}
    assert len(queue.bodies) == 3


def test_strangers_make_the_webhook_look_once_in_a_while_and_no_more(queue, context, parameters, clock):
    for _ in range(5):
        assert app.handler(event(PHOTO, "wrong"), context) == {"statusCode": 403}
    assert clock.reads == 2  # the first for want of any
    parameters.values["secret"] = "rotated"
    clock.now += app.SECRET_LOOK - 1
    assert app.handler(event(PHOTO, "rotated"), context) == {"statusCode": 403}  # Telegram comes again
    clock.now += 1
    assert app.handler(event(PHOTO, "rotated"), context)["statusCode"] == 200
    assert clock.reads == 3


def test_while_ssm_is_out_of_reach_the_secret_that_is_known_goes_on_to_count(queue, context, clock, capsys):
    app.handler(event(PHOTO), context)
    clock.error = UNREACHABLE
    assert app.handler(event(PHOTO, "rotated?"), context) == {"statusCode": 503}  # nobody knows
    assert app.handler(event(PHOTO, "rotated?"), context) == {"statusCode": 403}
    assert app.handler(event(PHOTO), context)["statusCode"] == 200
    assert clock.reads == 2
    assert counted(capsys.readouterr().out) == {"SecretUnavailable": 1, "WrongSecret": 1, "PhotoRequest": 1}
    assert len(queue.bodies) == 2


def test_the_secret_is_compared_in_constant_time_only(queue, context, monkeypatch):
    """Were it compared in any other way too, a comparison that never says yes would let somebody in."""
    compared = []
    monkeypatch.setattr(app.hmac, "compare_digest", lambda *both: bool(compared.append(both)))
    assert app.handler(event(PHOTO), context) == {"statusCode": 403}
    assert compared == 2 * [(SECRET.encode(), SECRET.encode())]


@pytest.mark.parametrize("update", [PHOTO, text("/about"), album_item(1)], ids=["photo", "about", "album"])
@pytest.mark.parametrize("error", [UNREACHABLE, REFUSED])
def test_telegram_keeps_what_cannot_be_queued(queue, context, update, error, capsys, log):
    queue.error = error
    assert app.handler(event(update), context) == {"statusCode": 503}
    assert counted(capsys.readouterr().out) == {"QueueUnavailable": 1}
    assert logged(log.getvalue())[0]["update_id"] == 7


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "7",
        '"text"',
        "[" * 100_000,
        '{"update_id": 1e400, "message": {}}',
        "x" * (1 << 20) + "x",
    ],
)
def test_what_is_no_update_is_counted_and_not_sent_again(queue, context, body, capsys):
    assert app.handler(event(body), context) == {"statusCode": 200}
    assert counted(capsys.readouterr().out) == {"MalformedUpdate": 1}
    assert not queue.bodies


def test_a_body_that_is_no_base64_is_malformed(queue, context, capsys):
    broken = event("") | {"body": "%%%", "isBase64Encoded": True}
    assert app.handler(broken, context) == {"statusCode": 200}
    assert counted(capsys.readouterr().out) == {"MalformedUpdate": 1}


def test_an_album_is_queued_once_and_waits_for_its_other_items(queue, context, dynamodb):
    announced = [said(app.handler(event(album_item(number)), context)) for number in (1, 2, 3)]
    (body,) = queue.bodies
    job = AlbumJob(update_id=7, chat_id=5, message_id=3, language="ru", album_id="138")
    assert read_job(body) == job
    assert queue.delays == [app.ALBUM_WAIT]
    assert [call.get("action") for call in announced] == ["upload_photo", None, None]
    items = Albums(dynamodb, "records").take(job)
    assert items == tuple(AlbumItem(message_id=number, file_id="F") for number in (3, 4, 5))


def test_an_album_whose_job_was_not_queued_is_queued_when_telegram_comes_again(queue, context):
    queue.error = UNREACHABLE
    assert app.handler(event(album_item(1)), context) == {"statusCode": 503}
    queue.error = None
    assert app.handler(event(album_item(1)), context)["statusCode"] == 200
    assert len(queue.bodies) == 1


def test_whoever_comes_after_the_album_was_answered_is_answered_alone(queue, context, dynamodb):
    app.handler(event(album_item(1)), context)
    Albums(dynamodb, "records").take(read_job(queue.bodies[0]))
    assert said(app.handler(event(album_item(2)), context))["action"] == "upload_photo"
    late = read_job(queue.bodies[1])
    assert isinstance(late, PhotoJob)
    assert (late.message_id, late.file_id, queue.delays[1]) == (4, "F", 0)
    assert said(app.handler(event(video(3)), context))["text"] == texts("ru").unsupported("video")
    assert len(queue.bodies) == 2


def test_the_same_item_again_is_nothing_new(queue, context, dynamodb):
    for number in (1, 2, 2):
        app.handler(event(album_item(number)), context)
    Albums(dynamodb, "records").take(read_job(queue.bodies[0]))
    for number in (1, 2):
        assert said(app.handler(event(album_item(number)), context)) == {}
    assert len(queue.bodies) == 1


def test_what_is_no_photo_is_in_the_album_too(queue, context, dynamodb):
    app.handler(event(video(1)), context)
    items = Albums(dynamodb, "records").take(read_job(queue.bodies[0]))
    assert items == (AlbumItem(message_id=3, refusal="unsupported"),)


def photo(number, **message):
    """The update of a chat's photo; all within a minute."""
    return {"update_id": number, "message": PHOTO["message"] | {"message_id": number, **message}}


def queued(queue):
    """What is queued: of which kind, for which update."""
    return [(job.kind, job.update_id) for job in map(read_job, queue.bodies)]


def test_the_queue_can_tell_chats_apart_but_not_which_they_are(queue, context):
    """So that SQS can be fair to them; it encrypts a job, but not its group."""
    chats = [{"id": number, "type": "private", "first_name": "Ford"} for number in (7123456789, 7123456790)]
    for update_id, chat in enumerate(chats):
        app.handler(event(photo(update_id, chat=chat)), context)
    assert queue.groups == ["789", "790"]


@pytest.fixture
def two_a_minute(monkeypatch):
    monkeypatch.setattr("emotion_bot.records.JOBS_A_MINUTE", 2)


@pytest.mark.usefixtures("two_a_minute")
def test_who_floods_is_told_once_and_nobody_else_is_kept_out(queue, context, capsys):
    answers = [said(app.handler(event(photo(number)), context)) for number in (1, 2, 3, 4, 5)]
    assert queued(queue) == [("photo", 1), ("photo", 2), ("flood", 3)]
    assert [answer.get("action") for answer in answers] == [
        "upload_photo",
        "upload_photo",
        "typing",
        None,
        None,
    ]
    assert read_job(queue.bodies[2]) == FloodJob(update_id=3, chat_id=5, message_id=3, language="ru")
    assert counted(capsys.readouterr().out) == {"PhotoRequest": 1, "TooMany": 1}
    somebody_else = {"id": 6, "type": "private", "first_name": "Ford"}
    app.handler(event(photo(6, chat=somebody_else)), context)
    app.handler(event(photo(7, date=61)), context)
    assert queued(queue)[3:] == [("photo", 6), ("photo", 7)]


@pytest.mark.usefixtures("two_a_minute")
def test_an_update_that_comes_again_is_answered_as_it_was(queue, context):
    answers = [said(app.handler(event(photo(number)), context)) for number in (1, 2, 3, 4)]
    assert [said(app.handler(event(photo(number)), context)) for number in (1, 2, 3, 4)] == answers
    assert queued(queue) == 2 * [("photo", 1), ("photo", 2), ("flood", 3)]


@pytest.mark.usefixtures("two_a_minute")
def test_of_an_album_over_the_limit_there_is_one_answer_to_what_was_admitted(queue, context, dynamodb):
    app.handler(event(photo(1)), context)
    answers = [said(app.handler(event(album_item(number)), context)) for number in (1, 2, 3)]
    assert [answer.get("action") for answer in answers] == ["upload_photo", "typing", None]
    assert queued(queue) == [("photo", 1), ("album", 7), ("flood", 8)]
    items = Albums(dynamodb, "records").take(read_job(queue.bodies[1]))
    assert items == (AlbumItem(message_id=3, file_id="F"),)


@pytest.mark.usefixtures("two_a_minute")
def test_an_album_whose_first_item_is_too_many_is_opened_by_one_of_the_next_minute(queue, context, dynamodb):
    for number in (1, 2):
        app.handler(event(photo(number)), context)
    first, second = (said(app.handler(event(album_item(n, date=58 + n)), context)) for n in (1, 2))
    assert (first["action"], second["action"]) == ("typing", "upload_photo")
    assert queued(queue)[2:] == [("flood", 7), ("album", 8)]
    items = Albums(dynamodb, "records").take(read_job(queue.bodies[3]))
    assert items == (AlbumItem(message_id=4, file_id="F"),)


@pytest.mark.usefixtures("two_a_minute")
def test_only_what_makes_work_is_counted(queue, context):
    for number in range(1, 6):
        assert said(app.handler(event(text("/help", number)), context))["text"] == texts("ru").help
        assert said(app.handler(event(press("w1", update_id=number)), context))["text"] == texts("ru").counted
    for number in (1, 2, 3):
        assert said(app.handler(event(text("/about", number)), context))["action"] == "typing"
    assert queued(queue) == [("about", 1), ("about", 2), ("flood", 3)]


@pytest.mark.usefixtures("two_a_minute")
def test_that_it_was_too_many_is_said_though_the_queue_was_out_of_reach(queue, context):
    for number in (1, 2):
        app.handler(event(photo(number)), context)
    queue.error = UNREACHABLE
    assert app.handler(event(photo(3)), context) == {"statusCode": 503}
    queue.error = None
    for number in (3, 4):  # Telegram comes again, and only then with the next
        app.handler(event(photo(number)), context)
    assert queued(queue)[2:] == [("flood", 3)]


@pytest.mark.usefixtures("two_a_minute")
def test_where_nobody_knows_how_much_came_everything_is_let_through(queue, records, context, capsys, log):
    app.languages().chosen(5)
    records.error = UNREACHABLE
    for number in (1, 2, 3):
        assert said(app.handler(event(photo(number)), context))["method"] == "sendChatAction"
    assert len(queue.bodies) == 3
    assert counted(capsys.readouterr().out) == {"RecordsUnavailable": 1, "PhotoRequest": 1}


def test_where_table_and_queue_never_answer_the_update_is_put_off_in_time():
    """A chat's language and its pace are asked for, then what is needed: the queue, or an album's record."""

    def longest(config, pause):
        tries = config.retries["total_max_attempts"]
        return tries * max(config.connect_timeout, config.read_timeout) + (tries - 1) * pause

    table = longest(app.LITTLE_PATIENCE, pause=0.05)  # botocore's pauses: for DynamoDB, and for others
    assert max(2 * table + longest(app.PATIENCE, pause=1), 3 * table) < 10 - 0.5


def test_the_recognizer_is_asked_which_model_answers(queue, context):
    assert said(app.handler(event(text("/about")), context))["action"] == "typing"
    (body,) = queue.bodies
    assert read_job(body) == AboutJob(update_id=7, chat_id=5, message_id=3, language="ru")


def test_a_chat_is_spoken_to_in_the_language_that_it_chose(queue, records, context):
    assert said(app.handler(event(text("/help")), context))["text"] == texts("ru").help
    alert = said(app.handler(event(press("l1:de")), context))
    assert (alert["method"], alert["text"]) == ("answerCallbackQuery", texts("de").language_chosen)
    assert records.kept()["language#5"]["language"] == {"S": "de"}
    app.languages.cache_clear()  # as in another environment
    assert said(app.handler(event(text("/help")), context))["text"] == texts("de").help
    app.handler(event(PHOTO), context)
    assert read_job(queue.bodies[0]).language == "de"
    details = said(app.handler(event(press("f1:1:1:h:1000000:0:0:60x80")), context))
    assert details["text"] == texts("de").details(1, 1, ONE_FACE)


@pytest.mark.parametrize("undo", [text("/delete"), press("l1:")], ids=["delete", "automatic"])
def test_a_chosen_language_is_forgotten_on_request(queue, records, context, undo):
    app.handler(event(press("l1:de")), context)
    assert said(app.handler(event(undo), context))["text"] in (
        texts("de").deleted,
        texts("ru").language_chosen,
    )
    assert records.kept() == {}
    assert said(app.handler(event(text("/help")), context))["text"] == texts("ru").help


@pytest.mark.parametrize("error", [UNREACHABLE, REFUSED])
def test_without_the_records_a_chat_is_spoken_to_in_its_apps_language(
    queue, records, context, error, capsys, log
):
    records.error = error
    assert said(app.handler(event(text("/help")), context))["text"] == texts("ru").help
    assert counted(capsys.readouterr().out) == {"RecordsUnavailable": 1, "CommandRequest": 1}
    assert app.handler(event(PHOTO), context)["statusCode"] == 200
    assert len(queue.bodies) == 1


@pytest.mark.parametrize(
    "update",
    [album_item(1), text("/delete"), press("l1:de"), press("l1:")],
    ids=["album", "delete", "choose", "automatic"],
)
def test_telegram_keeps_what_must_be_recorded(queue, records, context, update, capsys):
    app.languages().chosen(5)
    records.error = UNREACHABLE
    assert app.handler(event(update), context) == {"statusCode": 503}
    assert counted(capsys.readouterr().out).keys() == {"RecordsUnavailable"}
    assert not queue.bodies


def test_wrong_is_counted_and_nothing_else_of_it_kept(queue, records, context, capsys, log):
    alert = said(app.handler(event(press("w1")), context))
    assert alert["text"] == texts("ru").counted
    output = capsys.readouterr().out
    assert counted(output) == {"SaidWrong": 1, "Press": 1}
    assert records.kept() == {}
    assert not queue.bodies
    assert log.getvalue() == ""
    assert not any(str(number) in json.loads(output) for number in (5, 77))


def test_a_button_that_is_not_ours_is_acknowledged_and_no_more(queue, records, context):
    call = said(app.handler(event(press("from another bot")), context))
    assert call == {"method": "answerCallbackQuery", "callback_query_id": "77"}
    assert records.kept() == {}


@pytest.mark.parametrize("query_id", ["\ud83d", "7 7", "", "7" * 65, 77, None])
def test_a_press_is_answered_by_an_id_such_as_telegrams_or_not_at_all(queue, context, query_id):
    """It stands in the answer, which half of a character would make unreadable."""
    update = press("w1")
    update["callback_query"]["id"] = query_id
    assert app.handler(event(update), context) == {"statusCode": 200}


def test_a_group_that_takes_the_bot_in_is_greeted_and_otherwise_left_alone(queue, context, capsys):
    group = {"chat": {"id": -5, "type": "group", "title": "G"}}
    us = {"id": 9, "is_bot": True, "first_name": "E", "username": "our_bot"}
    joined = {"update_id": 7, "message": text("")["message"] | group | {"new_chat_members": [us]}}
    del joined["message"]["text"]
    call = said(app.handler(event(joined, query="bot=our_bot"), context))
    assert (call["chat_id"], call["text"]) == (-5, texts("ru").start)
    photo = {"update_id": 8, "message": PHOTO["message"] | group}
    assert app.handler(event(photo, query="bot=our_bot"), context) == {"statusCode": 200}
    assert not queue.bodies
    assert counted(capsys.readouterr().out) == {"CommandRequest": 1, "Ignored": 1}


def test_the_bots_name_comes_with_the_webhooks_address(queue, context):
    group = text("/help@other_bot")
    group["message"]["chat"] = {"id": -5, "type": "group", "title": "G"}
    assert "body" not in app.handler(event(group, query="bot=our_bot"), context)
    assert "body" in app.handler(event(group, query="bot=other_bot"), context)


def test_neither_logs_nor_metrics_hold_what_people_sent_or_a_secret(queue, records, context, capsys, log):
    words = ["Zaphod", "on holiday", "heart of gold", SECRET, '"F"']
    app.handler(event(PHOTO), context)
    app.handler(event(text("heart of gold")), context)
    app.handler(event(PHOTO, "heart of gold"), context)
    app.handler(event('{"update_id": 1, "message": "heart of gold"}'), context)
    app.handler(event({"update_id": 1, "message": {"message_id": "heart of gold"}}), context)
    app.handler(event(album_item(1)), context)
    app.handler(event(press("heart of gold")), context)
    queue.error = records.error = UNREACHABLE
    app.handler(event(PHOTO), context)
    app.languages.cache_clear()
    app.handler(event(album_item(2)), context)
    output = "".join(capsys.readouterr()) + log.getvalue()
    assert len(logged(output)) == 7
    assert [word for word in words if word in output] == []


def test_a_request_without_headers_or_body_is_turned_away(queue, context):
    assert app.handler({"version": "2.0"}, context) == {"statusCode": 403}


def test_in_lambda_clients_are_made_and_the_secret_read_at_init(parameters, monkeypatch):
    """The module is run once more, as the runtime would import it. DynamoDB, by moto, has the table."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    module = runpy.run_path(app.__file__, run_name="app")
    for service in ("sqs", "dynamodb"):
        assert module[service].cache_info().currsize == 1
        assert module[service]().meta.service_model.service_name == service
    assert module["languages"]()._known.keys() == {0}
    parameters.values.clear()
    assert module["secret"]().read() == SECRET.encode()


def test_what_cannot_be_read_at_the_cold_start_is_read_later(parameters, dynamodb, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    monkeypatch.setenv("RECORDS_TABLE", "not-there-yet")
    del parameters.values["secret"]
    module = runpy.run_path(app.__file__, run_name="app")
    parameters.values["secret"] = SECRET
    assert module["secret"]().read() == SECRET.encode()
