"""The real bot without a public address: asks Telegram for updates and hands them to the webhook function."""

from __future__ import annotations

import json
import re
from threading import Event
from typing import TYPE_CHECKING, Any

import click
import httpx

from emotion_bot.chat.constants import SECRET_HEADER, UPDATES
from playground.runtime.function_url import payload, response
from playground.telegram.clock import Clock

if TYPE_CHECKING:
    from playground.local_bot import LocalBot

LONG_POLL = 50
"""Seconds that Telegram holds a request for updates open."""
TIMEOUT = 20
"""Seconds that Telegram has for any other request."""
MAX_DELAY = 60
"""Seconds between two attempts to reach Telegram."""
ATTEMPTS = 5
"""How often the webhook function is given an update; it answers 2xx to any that it can deal with."""
_TOKEN = re.compile(r"[1-9][0-9]{0,15}:[A-Za-z0-9_-]{1,80}")


class WrongToken(Exception):
    """Telegram does not know the token; the message says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Telegram does not know this bot. Copy the token from @BotFather into TELEGRAM_BOT_TOKEN."
        )


class _Refused(Exception):
    """Telegram answered `"ok": false`."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer.get("description", ""))
        self.code = answer.get("error_code", 0)
        self.retry_after = answer.get("parameters", {}).get("retry_after")


class LongPolling:
    """A bot's updates, one after the other.

    Args:
        token: the bot's.
        api_url: the Bot API server.
        long_poll: seconds that the server holds a request open; tests pass fewer.
        clock: tests pass a faster one.

    Raises:
        WrongToken: this is no token.
    """

    def __init__(
        self, token: str, api_url: str, long_poll: int = LONG_POLL, clock: Clock | None = None
    ) -> None:
        if not _TOKEN.fullmatch(token):
            raise WrongToken
        self._http = httpx.Client(base_url=f"{api_url.rstrip('/')}/bot{token}/", timeout=TIMEOUT)
        self._long_poll = long_poll
        self._clock = clock or Clock()
        self.stop = Event()
        self._at_work = False
        self._offset = 0
        self._name = ""

    def connect(self) -> str:
        """Make sure that updates come here and to no webhook: the bot's username.

        Raises:
            WrongToken: Telegram does not know the bot.
        """
        self._name = self._insist("getMe")["username"]
        self._insist("deleteWebhook")
        return self._name

    def serve(self, bot: LocalBot) -> None:
        """Hand every update to the bot's webhook function, until `stop` is set or `interrupt` called."""
        try:
            while not self.stop.is_set():
                updates = self._insist(
                    "getUpdates", timeout=self._long_poll, offset=self._offset, allowed_updates=UPDATES
                )
                self._work_off(updates or [], bot)
        finally:
            self._acknowledge()

    def interrupt(self, *_: object) -> None:
        """A signal's handler: end the waiting for updates, or stop once the update at hand is dealt with."""
        self.stop.set()
        if not self._at_work:
            raise KeyboardInterrupt

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _work_off(self, updates: list[dict[str, Any]], bot: LocalBot) -> None:
        self._at_work = True
        for update in updates:
            if self.stop.is_set() or not self._hand_over(update, bot):
                break
            self._offset = update["update_id"] + 1
        self._at_work = False

    def _acknowledge(self) -> None:
        """Telegram forgets an update once the next is asked for."""
        if self._offset:
            try:
                self._call("getUpdates", offset=self._offset, timeout=0, limit=1)
            except (httpx.TransportError, _Refused):
                click.echo("Telegram could not be told what is dealt with, and may send it again.", err=True)

    def _hand_over(self, update: dict[str, Any], bot: LocalBot) -> bool:
        """Whether the update is dealt with; it is not when told to stop meanwhile."""
        headers = {"content-type": "application/json", SECRET_HEADER: bot.secret}
        event = payload(json.dumps(update).encode(), headers, query=f"bot={self._name}")
        for attempt in range(ATTEMPTS):
            try:
                status, _, body = response(bot.webhook.invoke(event))
            except Exception as error:
                click.echo(f"The webhook function failed: {type(error).__name__}.", err=True)
                status, body = 502, b""
            if 200 <= status < 300:
                self._execute(body)
                return True
            if self._clock.wait(2**attempt, self.stop):
                return False
        click.echo(f"Update {update['update_id']} was skipped: it failed {ATTEMPTS} times.", err=True)
        return True

    def _execute(self, body: bytes) -> None:
        """Run the method that the webhook's answer asks for; as in Telegram, its result is lost."""
        if body:
            parameters = json.loads(body)
            try:
                self._call(parameters.pop("method"), **parameters)
            except (httpx.TransportError, _Refused) as error:
                click.echo(f"An answer was not sent: {type(error).__name__}.", err=True)

    def _insist(self, method: str, **parameters: Any) -> Any:  # noqa: ANN401 - any JSON
        """The method's result, however long the network is down; None once told to stop."""
        delay = 1
        while not self.stop.is_set():
            try:
                return self._call(method, **parameters)
            except httpx.TransportError:
                wait, reason = delay, "Telegram is out of reach"
            except _Refused as error:
                if error.code in (401, 404):
                    raise WrongToken from None
                wait, reason = error.retry_after or delay, f"Telegram says {str(error)!r}"
            click.echo(f"{reason}; trying again in {wait} s.", err=True)
            self._clock.wait(wait, self.stop)
            delay = min(2 * delay, MAX_DELAY)
        return None

    def _call(self, method: str, **parameters: Any) -> Any:  # noqa: ANN401 - any JSON
        answer = self._http.post(method, json=parameters, timeout=TIMEOUT + parameters.get("timeout", 0))
        try:
            content = answer.json()
        except ValueError:
            content = {"ok": False, "error_code": answer.status_code, "description": answer.reason_phrase}
        if not content.get("ok"):
            raise _Refused(content)
        return content["result"]
