"""The way out of containers that have none: a network of their own, with doors to servers on loopback."""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from docker.errors import APIError, DockerException, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    import docker
    from docker.models.networks import Network

HOST: Final = "127.0.0.1"
_PATIENCE: Final = 120.0
"""Seconds that a server behind a door may take to answer."""
_CLEARING: Final = 20.0
"""Seconds that the engine may take to remove containers; one is usual."""
_HOP: Final = frozenset(["connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"])
"""Headers that hold for one connection only."""


class NoNetwork(Exception):
    """The containers' network cannot be made, or not be reached; the message says what to do."""


@dataclass(frozen=True)
class Street:
    """A Docker network from which nothing leads out but its doors."""

    name: str
    gateway: str
    """This machine's address on it."""
    subnet: ipaddress.IPv4Network

    @contextmanager
    def door(self, port: int) -> Iterator[None]:
        """Let the network's containers reach this machine's loopback at a port, by the gateway's same port.

        Behind the door it looks as if TLS had ended there, as it does at AWS's.

        Raises:
            NoNetwork: this machine has no such address, as where Docker runs in a machine of its own.
        """
        try:
            server = _Server((self.gateway, port), self.subnet)
        except OSError as error:
            raise NoNetwork(
                f"The containers' network has no door to this machine ({error.strerror}); the rehearsal "
                "needs Linux with a Docker engine of its own, not one in a virtual machine."
            ) from error
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name=f"door {port}")
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


@contextmanager
def street(client: docker.DockerClient) -> Iterator[Street]:
    """A network for the functions' containers; at the end it is removed, and every container on it.

    Raises:
        NoNetwork: the engine does not make one.
    """
    name = f"emotion-bot-rehearsal-{secrets.token_hex(4)}"
    try:
        network = client.networks.create(name, driver="bridge", internal=True)
    except DockerException as error:
        raise NoNetwork(f"The Docker engine makes no network: {error}") from error
    try:
        network.reload()
        pool = network.attrs["IPAM"]["Config"][0]
        yield Street(name, pool["Gateway"], ipaddress.IPv4Network(pool["Subnet"]))
    finally:
        _remove(client, network)


def _remove(client: docker.DockerClient, network: Network) -> None:
    there = {"network": network.id}
    deadline = time.monotonic() + _CLEARING
    while True:
        for container in client.containers.list(all=True, filters=there, ignore_removed=True):
            with suppress(APIError):  # the emulator removes its own, too: gone, or going
                container.remove(force=True, v=True)
        try:
            network.remove()
        except NotFound:
            return
        except APIError:  # one is going
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


class _Server(ThreadingHTTPServer):
    daemon_threads, block_on_close, request_queue_size = True, False, 128

    def __init__(self, address: tuple[str, int], subnet: ipaddress.IPv4Network) -> None:
        self._subnet = subnet
        super().__init__(address, _Passage)

    def verify_request(self, request: object, client_address: Any) -> bool:  # noqa: ANN401, ARG002 - as inherited
        """Linux takes what comes for an address of its own at any interface: only the network may enter."""
        return ipaddress.IPv4Address(client_address[0]) in self._subnet

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a container that was removed leaves its connections."""


class _Passage(BaseHTTPRequestHandler):
    """Passes one connection's requests on, each whole, and brings the answers back."""

    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        port = self.connection.getsockname()[1]
        self._inner = http.client.HTTPConnection(HOST, port, timeout=_PATIENCE)

    def finish(self) -> None:
        self._inner.close()
        super().finish()

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._inner.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                self._inner.putheader(name, value)
        self._inner.putheader("X-Forwarded-Proto", "https")
        self._inner.endheaders(body or None)
        answer = self._inner.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length") or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        if answer.will_close:
            self._inner.close()

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = _pass_on  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as inherited
        """Say nothing: paths hold the bot's token."""
