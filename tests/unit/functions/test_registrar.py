"""The registrar: what Telegram is told, and that CloudFormation always gets its answer."""

from __future__ import annotations

import json
import sys
from threading import Event
from types import SimpleNamespace
from urllib.error import HTTPError

import httpx
import pytest
from botocore.exceptions import ClientError

from emotion_bot import registrar
from emotion_bot.chat.texts import texts
from functions.registrar import app
from tests.unit.fakes import SECRET, TOKEN, Context, logged

ANSWER_AT = "https://cloudformation.test/answer?signature=signed"
STACK = "arn:aws:cloudformation:eu-central-1:1:stack/emotion-bot/1"
OURS, NEW, ANOTHERS = "https://webhook.test/", "https://new-webhook.test/", "https://another.test/"
REGISTERED = f"{OURS}?bot=emotion_test_bot"


class CloudFormation:
    """Notes the answers that are PUT to it; fails as often as it is told to. Knows the stack's status."""

    def __init__(self):
        self.requests = []
        self.failures = []
        self.status = "UPDATE_IN_PROGRESS"
        self.error = None

    def take(self, request, timeout):
        self.requests.append(request)
        if self.failures:
            raise self.failures.pop(0)
        return SimpleNamespace(close=lambda: None)

    def describe_stacks(self, StackName):  # noqa: N803 - boto3's name
        assert StackName == STACK
        if self.error:
            raise self.error
        return {"Stacks": [{"StackStatus": self.status}]}

    @property
    def answer(self):
        return json.loads(self.requests[-1].data)

    @property
    def statuses(self):
        return [json.loads(request.data)["Status"] for request in self.requests]


@pytest.fixture
def cloudformation(monkeypatch, api):
    """Also lets the registrar's Telegram reach the fake one."""
    fake = CloudFormation()
    monkeypatch.setattr(app, "urlopen", fake.take)
    monkeypatch.setattr(registrar, "cloudformation", lambda: fake)
    telegram = registrar.Telegram
    monkeypatch.setattr(registrar, "Telegram", lambda token, url: telegram(token, url, transport=api))
    return fake


def event(kind, url=OURS, physical_id="telegram-webhook"):
    known = {"PhysicalResourceId": physical_id} if kind != "Create" else {}
    return known | {
        "RequestType": kind,
        "ResponseURL": ANSWER_AT,
        "StackId": STACK,
        "RequestId": "request",
        "LogicalResourceId": "TelegramWebhook",
        "ResourceProperties": {"WebhookUrl": url},
    }


@pytest.fixture
def asked(cloudformation, context):
    """CloudFormation's requests, one after the other; the answer to the last one."""

    def ask(*events):
        for each in events:
            app.handler(each, context)
        return cloudformation.answer

    return ask


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_telegram_is_told_where_the_webhook_is(asked, api, kind):
    answer = asked(event(kind))
    assert api.sent("setWebhook") == {
        "url": REGISTERED,
        "secret_token": SECRET,
        "allowed_updates": '["message", "callback_query"]',
        "max_connections": "40",
    }
    assert api.methods[-1] == "setWebhook"  # updates come once everything else is said
    assert answer == {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": "telegram-webhook",
        "StackId": STACK,
        "RequestId": "request",
        "LogicalResourceId": "TelegramWebhook",
    }


def test_the_answer_is_put_as_it_was_signed(cloudformation, asked):
    asked(event("Create"))
    (request,) = cloudformation.requests
    assert (request.get_method(), request.full_url) == ("PUT", ANSWER_AT)
    assert request.get_header("Content-type") == ""


def test_commands_and_descriptions_are_told_in_every_language(asked, api):
    asked(event("Create"))
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


# ── What CloudFormation asks, in its order, and whom Telegram sends updates to after that ───────────────────


def test_on_delete_everything_is_taken_back(asked, api):
    asked(event("Create"))
    api.calls.clear()
    answer = asked(event("Delete"))
    assert api.webhook == ""
    assert api.methods[:2] == ["getWebhookInfo", "deleteWebhook"]
    for method in ("deleteMyCommands", "setMyDescription", "setMyShortDescription"):
        calls = [parameters for name, parameters in api.calls if name == method]
        assert {call.pop("language_code", None) for call in calls} == {None, "de", "es", "pt", "ru", "uk"}
        assert not any(calls)  # without a text, Telegram forgets the one that it has
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "telegram-webhook")


def test_a_stack_that_failed_after_its_registration_leaves_no_webhook_behind(asked, api):
    assert asked(event("Create"), event("Delete"))["Status"] == "SUCCESS"
    assert api.webhook == ""


