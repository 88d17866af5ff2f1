"""The application: addresses, what they take, and what is refused in a sentence."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.serve import openapi
from kerasrecipes.serve.batching import Batcher, Busy, said
from kerasrecipes.serve.models import Item, Served, rows_of
from kerasrecipes.version import __version__

LARGEST_BODY = 16_000_000  # bytes: a photograph, or half an hour of speech at 8 kHz
MOST_ITEMS = 64  # in a request
LONGEST_BODY = 20.0  # seconds until all of a request has to be there
LONGEST_ANSWER = 60.0  # seconds until a request is given up

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src data: blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_ASSETS = {"page.js": "text/javascript", "page.css": "text/css"}


def application(
    models: Sequence[Served], *, token: str | None = None, hosts: Sequence[str] | None = None
) -> Starlette:
    """Create the application.

    Args:
        models: that answer; the first does where a request names none.
        token: that requests have to bring along, as `Authorization: Bearer …` or `?token=…`; by
            default none is asked for.
        hosts: names under which the server may be addressed, so that no page of another site can
            speak to it under a name of its own; by default any.

    Returns:
        An ASGI application.
    """
    server = _Server({one.name: one for one in models}, token, hosts)

    @asynccontextmanager
    async def lifespan(_: Any) -> Any:
        yield
        server.batcher.close()

    routes = [
        Route("/", server.page),
        Route("/assets/{name}", server.asset),
        Route("/health", server.health),
        Route("/models", server.models),
        Route("/openapi.json", server.description),
        Route("/predict", server.predict, methods=["POST"]),
        Route("/predict/{name:path}", server.predict, methods=["POST"]),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: _refused, Exception: _broken}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


class _Server:
    def __init__(
        self, models: Mapping[str, Served], token: str | None, hosts: Sequence[str] | None
    ):
        self.served, self.token, self.hosts = models, token, hosts
        self.batcher = Batcher()

    def admit(self, request: Request) -> None:
        """Refuse who comes under another name, from another site, or without the token.

        Raises:
            HTTPException: with what was wrong.
        """
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        if self.hosts is not None and host not in self.hosts:
            raise HTTPException(421, f"this server is not '{host}'")
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).hostname != host:
            raise HTTPException(403, "a page of another site may not ask this server")
        if self.token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        given = given if scheme.lower() == "bearer" else request.query_params.get("token", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            raise HTTPException(401, "the token is missing or wrong: Authorization: Bearer TOKEN")

    async def page(self, request: Request) -> Response:
        self.admit(request)
        text = resources.files("kerasrecipes.serve").joinpath("page.html").read_text("utf-8")
        return HTMLResponse(text, headers=_headers())

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _ASSETS:
            raise HTTPException(404, "there is no such file")
        content = resources.files("kerasrecipes.serve").joinpath(name).read_bytes()
        return Response(content, media_type=_ASSETS[name], headers=_headers())

    async def health(self, request: Request) -> Response:
        return JSONResponse(
            {"status": "ok", "version": __version__, "waiting": self.batcher.waiting}
        )

    async def models(self, request: Request) -> Response:
        self.admit(request)
        return JSONResponse([one.described() for one in self.served.values()])

    async def description(self, request: Request) -> Response:
        self.admit(request)
        return JSONResponse(openapi.description([*self.served]))

    async def predict(self, request: Request) -> Response:
        self.admit(request)
        body = await _body(request)
        name, items, options = await _parts(request, body)
        served = self._named(request.path_params.get("name") or name)
        shown = options.pop("shown", request.query_params.get("shown")) in (True, "true", "1")
        try:
            if not items and not served.generates:
                raise UserError(f"'{served.name}' needs an input: {served.takes}")
            bound = served.bound(options)
            given = _prepared(served, items)
            call = partial(served.answer, options=bound, shown=shown)
            # Explanations are drawn for one input at a time; what is random is asked for alone.
            alone = object() if bound.get("explain") or served.generates else None
            columns = tuple(given[0]) if given and isinstance(given[0], Mapping) else None
            key = (served.name, tuple(sorted(bound.items())), shown, columns, alone)
            async with asyncio.timeout(LONGEST_ANSWER):
                answers = await self.batcher.answers(key, call, given)
        except UserError as error:
            raise HTTPException(422, said(error)) from error
        except Busy as error:
            raise HTTPException(503, "too many requests wait: try again in a moment") from error
        except TimeoutError as error:
            raise HTTPException(503, f"no answer within {LONGEST_ANSWER:.0f} seconds") from error
        return JSONResponse({"model": served.name, "answers": answers})

    def _named(self, name: str | None) -> Served:
        """Return a model by its name, by default the first.

        Raises:
            HTTPException: if there is no such model.
        """
        if name is None:
            return next(iter(self.served.values()))
        if name not in self.served:
            raise HTTPException(404, str(unknown("model", name[:100], [*self.served])))
        return self.served[name]


def _headers() -> dict[str, str]:
    return {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }


async def _body(request: Request) -> bytes:
    """Read a request's body, in time and within its limit.

    Raises:
        HTTPException: if it is too large, too slow, or cut off.
    """
    said = request.headers.get("content-length", "0")
    too_large = HTTPException(413, f"a request has {LARGEST_BODY // 1_000_000} MB at most")
    if said.isdigit() and int(said) > LARGEST_BODY:
        raise too_large
    parts, size = [], 0
    try:
        async with asyncio.timeout(LONGEST_BODY):
            async for part in request.stream():
                size += len(part)
                if size > LARGEST_BODY:
                    raise too_large
                parts.append(part)
    except TimeoutError as error:
        raise HTTPException(
            408, f"the request was not complete within {LONGEST_BODY:.0f} seconds"
        ) from error
    return b"".join(parts)


async def _parts(request: Request, body: bytes) -> tuple[str | None, list[Any], dict[str, Any]]:
    """Return model, inputs and options of a request, whatever its kind.

    Raises:
        HTTPException: if it cannot be read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    options: dict[str, Any] = {
        name: value
        for name, value in request.query_params.items()
        if name not in ("token", "model")
    }
    name = request.query_params.get("model")
    if kind == "application/json":
        document = _json(body)
        items = document.get("inputs", [document["input"]] if "input" in document else [])
        own = document.get("options", {})
        if not isinstance(items, list) or not isinstance(own, dict):
            raise HTTPException(400, "'inputs' is a list and 'options' an object")
        name, items, options = document.get("model", name), [*map(_item, items)], {**options, **own}
    elif kind == "multipart/form-data":
        items = await _uploaded(request, body)
    elif kind == "text/plain":
        items = [_text(body)] if body else []
    elif kind.startswith(("image/", "audio/")) or kind in ("application/octet-stream", "text/csv"):
        items = [body]
    elif not body:
        items = []
    else:
        raise HTTPException(
            415,
            f"a body of type '{kind[:100]}' is not read: application/json, multipart/form-data, "
            "text/plain, text/csv, image/*, audio/* and application/octet-stream are",
        )
    if len(items) > MOST_ITEMS:
        raise HTTPException(413, f"a request has {MOST_ITEMS} inputs at most")
    if name is not None and not isinstance(name, str):
        raise HTTPException(400, "'model' is a name")
    return name, items, options


