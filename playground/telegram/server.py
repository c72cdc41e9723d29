"""The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`, as on the official server."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, jsonify, request

from playground.loopback import Server
from playground.telegram.delivery import Delivery
from playground.telegram.methods import call
from playground.telegram.parameters import ApiError, Parameters, TooManyRequests, Upload
from playground.telegram.trouble import BadGateway, Dropped

if TYPE_CHECKING:
    from collections.abc import Collection

    import httpx

    from playground.telegram.emulator import Telegram

MAX_REQUEST = 50 * 1024 * 1024
"""Bytes; what a bot can upload: https://core.telegram.org/bots/api#sending-files"""
_BAD_GATEWAY: Final = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


class BotApi:
    """The Bot API server of a Telegram, and the delivery of its updates, until `close`.

    Args:
        telegram: whose.
        names: see `Server`.
        transport: the way to the webhook, where it is not the usual one.
    """

    def __init__(
        self, telegram: Telegram, *, names: Collection[str] = (), transport: httpx.BaseTransport | None = None
    ) -> None:
        self._telegram = telegram
        self._server = Server(application(telegram), names=names)
        self._delivery = Delivery(telegram, self._execute, transport)
        self.url = self._server.url

    def close(self) -> None:
        """Stop delivering and answering."""
        self._delivery.close()
        self._server.close()

    def _execute(self, method: str, parameters: dict[str, Any]) -> str | None:
        """Run a method from a webhook's answer: its result is lost, and the bot is not told of its error."""
        try:
            call(self._telegram, method, Parameters(parameters))
        except ApiError as error:
            self._telegram.last_error = {
                "last_error_date": int(self._telegram.clock.now()),
                "last_error_message": error.description,
            }
            return error.description
        return None


def application(telegram: Telegram) -> Flask:
    """What answers the Bot API's calls; updates are delivered by `BotApi` only."""
    app = Flask("telegram")
    app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
    app.json.ensure_ascii = False  # type: ignore[attr-defined]

    @app.errorhandler(ApiError)
    def _refuse(error: ApiError) -> Response:
        more = {"parameters": error.parameters} if error.parameters else {}
        response = jsonify(ok=False, error_code=error.code, description=error.description, **more)
        response.status_code = error.code
        if retry_after := error.parameters.get("retry_after"):
            response.headers["Retry-After"] = str(retry_after)
        return response

    @app.errorhandler(413)
    def _too_large(_: Exception) -> Response:
        return _refuse(ApiError("Request Entity Too Large", 413))

    @app.errorhandler(404)
    def _unknown(_: Exception) -> Response:
        return _refuse(ApiError("Not Found", 404))

    @app.errorhandler(BadGateway)
    def _fail(_: BadGateway) -> Response:
        return Response(_BAD_GATEWAY, 502, mimetype="text/html")

    @app.errorhandler(Dropped)
    def _drop(_: Dropped) -> Response:
        """The answer that Flask wants goes into a connection that is closed."""
        connection: socket.socket = request.environ["werkzeug.socket"]
        connection.shutdown(socket.SHUT_RDWR)
        return Response()

    @app.route("/bot<token>/<method>", methods=["GET", "POST"])
    def _call(token: str, method: str) -> Response:
        if token != telegram.token:
            raise ApiError("Unauthorized" if ":" in token else "Unauthorized: invalid token specified", 401)
        parameters = _parameters()
        strike = telegram.trouble.befall(method, parameters)
        match strike and strike.kind:
            case "refused":
                raise TooManyRequests(1)
            case "failed":
                raise BadGateway
            case "dropped" if strike and not strike.executed:
                raise Dropped
        result = call(telegram, method, parameters)  # a refusal is not dropped
        if strike:
            telegram.trouble.note(strike)
            raise Dropped
        return jsonify(ok=True, result=result)

    @app.get("/file/bot<token>/<path:path>")
    def _download(token: str, path: str) -> Response:
        if token != telegram.token:
            raise ApiError("Unauthorized", 401)
        file = telegram.by_path.get(path)
        if file is None:
            raise ApiError("Not Found", 404)
        strike = telegram.trouble.befall("file", Parameters({}))
        if strike and strike.kind == "failed":
            raise BadGateway
        if strike and not strike.executed:
            raise Dropped
        content = file.content
        if strike:
            telegram.trouble.note(strike)
            content = content[: len(content) // 2]
        # Of an iterator Flask believes the length.
        headers = {"Content-Length": str(len(file.content))}
        return Response(iter([content]), headers=headers, mimetype="application/octet-stream")

    return app


def _parameters() -> Parameters:
    """From the query, a form or JSON, together as the official server reads them."""
    values: dict[str, Any] = {**request.args, **request.form}
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise ApiError("Bad Request: can't parse JSON object")
        values |= body
    uploads = {name: Upload(file.filename or "", file.read()) for name, file in request.files.items()}
    return Parameters(values, uploads)