def test_a_stack_whose_registration_failed_leaves_the_bot_of_another_alone(asked, api):
    api.webhook = before = f"{ANOTHERS}?bot=emotion_test_bot"
    api.fail("setWebhook", 400, "Bad Request: bad webhook")
    failed = asked(event("Create"))
    assert failed["Status"] == "FAILED"
    assert asked(event("Delete", physical_id=failed["PhysicalResourceId"]))["Status"] == "SUCCESS"
    assert api.webhook == before
    assert not {"deleteWebhook", "deleteMyCommands"} & set(api.methods)


def test_a_stack_that_another_took_the_bot_over_from_leaves_it_alone(asked, api):
    asked(event("Create"))
    asked(event("Create", NEW))
    assert asked(event("Delete"))["Status"] == "SUCCESS"
    assert api.webhook == f"{NEW}?bot=emotion_test_bot"


@pytest.mark.parametrize("method", ["getMe", "setMyCommands", "setMyDescription", "setWebhook"])
def test_where_an_update_fails_the_old_bot_answers_and_its_roll_back_stands(asked, api, method):
    asked(event("Create"))
    api.fail(method, 500, "Internal Server Error")
    assert asked(event("Update", NEW))["Status"] == "FAILED"
    assert api.webhook == REGISTERED
    assert asked(event("Update", OURS))["Status"] == "SUCCESS"
    assert api.webhook == REGISTERED


def test_where_the_stack_fails_after_the_update_its_roll_back_puts_the_old_bot_back(asked, api):
    asked(event("Create"), event("Update", NEW))
    assert api.webhook == f"{NEW}?bot=emotion_test_bot"
    assert asked(event("Update", OURS))["PhysicalResourceId"] == "telegram-webhook"
    assert api.webhook == REGISTERED


UNUSABLE = {
    "no token": lambda api, parameters: parameters.values.pop("token"),
    "wrong token": lambda api, parameters: [api.fail("getMe", 401, "Unauthorized") for _ in range(2)],
    "no secret": lambda api, parameters: parameters.values.pop("secret"),
    "wrong secret": lambda api, parameters: parameters.values.update(secret="not allowed!"),
}


@pytest.mark.parametrize("change", UNUSABLE.values(), ids=UNUSABLE)
def test_what_made_the_update_fail_does_not_make_its_roll_back_fail(
    cloudformation, asked, api, parameters, change
):
    """Otherwise the stack would be stuck in UPDATE_ROLLBACK_FAILED."""
    asked(event("Create"))
    change(api, parameters)
    asked(event("Update", NEW))
    cloudformation.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    asked(event("Update", OURS))
    assert cloudformation.statuses == ["SUCCESS", "FAILED", "SUCCESS"]
    assert api.webhook == REGISTERED


def test_a_roll_back_that_telegram_may_need_to_hear_of_fails_without_it(cloudformation, asked, api):
    cloudformation.status = "UPDATE_ROLLBACK_IN_PROGRESS"
    api.answers["getMe"] = [httpx.ConnectError("no route")]
    assert asked(event("Update", OURS))["Status"] == "FAILED"


def test_an_update_is_no_roll_back_where_nobody_says_so(cloudformation, asked, parameters):
    del parameters.values["token"]
    cloudformation.error = ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeStacks")
    assert asked(event("Update", NEW))["Status"] == "FAILED"


@pytest.mark.parametrize("error", [httpx.ConnectError("no route"), ValueError("no JSON")])
def test_what_never_was_registered_can_be_deleted_while_telegram_is_out_of_reach(asked, api, error):
    """Otherwise the stack would be stuck in ROLLBACK_FAILED."""
    api.answers["getMe"] = [error]
    failed = asked(event("Create"))
    assert failed["Status"] == "FAILED"
    api.answers["getWebhookInfo"] = [error]
    assert asked(event("Delete", physical_id=failed["PhysicalResourceId"]))["Status"] == "SUCCESS"


def test_where_nobody_knows_whether_telegram_took_the_webhook_deletion_looks(asked, api):
    api.answers["setWebhook"] = [httpx.ReadTimeout("lost")]
    failed = asked(event("Create"))
    api.webhook = REGISTERED  # it had
    assert asked(event("Delete", physical_id=failed["PhysicalResourceId"]))["Status"] == "SUCCESS"
    assert api.webhook == ""


def test_a_stack_whose_bot_is_gone_can_still_be_deleted(asked, api):
    api.fail("getWebhookInfo", 401, "Unauthorized")
    assert asked(event("Delete"))["Status"] == "SUCCESS"


def test_a_stack_without_its_token_can_still_be_deleted(asked, parameters):
    del parameters.values["token"]
    assert asked(event("Delete"))["Status"] == "SUCCESS"


