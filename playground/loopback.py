"""Loopback HTTP: a server on 127.0.0.1 that answers this machine's programs and its own pages only."""

from __future__ import annotations

import socket
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.exceptions import Forbidden
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    """Logs no request: paths hold the bot's token."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        pass


class Server:
    """An application served from its construction until `close`.

    Requests that name another host (DNS rebinding) or come from another site's page are refused with 403.

    Args:
        app: what answers.
        port: 0 for any free one.
        names: other hosts that requests may name: what this port is called inside of containers.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, app: WSGIApplication, port: int = 0, names: Collection[str] = ()) -> None:
        self.app = app
        self._hosts = (HOST, "localhost", *names)
        # werkzeug ends the whole process when a port is taken; a socket of our own raises OSError instead.
        with socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((HOST, port))
            bound.listen(128)
            self._server = make_server(
                HOST, port, self._guarded, threaded=True, request_handler=_Quiet, fd=bound.fileno()
            )
        self.port = self._server.port
        self.url = f"http://{HOST}:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name=self.url)
        self._thread.start()

    def close(self) -> None:
        """Stop answering; returns once the port is free."""
        self._server.shutdown()
        self._thread.join()

    def _guarded(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        ours = {f"{name}:{self.port}" for name in self._hosts}
        origin = environ.get("HTTP_ORIGIN")
        is_from_elsewhere = environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("same-origin", "none")
        # A link to the page, clicked on another site, opens it as any link does.
        is_link = environ["REQUEST_METHOD"] == "GET" and environ.get("HTTP_SEC_FETCH_DEST") == "document"
        if (
            environ.get("HTTP_HOST") not in ours
            or (origin is not None and urlsplit(origin).netloc not in ours)
            or (is_from_elsewhere and not is_link)
        ):
            return Forbidden("This server answers its own machine only.")(environ, start_response)
        return self.app(environ, start_response)
