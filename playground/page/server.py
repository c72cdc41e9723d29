"""Serves the chat page, and carries what its person sends and sees."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, abort, jsonify, request, send_from_directory
from werkzeug.exceptions import HTTPException

from emotion_bot.chat.texts import LANGUAGE_NAMES
from playground.loopback import Server
from playground.page import inputs
from playground.page.desk import Desk
from playground.page.inputs import MAX_REQUEST, MAX_UPLOAD, Mistake
from playground.page.samples import PHOTOS, SAMPLES, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.local_bot import LocalBot
    from playground.telegram import Telegram

HERE: Final = Path(__file__).parent
STILL_HERE: Final = 15
"""Seconds between two signs of life on a quiet stream."""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PARTS: Final = (".css", ".js", ".svg")
"""Of the page; this file lies beside them."""
_WRITTEN: Final = ("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml")
_SHOWN: Final = {"photos": "image/jpeg", "stickers": "image/webp"}
"""Folders of Telegram's files that a page may show, and what is in them."""


class Page:
    """The chat of one person with the bot, in the browser, until `close`.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, telegram: Telegram, bot: LocalBot, port: int) -> None:
        self._desk = Desk(telegram, bot)
        try:
            self._server = Server(self._application(), port)
        except OSError:
            self._desk.close()
            raise
        self.url = self._server.url

    def close(self) -> None:
        """Let the page go."""
        self._desk.close()
        self._server.close()

    def _application(self) -> Flask:
        app = Flask("page", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 0
        app.json.ensure_ascii = False  # type: ignore[attr-defined]
        app.add_url_rule("/", view_func=lambda: send_from_directory(HERE, "index.html"), endpoint="index")
        app.add_url_rule(
            "/samples/<name>", view_func=lambda name: send_from_directory(PHOTOS, name), endpoint="sample"
        )
        app.add_url_rule("/samples/small/<name>", view_func=self._small_sample)
        app.add_url_rule("/static/<name>", view_func=self._static)
        app.add_url_rule("/about", view_func=self._about)
        app.add_url_rule("/events", view_func=self._events)
        app.add_url_rule("/files/<file_id>", view_func=self._file)
        app.add_url_rule("/crops/<int:update_id>/<int:message_id>/<int:number>.png", view_func=self._crop)
        app.add_url_rule("/text", view_func=self._text, methods=["POST"])
        app.add_url_rule("/file", view_func=self._upload, methods=["POST"])
        app.add_url_rule("/press", view_func=self._press, methods=["POST"])
        app.add_url_rule("/engine", view_func=self._engine, methods=["POST"])
        app.add_url_rule("/faults", view_func=self._faults, methods=["POST"])

        @app.errorhandler(Mistake)
        def _refuse(mistake: Mistake) -> tuple[Response, int]:
            return jsonify(error=str(mistake)), mistake.status

        @app.errorhandler(HTTPException)
        def _fail(error: HTTPException) -> tuple[Response, int]:
            code = error.code or 500
            too_large = f"That is more than {MAX_REQUEST >> 20} MB at once; send fewer or smaller files."
            return jsonify(error=too_large if code == 413 else f"{error.name}."), code

        @app.after_request
        def _harden(answer: Response) -> Response:
            answer.headers.update(_HEADERS)
            return _compressed(answer)

        return app

    @staticmethod
    def _static(name: str) -> Response:
        if not name.endswith(_PARTS):
            abort(404)
        return send_from_directory(HERE, name)

    @staticmethod
    def _small_sample(name: str) -> Response:
        if name not in SAMPLES:
            abort(404)
        return _cached(small(name), "image/webp")

    def _about(self) -> Response:
        code = inputs.language(request.args.get("language") or "en")
        languages = [{"code": code, "name": name} for code, name in LANGUAGE_NAMES.items()]
        return jsonify(**self._desk.about(code), samples=SAMPLES, max_upload=MAX_UPLOAD, languages=languages)

    def _events(self) -> Response:
        """The chat from its beginning, or from what the page saw last, as server-sent events."""
        seen = request.headers.get("Last-Event-ID", "")
        stream = self._stream(int(seen) + 1 if seen.isdecimal() and len(seen) < 16 else 0)
        return Response(stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    def _stream(self, start: int) -> Iterator[str]:
        feed = self._desk.feed
        yield "retry: 1000\n\n"
        while feed.is_open:
            fresh = feed.since(start, STILL_HERE)
            lines = [f"id: {number}\ndata: {json.dumps(event)}\n\n" for number, event in fresh]
            start = fresh[-1][0] + 1 if fresh else start
            yield "".join(lines) or ":\n\n"

    def _file(self, file_id: str) -> Response:
        """A photo of the chat."""
        file = self._desk.file(file_id)
        kind = _SHOWN.get(file.path.partition("/")[0]) if file else None
        if file is None or kind is None:
            abort(404)
        return _cached(file.content, kind)

    def _crop(self, update_id: int, message_id: int, number: int) -> Response:
        png = self._desk.crop(update_id, message_id, number)
        if png is None:
            abort(404)
        return _cached(png, "image/png")

    def _text(self) -> Response:
        self._desk.send_text(inputs.text())
        return _done()

    def _upload(self) -> Response:
        sent = inputs.caption()
        self._desk.send_files(inputs.files(), sent)
        return _done()

    def _press(self) -> Response:
        self._desk.press(*inputs.pressed())
        return _done()

    def _engine(self) -> Response:
        engine, install = inputs.engine()
        self._desk.choose_engine(engine, install=install)
        return _done()

    def _faults(self) -> Response:
        self._desk.switch_faults(inputs.faults())
        return _done()


def _compressed(answer: Response) -> Response:
    """What the page is written in, in a third of its bytes, for a browser that takes it so."""
    if answer.status_code == 200 and answer.mimetype in _WRITTEN and request.accept_encodings["gzip"]:
        answer.direct_passthrough = False
        answer.set_data(gzip.compress(answer.get_data()))
        answer.content_encoding = "gzip"
    answer.vary.add("Accept-Encoding")
    return answer


def _done() -> Response:
    return Response(status=204)


def _cached(content: bytes, mimetype: str) -> Response:
    """What never changes under its address."""
    answer = Response(content, mimetype=mimetype, headers={"Cache-Control": "max-age=3600, immutable"})
    answer.add_etag()
    answer.make_conditional(request)
    return answer
