"""Every environment variable, read once and validated: one model per function, with what it needs."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Literal

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict


class _SecretSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    webhook_secret_parameter: str = Field(min_length=1)
    """Name of the SSM SecureString that holds the webhook's secret token."""


class WebhookSettings(_SecretSettings):
    """What the webhook function needs."""

    queue_url: HttpUrl
    """URL of the SQS queue of jobs."""
    records_table: str = Field(min_length=1)
    """Name of the DynamoDB table that keeps albums and languages."""


class _TelegramSettings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True)

    bot_token_parameter: str = Field(min_length=1)
    """Name of the SSM SecureString that holds the bot's token."""
    telegram_api_url: HttpUrl = HttpUrl("https://api.telegram.org")
    """The Bot API server; the only host that the bot ever talks to."""


class RegistrarSettings(_SecretSettings, _TelegramSettings):
    """What the registrar function needs."""


class RecognizerSettings(_TelegramSettings):
    """What the recognizer function needs."""

    model_store: str = Field(min_length=1)
    """`s3://bucket/prefix`, or a folder."""
    engine: Literal["litert", "tensorflow"] = "litert"
    records_table: str = Field(min_length=1)
    """Name of the DynamoDB table that keeps albums, and which updates are answered."""
    max_receive_count: int = Field(default=6, ge=2)
    """How often the queue delivers a job before parking it (its redrive policy); the last is the farewell."""

    @property
    def attempts(self) -> int:
        """How many of these are attempts at an answer."""
        return self.max_receive_count - 1


@lru_cache
def webhook_settings() -> WebhookSettings:
    """Read on first use, so that importing a handler needs no environment."""
    return WebhookSettings()


@lru_cache
def registrar_settings() -> RegistrarSettings:
    """Read on first use, so that importing a handler needs no environment."""
    return RegistrarSettings()


@lru_cache
def recognizer_settings() -> RecognizerSettings:
    """Read on first use, so that importing a handler needs no environment."""
    return RecognizerSettings()


def in_lambda() -> bool:
    """Whether a Lambda runtime started this process: then what is slow belongs into INIT."""
    return "AWS_LAMBDA_RUNTIME_API" in os.environ
