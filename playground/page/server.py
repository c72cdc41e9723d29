"""Serves the chat page, and carries what its person sends and sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, jsonify, request, send_from_directory

from playground.loopback import Server
from playground.telegram import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playground.telegram import Telegram

HERE = Path(__file__).parent
PHOTOS = HERE.parent / "photos"
SAMPLES = ("two_people.jpg", "obama.jpg", "astronaut.png", "biden.jpg", "chelsea.png", "rocket.jpg")
MAX_UPLOAD = 32 * 1024 * 1024
"""Bytes; more than a bot can fetch (20 MB), so that one can see what it says to that."""
STILL_HERE = 15
"""Seconds between two signs of life on a quiet stream."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page:
    """The chat of one person with the bot, in the browser, until `close`.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, telegram: Telegram, port: int) -> None:
        self._telegram = telegram
        self._person = Person(telegram)
        self._open = True
        self._server = Server(self._application(), port)
        self.url = self._server.url

    def close(self) -> None:
        """Let the page go."""
        with self._telegram.changed:
            self._open = False
            self._telegram.changed.notify_all()
        self._server.close()

    def _application(self) -> Flask:
        app = Flask("page", static_folder=HERE, static_url_path="/static")
        app.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD
        app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 0
        app.add_url_rule("/", view_func=lambda: send_from_directory(HERE, "index.html"), endpoint="index")
        app.add_url_rule(
            "/samples/<name>", view_func=lambda name: send_from_directory(PHOTOS, name), endpoint="sample"
        )
        app.add_url_rule("/about", view_func=self._about)
        app.add_url_rule("/events", view_func=self._events)
        app.add_url_rule("/files/<file_id>", view_func=self._file)
        app.add_url_rule("/text", view_func=self._text, methods=["POST"])
        app.add_url_rule("/file", view_func=self._upload, methods=["POST"])

        @app.after_request
        def _harden(answer: Response) -> Response:
            answer.headers.update(_HEADERS)
            return answer

        return app

    def _about(self) -> Response:
        """What Telegram shows of the bot in the person's language."""
        language = request.args.get("language", "")
        profile = self._telegram.profile
        return jsonify(
            name=self._telegram.bot["first_name"],
            description=profile.description.get(language) or profile.description.get("", ""),
            commands=profile.commands.get(language) or profile.commands.get("", []),
            samples=SAMPLES,
            max_upload=MAX_UPLOAD,
        )

    def _events(self) -> Response:
        """The chat from its beginning, or from what the page saw last, as server-sent events."""
        seen = request.headers.get("Last-Event-ID", "")
        stream = self._stream(int(seen) + 1 if seen.isdigit() else 0)
        return Response(stream, mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    def _stream(self, start: int) -> Iterator[str]:
        yield "retry: 1000\n\n"
        while self._open:
            fresh = self._events_from(start)
            lines = [f"id: {at}\ndata: {json.dumps(event)}\n\n" for at, event in enumerate(fresh, start)]
            start += len(fresh)
            yield "".join(lines) or ":\n\n"

    def _events_from(self, start: int) -> list[dict[str, Any]]:
        """What happened since, as soon as something did; nothing after `STILL_HERE` seconds."""
        events = self._telegram.events
        with self._telegram.changed:
            self._telegram.changed.wait_for(lambda: len(events) > start or not self._open, STILL_HERE)
            return events[start:]

    def _file(self, file_id: str) -> Response:
        """A photo of the chat."""
        file = self._telegram.files.get(file_id)
        if file is None or not file.path.startswith("photos/"):
            return Response(status=404)
        return Response(file.content, mimetype="image/jpeg", headers={"Cache-Control": "max-age=3600"})

    def _text(self) -> Response:
        body: Any = request.get_json(silent=True)
        text = body.get("text") if isinstance(body, dict) else None
        if not isinstance(text, str) or not text.strip():
            return Response(status=400)
        self._person.language_code = str(body.get("language", "en"))
        self._person.send_text(text.strip()[:4096])
        return Response(status=204)

    def _upload(self) -> Response:
        file = request.files.get("file")
        if file is None:
            return Response(status=400)
        self._person.language_code = request.form.get("language", "en")
        self._person.send_file(file.read(), file.filename or "file")
        return Response(status=204)
