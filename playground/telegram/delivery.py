"""Telegram's way to the bot: updates to its webhook, one in flight per chat, again until it says 2xx."""

from __future__ import annotations

import json
import random
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

    from playground.telegram.emulator import PendingUpdate, Telegram, Webhook

TIMEOUT = 60
"""Seconds that a webhook may take."""
MAX_RETRY_AFTER = 3600
"""Seconds; the same as in WebhookActor.cpp of github.com/tdlib/telegram-bot-api, as are the delays below."""
_MAX_DELAY = 60
_NOT_IN_RESPONSE = ("deletewebhook", "setwebhook", "close", "logout")


class Delivery:
    """Delivers a Telegram's pending updates to its webhook until `close`.

    Args:
        telegram: whose updates.
        execute: runs the method that a webhook's answer asks for: (name, parameters); its result is lost.
    """

    def __init__(self, telegram: Telegram, execute: Callable[[str, dict[str, Any]], None]) -> None:
        self._telegram = telegram
        self._execute = execute
        self._stop = Event()
        self._workers: dict[int, Thread] = {}
        self._http = httpx.Client(timeout=TIMEOUT, trust_env=False)
        telegram.on_update = self.wake

    def close(self) -> None:
        """Stop delivering; what is pending stays so."""
        self._stop.set()
        with self._telegram.changed:
            workers = list(self._workers.values())
        for worker in workers:
            worker.join()
        self._http.close()

    def wake(self) -> None:
        """Look for pending updates of chats that have none in flight."""
        with self._telegram.changed:
            if self._telegram.webhook is None or self._stop.is_set():
                return
            for chat_id in {update.chat_id for update in self._telegram.pending} - set(self._workers):
                worker = Thread(
                    target=self._work, args=(chat_id,), daemon=True, name=f"delivery to chat {chat_id}"
                )
                self._workers[chat_id] = worker
                worker.start()

    def _work(self, chat_id: int) -> None:
        while (head := self._head(chat_id)) is not None:
            self._deliver(*head)

    def _head(self, chat_id: int) -> tuple[PendingUpdate, Webhook] | None:
        """The chat's oldest update; without one, the worker is let go."""
        with self._telegram.changed:
            webhook = self._telegram.webhook
            update = next((update for update in self._telegram.pending if update.chat_id == chat_id), None)
            if update is None or webhook is None or self._stop.is_set():
                del self._workers[chat_id]
                return None
            return update, webhook

    def _deliver(self, update: PendingUpdate, webhook: Webhook) -> None:
        """Send one update until it is taken, too old, or the webhook is another."""
        delay, failures = 1, 0
        while not self._stop.is_set() and self._telegram.webhook is webhook:
            error, retry_after = self._post(update, webhook)
            if error is None:
                break
            self._telegram.last_error = {
                "last_error_date": int(self._telegram.clock.now()),
                "last_error_message": error,
            }
            wait = retry_after
            if not retry_after and failures:
                delay = min(random.randint(_MAX_DELAY, 2 * _MAX_DELAY), 2 * delay)  # noqa: S311 - no secret
                wait = delay
            failures += 1
            if self._telegram.clock.now() + wait > update.expires:
                break
            self._telegram.clock.wait(wait, self._stop)
        else:
            return
        with self._telegram.changed:
            if update in self._telegram.pending:
                self._telegram.pending.remove(update)
            self._telegram.changed.notify_all()

    def _post(self, update: PendingUpdate, webhook: Webhook) -> tuple[str | None, int]:
        """What went wrong, if anything, and after how many seconds the webhook wants the update again."""
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        try:
            answer = self._http.post(webhook.url, content=json.dumps(update.body), headers=headers)
        except httpx.TimeoutException:
            return "Read timeout expired", 0
        except httpx.TransportError:
            return "Connection refused", 0
        if not answer.is_success:
            retry_after = answer.headers.get("Retry-After", "")
            message = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            return message, min(int(retry_after), MAX_RETRY_AFTER) if retry_after.isdigit() else 0
        self._execute_answer(answer)
        return None, 0

    def _execute_answer(self, answer: httpx.Response) -> None:
        try:
            parameters = answer.json()
        except ValueError:
            return
        if not isinstance(parameters, dict):
            return
        method = str(parameters.pop("method", ""))
        if method and method.lower() not in _NOT_IN_RESPONSE and not method.lower().startswith("get"):
            self._execute(method, parameters)