@pytest.mark.parametrize("method", ["getWebhookInfo", "deleteWebhook"])
def test_on_delete_telegram_must_be_reached(asked, api, method):
    """Or it would send updates for ever to an address that is gone."""
    api.answers[method] = [httpx.ConnectError("no route")]
    assert asked(event("Delete"))["Status"] == "FAILED"


# ── Whatever goes wrong, CloudFormation hears of it, and of no secret ───────────────────────────────────────


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
def test_what_fails_is_told_without_a_secret(cloudformation, asked, api, parameters, log, change, reason):
    change(api, parameters)
    asked(event("Create"))
    assert cloudformation.answer["Status"] == "FAILED"
    assert reason in cloudformation.answer["Reason"]
    told = log.getvalue() + json.dumps(cloudformation.answer)
    assert TOKEN not in told
    assert SECRET not in told
    assert ANSWER_AT not in told
    assert logged(log.getvalue())


@pytest.mark.parametrize("properties", [None, {}])
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_bug_is_told_by_its_kind(cloudformation, asked, kind, properties):
    asked(event(kind) | {"ResourceProperties": properties})
    assert cloudformation.answer["Status"] == "FAILED"
    assert "log says more" in cloudformation.answer["Reason"]


def test_settings_that_are_missing_are_told_too(asked, monkeypatch):
    monkeypatch.delenv("BOT_TOKEN_PARAMETER")
    assert asked(event("Create"))["Status"] == "FAILED"


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_layer_that_does_not_load_is_told(asked, monkeypatch, kind):
    monkeypatch.setitem(sys.modules, "emotion_bot.registrar", None)
    answer = asked(event(kind))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "ModuleNotFoundError; the function's log says more."
    assert answer["PhysicalResourceId"] == (
        registrar.NEVER_REGISTERED if kind == "Create" else registrar.REGISTERED
    )


def test_what_was_made_without_the_layer_can_be_deleted_without_it(asked, monkeypatch, api):
    """Otherwise the stack would be stuck in ROLLBACK_FAILED."""
    monkeypatch.setitem(sys.modules, "emotion_bot.registrar", None)
    failed = asked(event("Create"))
    assert asked(event("Delete", physical_id=failed["PhysicalResourceId"]))["Status"] == "SUCCESS"
    assert api.methods == []


NEVER_WAS = registrar.NEVER_REGISTERED


@pytest.mark.parametrize(
    ("request_", "status"),
    [(event("Create"), "FAILED"), (event("Delete"), "FAILED"), (event("Delete", OURS, NEVER_WAS), "SUCCESS")],
    ids=["create", "delete", "delete what never was"],
)
def test_when_the_time_runs_out_cloudformation_still_hears_of_it(
    cloudformation, api, monkeypatch, request_, status
):
    async def never(request):
        await registrar.asyncio.Event().wait()

    monkeypatch.setattr(api, "handle_async_request", never)
    monkeypatch.setattr(registrar, "RESERVE", 1.0)
    monkeypatch.setattr(app, "RESERVE", 0.0)
    app.handler(request_, Context(milliseconds=1_010))
    assert cloudformation.answer["Status"] == status
    assert "did not answer within" in cloudformation.answer["Reason"]


def test_even_of_what_cannot_be_cancelled(cloudformation, monkeypatch):
    """As a name that does not resolve, or an AWS that does not answer."""
    done = Event()
    monkeypatch.setattr(registrar, "perform", lambda *_: done.wait())
    app.handler(event("Update"), Context(milliseconds=app.RESERVE * 1000 + 10))
    assert cloudformation.answer["Status"] == "FAILED"
    assert "not done within" in cloudformation.answer["Reason"]
    done.set()


def test_what_is_cut_off_would_have_ended_by_itself():
    assert registrar.RESERVE > app.RESERVE > app.ATTEMPTS * app.ANSWER_TIMEOUT


REFUSED = HTTPError(ANSWER_AT, 503, "Slow down", {}, None)


def test_the_answer_is_offered_again_when_cloudformation_stumbles(cloudformation, asked):
    cloudformation.failures = [REFUSED, TimeoutError()]
    asked(event("Create"))
    assert len(cloudformation.requests) == 3


def test_an_answer_that_nobody_takes_is_logged_and_lambda_tries_again(cloudformation, context, log, caplog):
    cloudformation.failures = [REFUSED] * 3
    with pytest.raises(app.AnswerNotTaken):
        app.handler(event("Create"), context)
    assert caplog.text.count("CloudFormation does not take the answer: HTTPError") == 3
    assert ANSWER_AT not in log.getvalue() + caplog.text


def test_lambda_may_run_the_same_request_again(cloudformation, asked, api):
    asked(event("Create"), event("Create"), event("Delete"), event("Delete"))
    assert cloudformation.statuses == ["SUCCESS"] * 4
    assert api.webhook == ""
