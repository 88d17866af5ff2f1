"""The application: addresses, what they take, and what is refused in a sentence."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.serve import admission, openapi
from kerasrecipes.serve.admission import Gate
from kerasrecipes.serve.batching import Batcher, Busy, said
from kerasrecipes.serve.models import Item, Served, rows_of
from kerasrecipes.version import __version__

LARGEST_BODY = 16_000_000  # bytes: a photograph, or half an hour of speech at 8 kHz
MOST_ITEMS = 64  # in a request
LONGEST_BODY = 20.0  # seconds until all of a request has to be there
LONGEST_ANSWER = 60.0  # seconds until a request is given up

_ASSETS = {"page.js": "text/javascript", "page.css": "text/css"}


def application(
    models: Mapping[str, Served] | Sequence[Served],
    *,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    framed: bool = False,
) -> Starlette:
    """Create the application.

    Args:
        models: that answer; the first does where a request names none. Of a mapping by name what it
            holds when a request comes.
        token: that requests have to bring along, as `Authorization: Bearer …` or `?token=…`; by
            default none is asked for.
        hosts: names under which the server may be addressed, so that no page of another site can
            speak to it under a name of its own; by default any.
        framed: whether pages of this server may show the page inside of them.

    Returns:
        An ASGI application.
    """
    served = models if isinstance(models, Mapping) else {one.name: one for one in models}
    server = _Server(served, Gate(token, hosts), framed)

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
    handlers: Mapping[Any, Any] = {HTTPException: admission.refused, Exception: admission.broken}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


class _Server:
    def __init__(self, served: Mapping[str, Served], gate: Gate, framed: bool):
        self.served, self.admit, self.framed = served, gate.admit, framed
        self.batcher = Batcher()

    async def page(self, request: Request) -> Response:
        self.admit(request)
        text = resources.files("kerasrecipes.serve").joinpath("page.html").read_text("utf-8")
        return HTMLResponse(text, headers=admission.headers(framed=self.framed))

    async def asset(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _ASSETS:
            raise HTTPException(404, "there is no such file")
        content = resources.files("kerasrecipes.serve").joinpath(name).read_bytes()
        return Response(content, media_type=_ASSETS[name], headers=admission.headers())

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
        body = await admission.body(request, LARGEST_BODY, LONGEST_BODY)
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
        if name is None and self.served:
            return next(iter(self.served.values()))
        name = name or ""
        if name not in self.served:
            raise HTTPException(404, str(unknown("model", name[:100], [*self.served])))
        return self.served[name]


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
    form = await admission.with_body(request, body).form(
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
