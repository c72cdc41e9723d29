"""Who the bot is, and how its updates reach it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from playground.telegram.delivery import MAX_CONNECTIONS
from playground.telegram.emulator import Webhook
from playground.telegram.parameters import ApiError, BadRequest, Parameters

if TYPE_CHECKING:
    from playground.telegram.emulator import Json, Telegram

MAX_UPDATES: Final = 100
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{0,256}")


def get_me(telegram: Telegram, _: Parameters) -> Json:
    """https://core.telegram.org/bots/api#getme"""
    return telegram.bot | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def set_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#setwebhook"""
    url, secret = parameters.text("url"), parameters.text("secret_token")
    if not url:
        return delete_webhook(telegram, parameters)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise BadRequest("bad webhook: An HTTPS URL must be provided for webhook")
    if not _SECRET.fullmatch(secret):
        raise BadRequest("secret token contains unallowed characters")
    _drop(telegram, parameters)
    _allow(telegram, parameters)
    connections = max(1, min(MAX_CONNECTIONS, parameters.integer("max_connections", 40)))
    telegram.webhook = Webhook(url, secret, connections)
    telegram.last_error = {}
    telegram.on_update()
    return True


def delete_webhook(telegram: Telegram, parameters: Parameters) -> bool:
    """https://core.telegram.org/bots/api#deletewebhook"""
    _drop(telegram, parameters)
    telegram.webhook = None
    return True


def _drop(telegram: Telegram, parameters: Parameters) -> None:
    if parameters.flag("drop_pending_updates"):
        with telegram.changed:
            telegram.pending.clear()


def _allow(telegram: Telegram, parameters: Parameters) -> None:
    """A list that is missing leaves the last one in force; an empty one allows all."""
    allowed = parameters.json("allowed_updates")
    if allowed is not None:
        telegram.allowed_updates = tuple(allowed)


def get_webhook_info(telegram: Telegram, _: Parameters) -> Json:
    """https://core.telegram.org/bots/api#getwebhookinfo"""
    webhook = telegram.webhook
    info: Json = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(telegram.pending),
    }
    if webhook:
        info |= {"max_connections": webhook.max_connections, "ip_address": "127.0.0.1"} | telegram.last_error
    if telegram.allowed_updates:
        info["allowed_updates"] = list(telegram.allowed_updates)
    return info


def get_updates(telegram: Telegram, parameters: Parameters) -> list[Json]:
    """https://core.telegram.org/bots/api#getupdates"""
    if telegram.webhook is not None:
        raise ApiError(
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
            409,
        )
    _allow(telegram, parameters)
    offset = parameters.integer("offset")
    with telegram.changed:
        for update in [update for update in telegram.pending if update.body["update_id"] < offset]:
            telegram.pending.remove(update)
        telegram.changed.wait_for(lambda: telegram.pending, timeout=parameters.integer("timeout"))
        limit = max(1, min(MAX_UPDATES, parameters.integer("limit", MAX_UPDATES)))
        return [update.body for update in list(telegram.pending)[:limit]]


METHODS: Final = (get_me, set_webhook, delete_webhook, get_webhook_info, get_updates)
