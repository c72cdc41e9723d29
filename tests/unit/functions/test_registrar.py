"""The registrar: what Telegram is told, and that CloudFormation always gets its answer."""

from __future__ import annotations

import json

import httpx
import pytest

from emotion_bot.chat.texts import texts
from functions.registrar import app
from tests.unit.fakes import SECRET, TOKEN, Context, logged

ANSWER_AT = "https://cloudformation.test/answer?signature=signed"


class CloudFormation:
    """Notes the answers that are PUT to it; fails as often as it is told to."""

    def __init__(self):
        self.requests = []
        self.failures = 0

    def __call__(self, request):
        self.requests.append(request)
        if self.failures:
            self.failures -= 1
            return httpx.Response(503)
        return httpx.Response(200)

    @property
    def answer(self):
        return json.loads(self.requests[-1].content)


@pytest.fixture
def cloudformation(monkeypatch, api):
    """Also lets the registrar's Telegram reach the fake one."""
    fake = CloudFormation()
    monkeypatch.setattr(app, "transport", lambda: httpx.MockTransport(fake))
    telegram = app.Telegram
    monkeypatch.setattr(app, "Telegram", lambda token, url: telegram(token, url, transport=api))
    return fake


def event(kind, **properties):
    known = {"PhysicalResourceId": "telegram-webhook"} if kind != "Create" else {}
    return known | {
        "RequestType": kind,
        "ResponseURL": ANSWER_AT,
        "StackId": "arn:aws:cloudformation:eu-central-1:1:stack/emotion-bot/1",
        "RequestId": "request",
        "LogicalResourceId": "TelegramWebhook",
        "ResourceProperties": {"WebhookUrl": "https://webhook.test/", **properties},
    }


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_telegram_is_told_where_the_webhook_is(cloudformation, api, context, kind):
    app.handler(event(kind), context)
    assert api.sent("setWebhook") == {
        "url": "https://webhook.test/?bot=emotion_test_bot",
        "secret_token": SECRET,
        "allowed_updates": '["message", "callback_query"]',
        "max_connections": "40",
    }
    assert api.methods[-1] == "setWebhook"  # updates come once everything else is said
    assert cloudformation.answer == {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": "telegram-webhook",
        "StackId": "arn:aws:cloudformation:eu-central-1:1:stack/emotion-bot/1",
        "RequestId": "request",
        "LogicalResourceId": "TelegramWebhook",
    }


def test_the_answer_is_put_as_it_was_signed(cloudformation, context):
    app.handler(event("Create"), context)
    (request,) = cloudformation.requests
    assert (request.method, str(request.url)) == ("PUT", ANSWER_AT)
    assert "content-type" not in request.headers


def test_commands_and_descriptions_are_told_in_every_language(cloudformation, api, context):
    app.handler(event("Create"), context)
    commands = {
        parameters.get("language_code"): json.loads(parameters["commands"])
        for method, parameters in api.calls
        if method == "setMyCommands"
    }
    assert set(commands) == {None, "de", "es", "pt", "ru", "uk"}
    names = ["start", "emotion", "help", "privacy", "language", "delete", "about"]
    assert all([command["command"] for command in told] == names for told in commands.values())
    assert commands[None][0] == {"command": "start", "description": "What I am"}
    assert commands["ru"][0] == {"command": "start", "description": "Кто я"}
    for method, field in (
        ("setMyDescription", "description"),
        ("setMyShortDescription", "short_description"),
    ):
        told = {call.get("language_code"): call[field] for name, call in api.calls if name == method}
        assert told == {code: getattr(texts(code or "en"), field) for code in commands}


def test_on_delete_everything_is_taken_back(cloudformation, api, context):
    app.handler(event("Delete"), context)
    assert api.methods == ["deleteWebhook"] + 6 * ["deleteMyCommands"]
    forgotten = {call.get("language_code") for name, call in api.calls if name == "deleteMyCommands"}
    assert forgotten == {None, "de", "es", "pt", "ru", "uk"}
    assert cloudformation.answer["Status"] == "SUCCESS"
    assert cloudformation.answer["PhysicalResourceId"] == "telegram-webhook"


