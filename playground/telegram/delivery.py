"""Telegram's way to the bot: updates to its webhook, one in flight per chat, again until it says 2xx.

All of it as WebhookActor.cpp of github.com/tdlib/telegram-bot-api does it.
"""

from __future__ import annotations

import json
import random
import time
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any

import httpx

from playground.telegram.observer import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playground.telegram.emulator import Telegram, Webhook
    from playground.telegram.pending import PendingUpdate

TIMEOUT = 60
"""Seconds that a webhook may take."""
MAX_RETRY_AFTER = 3600
"""Seconds."""
MAX_CONNECTIONS = 100
"""What a webhook may allow: https://core.telegram.org/bots/api#setwebhook"""
_MAX_DELAY = 60
_NOT_IN_RESPONSE = ("deletewebhook", "setwebhook", "close", "logout")


class Delivery:
    """Delivers a Telegram's pending updates to its webhook until `close`.

    Args:
        telegram: whose updates.
        execute: runs the method that a webhook's answer asks for, and tells what went wrong, if anything;
            nobody else learns of that, nor of its result.
        transport: the way to the webhook, where it is not the usual one.
    """

    def __init__(
        self,
        telegram: Telegram,
        execute: Callable[[str, dict[str, Any]], str | None],
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._telegram = telegram
        self._execute = execute
        self._stop = Event()
        self._workers: dict[int, Thread] = {}
        self._connections = Condition()
        self._in_flight = 0
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=MAX_CONNECTIONS)
        timeout = telegram.clock.real(TIMEOUT)
        self._http = httpx.Client(timeout=timeout, limits=limits, transport=transport, trust_env=False)
        telegram.on_update = self.wake

    def close(self) -> None:
        """Stop delivering; what is pending stays so."""
        self._stop.set()
        with self._connections:
            self._connections.notify_all()
        with self._telegram.changed:
            workers = list(self._workers.values())
        for worker in workers:
            worker.join()
        self._http.close()

    def wake(self) -> None:
        """Look for pending updates of queues, such as chats, that have none in flight."""
        with self._telegram.changed:
            if self._telegram.webhook is None or self._stop.is_set():
                return
            for queue in self._telegram.pending.queues - self._workers.keys():
                worker = Thread(target=self._work, args=(queue,), daemon=True, name=f"delivery of {queue}")
                self._workers[queue] = worker
                worker.start()

    def _work(self, queue: int) -> None:
        while (head := self._head(queue)) is not None:
            self._deliver(*head)

    def _head(self, queue: int) -> tuple[PendingUpdate, Webhook] | None:
        """A queue's oldest update; without one, the worker is let go."""
        with self._telegram.changed:
            webhook = self._telegram.webhook
            update = self._telegram.pending.head(queue)
            if update is None or webhook is None or self._stop.is_set():
                del self._workers[queue]
                return None
            return update, webhook

    def _deliver(self, update: PendingUpdate, webhook: Webhook) -> None:
        """Send one update until it is taken, too old, or the webhook is another."""
        delay, failures = 1, 0
        while not self._stop.is_set() and self._telegram.webhook is webhook:
            with self._connection(webhook):
                if self._stop.is_set():
                    return
                attempt, retry_after = self._post(update, webhook)
            if attempt.error is None:
                self._tell(update, attempt)
                self._done(update, again=not update.again and self._telegram.trouble.repeats(update.body))
                return
            self._telegram.last_error = {
                "last_error_date": int(self._telegram.clock.now()),
                "last_error_message": attempt.error,
            }
            wait = retry_after
            if not retry_after and failures:
                delay = min(random.randint(_MAX_DELAY, 2 * _MAX_DELAY), 2 * delay)  # noqa: S311 - no secret
                wait = delay
            failures += 1
            if self._telegram.clock.now() + wait > update.expires:
                self._tell(update, attempt)
                self._done(update)
                return
            self._tell(update, replace(attempt, again_in=wait))
            self._telegram.clock.wait(wait, self._stop)

    def _done(self, update: PendingUpdate, *, again: bool = False) -> None:
        """Forget an update, or let it come once more, behind those that wait."""
        with self._telegram.changed:
            self._telegram.pending.remove(update)
            if again:
                self._telegram.pending.append(replace(update, again=True))
            self._telegram.changed.notify_all()

    @contextmanager
    def _connection(self, webhook: Webhook) -> Iterator[None]:
        """One of those that the webhook allows."""
        with self._connections:
            self._connections.wait_for(
                lambda: self._in_flight < webhook.max_connections or self._stop.is_set()
            )
            self._in_flight += 1
        try:
            yield
        finally:
            with self._connections:
                self._in_flight -= 1
                self._connections.notify()

    def _tell(self, update: PendingUpdate, attempt: Attempt) -> None:
        with self._telegram.changed:
            for observer in self._telegram.observers:
                observer.delivery_tried(update.body, attempt)

    def _post(self, update: PendingUpdate, webhook: Webhook) -> tuple[Attempt, int]:
        """How it went, and after how many seconds the webhook wants the update again."""
        headers = {"Content-Type": "application/json"}
        if webhook.secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret_token
        start = time.perf_counter()

        def failed(error: str) -> Attempt:
            return Attempt(1000 * (time.perf_counter() - start), error)

        try:
            answer = self._http.post(webhook.url, content=json.dumps(update.body), headers=headers)
        except httpx.TimeoutException:
            return failed("Read timeout expired"), 0
        except httpx.ConnectError:
            return failed("Connection refused"), 0
        except httpx.TransportError:
            return failed("Connection closed"), 0
        if not answer.is_success:
            retry_after = answer.headers.get("Retry-After", "")
            message = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            return failed(message), min(int(retry_after), MAX_RETRY_AFTER) if retry_after.isdigit() else 0
        milliseconds = 1000 * (time.perf_counter() - start)
        return Attempt(milliseconds, None, None, *self._execute_answer(answer)), 0

    def _execute_answer(self, answer: httpx.Response) -> tuple[str, str | None]:
        """The method that a webhook's answer asks for, "" where it does not, and why it failed."""
        try:
            parameters = answer.json()
        except ValueError:
            return "", None
        if not isinstance(parameters, dict):
            return "", None
        method = str(parameters.pop("method", ""))
        if not method or method.lower() in _NOT_IN_RESPONSE or method.lower().startswith("get"):
            return "", None
        return method, self._execute(method, parameters)