def _json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is not JSON") from error
    if not isinstance(document, dict):
        raise HTTPException(400, 'the body is an object, such as {"inputs": ["a text"]}')
    return document


def _item(value: Any) -> Any:
    """Return an input of a JSON document: a text, a file in base64, or a row.

    Raises:
        HTTPException: if it is none of them.
    """
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict) and set(value) == {"base64"} and isinstance(value["base64"], str):
        try:
            return base64.b64decode(value["base64"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise HTTPException(400, "'base64' is not base64") from error
    cells = value.values() if isinstance(value, dict) else ()
    if cells and all(cell is None or isinstance(cell, (str, int, float)) for cell in cells):
        return value
    raise HTTPException(400, 'an input is a text, {"base64": "…"}, or a row, {"column": value, …}')


def _text(value: str | bytes) -> bytes:
    """Return a text as UTF-8.

    Raises:
        HTTPException: if it is none.
    """
    try:
        text = value if isinstance(value, str) else value.decode("utf-8")
        return text.encode("utf-8")
    except UnicodeError as error:
        raise HTTPException(400, "the text is not UTF-8") from error


async def _uploaded(request: Request, body: bytes) -> list[bytes]:
    """Return the files and texts of a form.

    Raises:
        HTTPException: if it cannot be read.
    """

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    form = await Request(request.scope, receive).form(
        max_files=MOST_ITEMS, max_fields=MOST_ITEMS, max_part_size=LARGEST_BODY
    )
    return [
        _text(value) if isinstance(value, str) else await value.read()
        for _, value in form.multi_items()
    ]


def _prepared(served: Served, items: Sequence[Any]) -> list[Item]:
    """Return inputs as the model takes them: the files of tables as their rows."""
    if served.takes != "table":
        return list(items)
    rows: list[Item] = []
    for item in items:
        rows += rows_of(item) if isinstance(item, bytes) else [item]
    if len({tuple(row) for row in rows}) > 1:
        raise UserError("the rows of a request have the same columns")
    return rows


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {"www-authenticate": "Bearer"} if error.status_code == 401 else {}
    return JSONResponse({"error": error.detail}, error.status_code, {**_headers(), **headers})


async def _broken(request: Request, error: Exception) -> Response:
    # What went wrong stands in the server's terminal.
    return JSONResponse({"error": "the model failed on this request"}, 500, _headers())
