"""What answers inside the world's containers: `python -m infra.containers.servers aws|telegram`.

`aws` is moto's server, as the playground has it. `telegram` is the playground's emulator, one for each bot's
token, and tells on its own paths what it received; there CloudFormation takes the registrar's answers, too.
"""

from __future__ import annotations

import sys
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, run_simple

from playground.telegram import Telegram
from playground.telegram.emulator import CallbackQuery, File
from playground.telegram.server import application

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PORT: Final = 8080
"""Of each container."""
_FOR_EVER: Final = float("inf")


class Emulated:
    """One bot's Telegram, and what it was asked."""

    def __init__(self, token: str, seed: dict[str, Any]) -> None:
        self.telegram = Telegram(token, limits=False)
        self.calls: list[dict[str, Any]] = []
        self.api = application(self.telegram)
        self.api.before_request(self._note)
        for chat in seed.get("chats", ()):
            self.telegram.chats[chat["id"]] = chat
        for message in seed.get("messages", ()):
            self.telegram.messages[message["chat"]["id"], message["message_id"]] = message
        for query in seed.get("queries", ()):
            message = query["message"]
            waiting = CallbackQuery(message["chat"]["id"], message["message_id"], _FOR_EVER)
            self.telegram.queries[query["id"]] = waiting
        for number, (file_id, content) in enumerate(seed.get("files", {}).items()):
            file = File(b64decode(content), file_id, f"unique{number}", f"photos/seed_{number}.jpg")
            self.telegram.files[file_id] = self.telegram.by_path[file.path] = file

    def _note(self) -> None:
        arguments = request.view_args or {}
        values = {**request.args, **request.form, **(request.get_json(silent=True) or {})}
        method = arguments.get("method", "download")
        self.calls.append({"method": method, "parameters": values, "files": sorted(request.files)})

    def told(self) -> dict[str, Any]:
        """What it was asked, and what came of it."""
        telegram = self.telegram
        messages = [
            message for message in telegram.messages.values() if message["from"]["id"] == telegram.bot["id"]
        ]
        alerts = {key: query.answer for key, query in telegram.queries.items() if query.answer}
        webhook = telegram.webhook and {"url": telegram.webhook.url, "secret": telegram.webhook.secret_token}
        return {"calls": self.calls, "messages": messages, "alerts": alerts, "webhook": webhook}


class Telegrams:
    """Every bot's Telegram behind one door, by the token in the path."""

    def __init__(self) -> None:
        self._emulated: dict[str, Emulated] = {}
        self._answers: dict[str, Any] = {}
        self._control = self._make_control()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        path = environ["PATH_INFO"].removeprefix("/file").removeprefix("/")
        emulated = self._emulated.get(path.removeprefix("bot").partition("/")[0])
        if path.startswith("bot") and emulated is not None:
            return emulated.api(environ, start_response)
        return self._control(environ, start_response)

    def _make_control(self) -> Flask:
        app = Flask("control")

        @app.put("/emulated/<token>")
        def _begin(token: str) -> Response:
            self._emulated[token] = Emulated(token, request.get_json())
            return Response()

        @app.get("/emulated/<token>")
        def _tell(token: str) -> Response:
            return jsonify(self._emulated[token].told())

        @app.put("/cloudformation/<name>")
        def _answer(name: str) -> Response:
            self._answers[name] = request.get_json(force=True)
            return Response()

        @app.get("/cloudformation/<name>")
        def _answered(name: str) -> Response:
            return jsonify(self._answers.get(name))

        return app


class _Quiet(WSGIRequestHandler):
    """Logs no request: paths hold the bot's token."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main(which: str) -> None:
    """Serve until the container is removed."""
    app: WSGIApplication
    if which == "aws":
        from playground.services import Services  # noqa: PLC0415 - moto is slow to import, and the other's

        app = Services()
    else:
        app = Telegrams()
    run_simple("0.0.0.0", PORT, app, threaded=True, request_handler=_Quiet)  # noqa: S104 - a container's own


if __name__ == "__main__":
    main(sys.argv[1])
