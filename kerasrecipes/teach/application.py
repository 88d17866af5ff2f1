"""The application: the page, what it sends to be learned, how it watches, what it takes along."""

from __future__ import annotations

import asyncio
import io
import json
import tempfile
import threading
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route

from kerasrecipes import api, files
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.serve import admission
from kerasrecipes.serve import application as answering
from kerasrecipes.serve.admission import Gate
from kerasrecipes.serve.models import Served
from kerasrecipes.teach import lessons
from kerasrecipes.teach.training import Training

LARGEST_BODY = 256_000_000  # bytes: some thousand photographs, which the page makes small before
LONGEST_BODY = 120.0  # seconds until all of it has to be there
LOOK = 0.3  # seconds between two looks at a training
ALIVE = 15.0  # seconds of silence after which a line without meaning keeps a connection open
# Files of a run that are taken along; checkpoints are for going on, and stay.
TAKEN = (
    *("README.md", "config.toml", "environment.json", "info.json", "metrics.json", "history.csv"),
    *("model.keras", "report.html", "diagnosis.json", "figures/*"),
)
FORMATS = {"keras": "model.keras", "onnx": "model.onnx", "tflite": "model.tflite"}

_PAGE = "kerasrecipes.teach"
_ASSETS = {
    "page.css": ("kerasrecipes.serve", "text/css"),
    "teach.css": (_PAGE, "text/css"),
    "teach.js": (_PAGE, "text/javascript"),
}
# A report is a page of its own, with pictures and styles inside and no program.
_REPORT = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


class Classroom:
    """What the server holds: the training, and the model that it ended with.

    Args:
        gate: who may ask.
    """

    def __init__(self, gate: Gate):
        self.admit = gate.admit
        self.models: dict[str, Served] = {}
        self.ending = False
        self._change = threading.Lock()
        self.training = Training(self._answers)
        run = self.training.run
        if run is not None and run.finished:
            threading.Thread(target=self._answers, args=(run,), daemon=True).start()

    def _answers(self, run: Run) -> None:
        """Let a finished run answer."""
        served = Served("model", run)
        with suppress(UserError):  # of a damaged run, which its report may tell of all the same
            served.check()
            with self._change:
                # Meanwhile another lesson may have begun, which a former model does not answer.
                newest = self.training.run
                if newest is not None and newest.path == run.path:
                    self.models["model"] = served

    def _forget(self) -> None:
        """Let a former model answer no more, unless the new one does already."""
        with self._change:
            run, served = self.training.run, self.models.get("model")
            if served is not None and (run is None or served.run.path != run.path):
                self.models.clear()

    def leave(self) -> None:
        """End what watches, and ask the training to save its state and to end."""
        self.ending = True
        self.training.stop()

    def state(self) -> dict[str, Any]:
        """Return what the page shows."""
        try:
            return {**self.training.state(), "answers": bool(self.models)}
        except UserError as error:
            return {"status": "failed", "message": str(error), "answers": False}

    async def page(self, request: Request) -> Response:
        """Answer with the page."""
        self.admit(request)
        text = resources.files(_PAGE).joinpath("teach.html").read_text("utf-8")
        return HTMLResponse(text, headers=admission.headers())

    async def asset(self, request: Request) -> Response:
        """Answer with a file of the page."""
        name = request.path_params["name"]
        if name not in _ASSETS:
            raise HTTPException(404, "there is no such file")
        place, kind = _ASSETS[name]
        content = resources.files(place).joinpath(name).read_bytes()
        return Response(content, media_type=kind, headers=admission.headers())

    async def shown(self, request: Request) -> Response:
        """Answer with the state."""
        self.admit(request)
        return JSONResponse(self.state(), headers=admission.headers())

    async def events(self, request: Request) -> Response:
        """Answer with the state, and again whenever it changes, as server-sent events."""
        self.admit(request)
        return StreamingResponse(
            self._events(request), media_type="text/event-stream", headers=admission.headers()
        )

    async def _events(self, request: Request) -> AsyncIterator[str]:
        told, silent = "", 0.0
        while not self.ending and not await request.is_disconnected():
            state = json.dumps(await asyncio.to_thread(self.state))
            if state != told or silent >= ALIVE:
                yield f"data: {state}\n\n" if state != told else ": still here\n\n"
                told, silent = state, 0.0
            await asyncio.sleep(LOOK)
            silent += LOOK

    async def columns(self, request: Request) -> Response:
        """Answer with the columns of a table that was sent."""
        self.admit(request)
        body = await admission.body(request, LARGEST_BODY, LONGEST_BODY)
        found = await _said(lessons.columns, body)
        return JSONResponse({"columns": found}, headers=admission.headers())

    async def train(self, request: Request) -> Response:
        """Begin to learn what was sent."""
        self.admit(request)
        # Before a hundred megabytes are read.
        if self.training.works:
            raise HTTPException(409, "a training is at work: wait until it has ended, or stop it")
        body = await admission.body(request, LARGEST_BODY, LONGEST_BODY)
        document, sent = await _form(request, body)
        await _said(self.training.begin, partial(_write, document, sent))
        await asyncio.to_thread(self._forget)
        return JSONResponse(self.state(), 202, headers=admission.headers())

    async def stop(self, request: Request) -> Response:
        """Stop the training."""
        self.admit(request)
        self.training.stop()
        return JSONResponse(self.state(), headers=admission.headers())

    async def resume(self, request: Request) -> Response:
        """Go on with the training."""
        self.admit(request)
        await _said(self.training.resume)
        return JSONResponse(self.state(), 202, headers=admission.headers())

    async def report(self, request: Request) -> Response:
        """Answer with the report of the run."""
        path = self._finished(request).path / "report.html"
        if not path.is_file():
            raise HTTPException(404, "there is no report")
        headers = {**admission.headers(), "content-security-policy": _REPORT}
        return HTMLResponse(path.read_text("utf-8"), headers=headers)

    async def zipped(self, request: Request) -> Response:
        """Answer with the run, its checkpoints left out."""
        run = self._finished(request)
        content = await asyncio.to_thread(_zip, run.path, TAKEN)
        return _attached(content, f"{run.path.parent.name}-{run.path.name}.zip")

    async def exported(self, request: Request) -> Response:
        """Answer with the model in another format, and what belongs to it."""
        run, kind = self._finished(request), request.path_params["kind"]
        if kind not in FORMATS:
            raise HTTPException(404, f"formats are {', '.join(FORMATS)}")
        return _attached(await _said(_export, run, FORMATS[kind]), f"model-{kind}.zip")

    def _finished(self, request: Request) -> Run:
        """Return the run, which is finished.

        Raises:
            HTTPException: if there is none.
        """
        self.admit(request)
        run = self.training.run
        if run is None or not run.finished:
            raise HTTPException(404, "nothing is learned yet")
        return run


