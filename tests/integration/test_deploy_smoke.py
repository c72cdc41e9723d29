"""The smoke test of a deployment, against the bot on this machine: one that answers, and ones that do not."""

from __future__ import annotations

import json

import boto3
import pytest
from click.testing import CliRunner
from flask import Response

from infra.smoke import main
from playground.aws import SECRET_PARAMETER, TABLE, TOKEN_PARAMETER
from playground.loopback import Server
from playground.telegram.emulator import Webhook
from playground.telegram.groups import Group

STACK = "smoked"


@pytest.fixture
def deployed(telegram, bot):
    """The bot as CloudFormation would show it."""
    cloudformation = boto3.client("cloudformation")
    parameters = {
        "BotTokenParameter": TOKEN_PARAMETER,
        "WebhookSecretParameter": SECRET_PARAMETER,
        "TelegramApiUrl": bot.aws.environment["TELEGRAM_API_URL"],
    }
    outputs = {
        "WebhookUrl": telegram.webhook.url.partition("?")[0],
        "RecordsTableName": TABLE,
        "DeadLetterQueueUrl": bot.aws.dead_letter_url,
    }
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    )
    yield
    cloudformation.delete_stack(StackName=STACK)


@pytest.fixture
def smoke(deployed):
    def smoke(chat, *options, stack=STACK):
        return CliRunner().invoke(main, ["--stack", stack, "--chat", str(chat), *options])

    return smoke


@pytest.fixture
def webhook(telegram, monkeypatch):
    """A webhook that only answers with a status."""
    servers, before = [], telegram.webhook

    def answer(status):
        server = Server(Response(status=status))
        servers.append(server)
        cloudformation = boto3.client("cloudformation")
        template = cloudformation.get_template(StackName=STACK)["TemplateBody"]
        template["Outputs"]["WebhookUrl"]["Value"] = f"{server.url}/"
        names = template["Parameters"]
        cloudformation.update_stack(
            StackName=STACK,
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in names],
        )
        telegram.webhook = Webhook(f"{server.url}/?bot=emotion_playground_bot")

    yield answer
    telegram.webhook = before
    for server in servers:
        server.close()


def said(result):
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit)
    return result.stderr.strip()


def in_chat(telegram, chat):
    return [message for (where, _), message in telegram.messages.items() if where == chat]


def test_an_answered_photo(smoke, telegram, person):
    result = smoke(person.chat_id)

    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"The bot of {STACK} answered a photo in ")
    (answer,) = in_chat(telegram, person.chat_id)  # what was sent is taken back
    assert answer["reply_to_message"]["caption"] == "Smoke test"
    assert answer["caption"]


def test_in_a_group(smoke, telegram, person):
    group = Group(telegram)
    group.add_bot(person.user)

    assert smoke(group.chat_id).exit_code == 0


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (403, "403: it does not know the secret; deploy again with a new RegistrationRevision"),
        (429, "429: all its executions are taken; look at the account's quota"),
        (502, "502: read the webhook's log"),
        (503, "503: secret, queue or table are out of its reach; read the webhook's log"),
    ],
)
def test_a_webhook_that_refuses(smoke, webhook, telegram, person, status, why):
    webhook(status)

    assert said(smoke(person.chat_id)) == f"Error: The webhook refuses the update with {why}."
    assert not in_chat(telegram, person.chat_id)


def test_no_answer(smoke, webhook, telegram, person):
    webhook(200)

    assert said(smoke(person.chat_id, "--seconds", "0")) == (
        "Error: The photo was not answered within 0 s: neither the dead-letter queue nor a metric says why: "
        "read the recognizer's log."
    )
    assert not in_chat(telegram, person.chat_id)


def test_no_answer_but_dead_letters(smoke, webhook, bot, person):
    webhook(200)
    sqs = boto3.client("sqs")
    sqs.send_message(QueueUrl=bot.aws.dead_letter_url, MessageBody="{}")
    try:
        result = smoke(person.chat_id, "--seconds", "0")
    finally:
        (letter,) = sqs.receive_message(QueueUrl=bot.aws.dead_letter_url)["Messages"]
        sqs.delete_message(QueueUrl=bot.aws.dead_letter_url, ReceiptHandle=letter["ReceiptHandle"])

    assert "jobs were given up and lie in the dead-letter queue" in said(result)


def test_no_answer_for_want_of_a_model(smoke, webhook, person):
    webhook(200)
    boto3.client("cloudwatch").put_metric_data(
        Namespace=STACK,
        MetricData=[
            {
                "MetricName": "NoModel",
                "Dimensions": [{"Name": "service", "Value": "recognizer"}],
                "Value": 1,
            }
        ],
    )

    assert "the recognizer has no model (metric NoModel)" in said(smoke(person.chat_id, "--seconds", "0"))


def test_a_chat_that_the_bot_is_not_in(smoke):
    assert said(smoke(5)) == (
        "Error: Telegram does not let @emotion_playground_bot write into the chat 5 (Chat not found); "
        "open the bot in that chat and send /start."
    )


def test_no_such_stack(smoke):
    assert said(smoke(5, stack="another")) == (
        "Error: There is no stack another in eu-central-1; check its name and AWS_REGION."
    )


def test_a_webhook_elsewhere(smoke, telegram, person, monkeypatch):
    monkeypatch.setattr(telegram, "webhook", Webhook("https://elsewhere.example/"))

    assert said(smoke(person.chat_id)) == (
        f"Error: Telegram does not send @emotion_playground_bot's updates to {STACK}; "
        "deploy it again with a new RegistrationRevision."
    )
