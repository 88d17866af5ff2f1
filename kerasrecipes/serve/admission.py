"""Who may ask: the server's own pages, or who has the token, in time and no larger than allowed."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src data: blob:; connect-src 'self'; frame-src 'self'; "
    "frame-ancestors {ancestors}; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Gate:
    """What a request has to show.

    Args:
        token: that requests have to bring along, as `Authorization: Bearer …` or `?token=…`; with
            `None` none is asked for.
        hosts: names under which the server may be addressed, so that no page of another site can
            speak to it under a name of its own; with `None` any.
    """

    token: str | None = None
    hosts: Sequence[str] | None = None

    def admit(self, request: Request) -> None:
        """Refuse who comes under another name, from another site, or without the token.

        Args:
            request: with its headers.

        Raises:
            HTTPException: with what was wrong.
        """
        host = request.headers.get("host", "")
        name = _name(host)
        if self.hosts is not None and name not in self.hosts:
            raise HTTPException(421, f"this server is not '{(name or '')[:100]}'")
        if _is_foreign(request, host):
            raise HTTPException(403, "a page of another site may not ask this server")
        if self.token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        given = given if scheme.lower() == "bearer" else request.query_params.get("token", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise HTTPException(401, "the token is missing or wrong: Authorization: Bearer TOKEN")


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:  # such as brackets that are not closed
        return None


def _is_foreign(request: Request, host: str) -> bool:
    """Whether a page that did not come from this server asks: of another port too."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return True
    # What a page embeds, such as a picture, has no origin. A link may be followed from anywhere.
    site = request.headers.get("sec-fetch-site", "none")
    mode = request.headers.get("sec-fetch-mode", "navigate")
    return site in ("cross-site", "same-site") and mode != "navigate"


def headers(*, framed: bool = False) -> dict[str, str]:
    """Return headers by which a browser keeps a page to this server.

    Args:
        framed: whether pages of this server may show it inside of them.
    """
    return {
        "content-security-policy": _POLICY.format(ancestors="'self'" if framed else "'none'"),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }


async def body(request: Request, largest: int, seconds: float) -> bytes:
    """Read a request's body, in time and within its limit.

    Args:
        request: whose body is not read yet.
        largest: number of bytes that it may have.
        seconds: until all of it has to be there.

    Returns:
        The body.

    Raises:
        HTTPException: if it is too large, too slow, or cut off.
    """
    said = request.headers.get("content-length", "0")
    too_large = HTTPException(413, f"a request has {largest // 1_000_000} MB at most")
    if said.isdigit() and int(said) > largest:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > largest:
                    raise too_large
                parts.append(part)
    except TimeoutError as error:
        raise HTTPException(
            408, f"the request was not complete within {seconds:.0f} seconds"
        ) from error
    return b"".join(parts)


def with_body(request: Request, content: bytes) -> Request:
    """Return a request that has a body to read, again.

    Args:
        request: whose body was read.
        content: the body.
    """

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(request.scope, receive)


async def refused(request: Request, error: Exception) -> Response:
    """Answer a request that was refused, in a sentence.

    Args:
        request: that was refused.
        error: why.

    Returns:
        The answer, JSON with `error`.
    """
    assert isinstance(error, HTTPException)
    more = {"www-authenticate": "Bearer"} if error.status_code == 401 else {}
    return JSONResponse({"error": error.detail}, error.status_code, {**headers(), **more})


async def broken(request: Request, error: Exception) -> Response:
    """Answer a request on which the server failed; what went wrong stands in its terminal.

    Args:
        request: on which it failed.
        error: what was raised.

    Returns:
        The answer, JSON with `error`.
    """
    return JSONResponse({"error": "the model failed on this request"}, 500, headers())