def test_a_stack_whose_bot_is_gone_can_still_be_deleted(cloudformation, api, context):
    api.fail("deleteWebhook", 401, "Unauthorized")
    app.handler(event("Delete"), context)
    assert cloudformation.answer["Status"] == "SUCCESS"


def test_a_stack_without_its_token_can_still_be_deleted(cloudformation, parameters, context):
    del parameters.values["token"]
    app.handler(event("Delete"), context)
    assert cloudformation.answer["Status"] == "SUCCESS"


def test_on_delete_telegram_must_be_reached(cloudformation, api, context):
    api.answers["deleteWebhook"] = [httpx.ConnectError("no route")]
    app.handler(event("Delete"), context)
    assert cloudformation.answer["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda api, parameters: parameters.values.pop("token"), "The parameter token cannot be read"),
        (lambda api, parameters: parameters.values.pop("secret"), "The parameter secret cannot be read"),
        (lambda api, parameters: parameters.values.update(secret="not allowed!"), "1 to 256 letters"),
        (lambda api, parameters: api.fail("getMe", 401, "Unauthorized"), "rejects the bot's token"),
        (lambda api, parameters: api.fail("getMe", 404, "Not Found"), "rejects the bot's token"),
        (lambda api, parameters: api.fail("setWebhook", 429, retry_after=3), "flood control for 3 s"),
        (
            lambda api, parameters: api.fail("setWebhook", 400, "Bad Request: bad webhook: IP"),
            "Bad webhook: ip",
        ),
        (lambda api, parameters: api.answers.update(getMe=[ValueError(TOKEN)]), "cannot be reached"),
    ],
)
def test_what_fails_is_told_without_a_secret(cloudformation, api, parameters, context, log, change, reason):
    change(api, parameters)
    app.handler(event("Create"), context)
    assert cloudformation.answer["Status"] == "FAILED"
    assert reason in cloudformation.answer["Reason"]
    told = log.getvalue() + json.dumps(cloudformation.answer)
    assert TOKEN not in told
    assert SECRET not in told
    assert ANSWER_AT not in told
    assert logged(log.getvalue())


@pytest.mark.parametrize("properties", [None, {}])
def test_a_bug_is_told_by_its_kind(cloudformation, context, properties):
    app.handler(event("Create") | {"ResourceProperties": properties}, context)
    assert cloudformation.answer["Status"] == "FAILED"
    assert "log says more" in cloudformation.answer["Reason"]


def test_settings_that_are_missing_are_told_too(cloudformation, context, monkeypatch):
    monkeypatch.delenv("BOT_TOKEN_PARAMETER")
    app.handler(event("Create"), context)
    assert cloudformation.answer["Status"] == "FAILED"


def test_when_the_time_runs_out_cloudformation_still_hears_of_it(cloudformation, api, monkeypatch):
    async def never(request):
        await app.asyncio.Event().wait()

    monkeypatch.setattr(api, "handle_async_request", never)
    monkeypatch.setattr(app, "RESERVE", 1.0)
    app.handler(event("Create"), Context(milliseconds=1_010))
    assert cloudformation.answer["Status"] == "FAILED"
    assert "did not answer within" in cloudformation.answer["Reason"]


def test_the_answer_is_offered_again_when_cloudformation_stumbles(cloudformation, context):
    cloudformation.failures = 2
    app.handler(event("Create"), context)
    assert len(cloudformation.requests) == 3


def test_an_answer_that_nobody_takes_is_logged_and_lambda_tries_again(cloudformation, context, log):
    cloudformation.failures = 3
    with pytest.raises(app.AnswerNotTaken):
        app.handler(event("Create"), context)
    assert ANSWER_AT not in log.getvalue()