def application(
    *,
    token: str | None = None,
    hosts: Sequence[str] | None = None,
    made: Callable[[Classroom], object] = lambda classroom: None,
) -> Starlette:
    """Create the application.

    Args:
        token: that requests have to bring along; by default none is asked for.
        hosts: names under which the server may be addressed; by default any.
        made: called with the classroom, whose `leave` ends what lasts.

    Returns:
        An ASGI application.
    """
    room = Classroom(Gate(token, hosts))
    made(room)
    answers = answering.application(room.models, token=token, hosts=hosts, framed=True)

    @asynccontextmanager
    async def lifespan(_: Any) -> Any:
        async with answers.router.lifespan_context(answers):
            yield
        room.leave()
        await asyncio.to_thread(room.training.close)

    routes = [
        Route("/", room.page),
        Route("/assets/{name}", room.asset),
        Route("/state", room.shown),
        Route("/events", room.events),
        Route("/columns", room.columns, methods=["POST"]),
        Route("/train", room.train, methods=["POST"]),
        Route("/stop", room.stop, methods=["POST"]),
        Route("/resume", room.resume, methods=["POST"]),
        Route("/report", room.report),
        Route("/run.zip", room.zipped),
        Route("/export/{kind}", room.exported),
        Mount("/try", answers),
    ]
    handlers: Mapping[Any, Any] = {HTTPException: admission.refused, Exception: admission.broken}
    return Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)


async def _said(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call in a thread; what the user can mend becomes a refusal.

    Raises:
        HTTPException: in place of an error of the user's, or of the machine's disk.
    """
    try:
        return await asyncio.to_thread(call, *arguments)
    except UserError as error:
        raise HTTPException(422, " ".join(str(error).split())) from error
    except OSError as error:  # such as a full disk
        raise HTTPException(507, files.failure(error)) from error


async def _form(request: Request, body: bytes) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
    """Return the document of a form, in the field `lesson`, and its files with their fields.

    Raises:
        HTTPException: if it cannot be read.
    """
    most = lessons.MOST_EXAMPLES + 1
    form = await admission.with_body(request, body).form(
        max_files=most, max_fields=2, max_part_size=LARGEST_BODY
    )
    sent = [
        (field, await value.read())
        for field, value in form.multi_items()
        if isinstance(value, UploadFile)
    ]
    said = form.get("lesson")
    try:
        document = json.loads(said) if isinstance(said, str) else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise HTTPException(400, "the field 'lesson' is an object")
    return document, sent


def _write(document: Mapping[str, Any], sent: Sequence[tuple[str, bytes]]) -> Path:
    """Write the lesson that a form holds.

    Raises:
        UserError: if nothing can be learned of it.
    """
    kind = document.get("kind")
    if kind == "table":
        if len(sent) != 1:
            raise UserError("choose a CSV file first")
        return lessons.of_table(sent[0][1], document.get("target"))
    if kind == "texts":
        return lessons.of_texts(document.get("classes"), document.get("texts"))
    if kind not in lessons.KINDS:
        raise UserError("choose what is to be learned: drawings, photographs, texts or a table")
    examples = [(int(field) if field.isdecimal() else -1, content) for field, content in sent]
    return lessons.of_images(kind, document.get("classes"), examples)


def _zip(folder: Path, patterns: Sequence[str]) -> bytes:
    """Return files of a folder as an archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
            if path.is_file():
                archive.write(path, path.relative_to(folder).as_posix())
    return content.getvalue()


def _export(run: Run, name: str) -> bytes:
    """Return an export with all that is beside it as an archive.

    Raises:
        UserError: if it cannot be written in this format.
    """
    with tempfile.TemporaryDirectory() as folder:
        api.export(run, Path(folder) / name)
        return _zip(Path(folder), ["*"])


def _attached(content: bytes, name: str) -> Response:
    headers = {**admission.headers(), "content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/zip", headers=headers)
