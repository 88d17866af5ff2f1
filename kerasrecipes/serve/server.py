"""The server: uvicorn with limits for connections that say nothing, and a quiet end."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kerasrecipes.errors import UserError

SILENCE = 10.0  # seconds until a connection has to have sent the head of a request
MOST_CONNECTIONS = 2048
GOODBYE = 30  # seconds in which accepted requests are answered after SIGTERM


class _Impatient(H11Protocol):
    """HTTP over connections that are closed if the head of a request does not come in time.

    uvicorn has a limit for the time between requests only: a thousand connections that say nothing
    would stay.
    """

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._silent = self.loop.call_later(SILENCE, self._close_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        self._silent.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()


def is_local(host: str) -> bool:
    """Return whether an address is this machine's alone.

    Args:
        host: name or address to listen at.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def create(
    build: Callable[..., Any],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token: str | None = None,
    started: Callable[[str], None] = print,
    ending: Callable[[], object] = lambda: None,
) -> tuple[uvicorn.Server, socket.socket]:
    """Create a server and the socket that it is to listen at.

    Args:
        build: the ASGI application, from a `token` and `hosts` as `application` has them.
        host: address to listen at; other machines reach the server only if it is none of this
            machine's own, and a token is made then if none is given.
        port: to listen at; 0 for a free one.
        token: that requests have to bring along.
        started: called with the address of the page, once requests are accepted.
        ending: called before what was accepted is waited for.

    Returns:
        The server, whose `serve` takes the socket.

    Raises:
        UserError: if the address is not free or not this machine's.
    """
    local = is_local(host)
    token = token or (None if local else secrets.token_urlsafe(24))
    listener = _listening(host, port)
    names = ["localhost", "127.0.0.1", "::1", host] if local else None
    config = uvicorn.Config(
        build(token=token, hosts=names),
        http=_Impatient,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GOODBYE,
    )
    shown = "localhost" if local else socket.gethostname() if host in _ANY else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listener.getsockname()[1]}/"
    asking = f"?token={token}" if token else ""
    return _Server(config, lambda: started(f"{address}{asking}"), ending), listener


_ANY = ("0.0.0.0", "::")


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(MOST_CONNECTIONS)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UserError(
            f"cannot listen at {host}:{port}: {getattr(error, 'strerror', None) or error}; "
            "give another --port, or 0 for a free one"
        ) from error
    return listener


def run(build: Callable[..., Any], **options: Any) -> None:
    """Serve until a signal ends it; what was accepted is answered before.

    Args:
        build: as `create` has it.
        **options: as `create` has them.

    Raises:
        UserError: if the address is not free or not this machine's.
    """
    server, listener = create(build, **options)
    asyncio.run(server.serve(sockets=[listener]))


class _Server(uvicorn.Server):
    """A server that tells when it has started, and when it is about to end."""

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], None], ending: Callable[[], object]
    ):
        super().__init__(config)
        self._tell, self._ending = started, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets)
