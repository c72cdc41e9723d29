"""The webhook: who may come in, what is queued, what is said at once."""

from __future__ import annotations

import base64
import json
import runpy

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotion_bot.chat.constants import SECRET_HEADER
from emotion_bot.jobs import PhotoJob
from functions.webhook import app
from tests.unit.fakes import SECRET, Context, counted, logged

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


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "секрет", f"{SECRET},{SECRET}"])
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


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://sqs.test"),
        ClientError({"Error": {"Code": "QueueDoesNotExist"}}, "SendMessage"),
    ],
)
def test_telegram_keeps_a_photo_that_cannot_be_queued(queue, context, error, capsys, log):
    queue.error = error
    assert app.handler(event(PHOTO), context) == {"statusCode": 503}
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


def test_the_bots_name_comes_with_the_webhooks_address(queue, context):
    group = text("/help@other_bot")
    group["message"]["chat"] = {"id": -5, "type": "group", "title": "G"}
    assert "body" not in app.handler(event(group, query="bot=our_bot"), context)
    assert "body" in app.handler(event(group, query="bot=other_bot"), context)


def test_neither_logs_nor_metrics_hold_what_people_sent_or_a_secret(queue, context, capsys, log):
    words = ["Zaphod", "on holiday", "heart of gold", SECRET, '"F"']
    app.handler(event(PHOTO), context)
    app.handler(event(text("heart of gold")), context)
    app.handler(event(PHOTO, "heart of gold"), context)
    app.handler(event('{"update_id": 1, "message": "heart of gold"}'), context)
    app.handler(event({"update_id": 1, "message": {"message_id": "heart of gold"}}), context)
    queue.error = EndpointConnectionError(endpoint_url="https://sqs.test")
    app.handler(event(PHOTO), context)
    output = "".join(capsys.readouterr()) + log.getvalue()
    assert len(logged(output)) == 3
    assert [word for word in words if word in output] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
SEVERAL = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def near_updates(draw):
    """An update in which some parts are something else."""
    names = ["message_id", "date", "chat", "from", "photo", "text", "document", "is_topic_message", "sticker"]
    message = PHOTO["message"] | draw(st.dictionaries(st.sampled_from(names), JSON, max_size=3))
    if isinstance(message["chat"], dict):
        message["chat"] = message["chat"] | draw(
            st.dictionaries(st.sampled_from(["id", "type"]), JSON, max_size=2)
        )
    return {"update_id": draw(st.integers() | JSON), "message": draw(st.just(message) | JSON)}


@SEVERAL
@given(update=near_updates())
def test_no_update_makes_the_webhook_stumble(queue, update):
    response = app.handler(event(update), Context())
    assert response["statusCode"] == 200
    json.loads(response.get("body", "null"))


@SEVERAL
@given(body=st.text(max_size=200), encoded=st.booleans())
def test_no_body_makes_the_webhook_stumble(queue, body, encoded):
    assert app.handler(event("") | {"body": body, "isBase64Encoded": encoded}, Context())["statusCode"] == 200


@SEVERAL
@given(headers=st.dictionaries(st.text() | st.just(SECRET_HEADER), st.text() | st.none()))
def test_no_header_makes_the_webhook_stumble_or_open(queue, headers):
    assert app.handler(event(PHOTO) | {"headers": headers}, Context()) == {"statusCode": 403}


def test_a_request_without_headers_or_body_is_turned_away(queue, context):
    assert app.handler({"version": "2.0"}, context) == {"statusCode": 403}


def test_in_lambda_the_client_is_made_and_the_secret_read_at_init(parameters, monkeypatch):
    """The module is run once more, as the runtime would import it."""
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    module = runpy.run_path(app.__file__, run_name="app")
    assert module["sqs"].cache_info().currsize == 1
    assert module["sqs"]().meta.service_model.service_name == "sqs"
    parameters.values.clear()
    assert module["_secret"]() == SECRET


def test_a_secret_that_cannot_be_read_at_the_cold_start_is_read_later(parameters, monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    del parameters.values["secret"]
    module = runpy.run_path(app.__file__, run_name="app")
    parameters.values["secret"] = SECRET
    assert module["_secret"]() == SECRET
