"""The registrar, run as CloudFormation runs it."""

from __future__ import annotations

import pytest

from emotion_bot.chat.texts import COMMANDS, LANGUAGES, texts
from playground.aws import REGION
from playground.runtime.custom_resource import CustomResource, CustomResourceFailed
from playground.runtime.function import Function


@pytest.fixture
def resource(telegram):
    url = telegram.webhook.url.partition("?")[0]
    resource = CustomResource(
        Function("registrar", REGION, timeout=60, memory=512), REGION, {"WebhookUrl": url}
    )
    yield resource
    resource.create()


def test_creation_registers_webhook_commands_and_descriptions(telegram, bot):
    assert telegram.webhook.secret_token == bot.secret
    assert telegram.allowed_updates == ("message", "callback_query")
    for language in LANGUAGES:
        key = "" if language == "en" else language
        commands = [command["command"] for command in telegram.profile.commands["default", key]]
        assert commands == list(COMMANDS)
        assert telegram.profile.description[key] == texts(language).description
        assert telegram.profile.short_description[key] == texts(language).short_description


def test_deletion_takes_them_back(telegram, resource):
    resource.create()
    resource.delete()

    assert telegram.webhook is None
    assert not any(telegram.profile.commands.values())
    assert not any(telegram.profile.description.values())
    assert not any(telegram.profile.short_description.values())


def test_a_failure_says_why(telegram, resource, monkeypatch):
    monkeypatch.setattr(telegram, "token", "1000000:another")

    with pytest.raises(CustomResourceFailed, match="token"):
        resource.create()
