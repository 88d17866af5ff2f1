"""A training that the page watches: begun, stopped, gone on with; one at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kerasrecipes import files
from kerasrecipes.errors import UserError
from kerasrecipes.metrics import names, summary
from kerasrecipes.runs import lock
from kerasrecipes.runs.run import Run
from kerasrecipes.teach import choice, lessons
from kerasrecipes.teach.pupil import GRACE

_CURVES = ("accuracy", "loss")  # what a curve shows, the first that a training measures
COMMAND = (sys.executable, "-m", "kerasrecipes.teach.pupil")
# Asked to stop, or ended by the system, as where memory runs out.
_INTERRUPTED = (130, -2, -9, -15)


class Training:
    """The newest lesson and the process that learns it.

    Args:
        finished: called with the run once a training has ended well, in a thread of its own.
    """

    def __init__(self, finished: Callable[[Run], None] = lambda run: None):
        self._finished = finished
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = False  # between the lesson and its process
        self._stopping = False
        self._change = threading.Lock()
        self.lesson = lessons.newest()

    @property
    def run(self) -> Run | None:
        """The run of the lesson, once there is one."""
        if self.lesson is None:
            return None
        found = sorted(self.lesson.glob("runs/*/*/config.toml"))
        return Run(found[-1].parent) if found else None

    @property
    def works(self) -> bool:
        """Whether the process is at work."""
        return self._process is not None and self._process.poll() is None

    def begin(self, write: Callable[[], Path]) -> None:
        """Begin to learn a lesson.

        Args:
            write: makes the lesson's folder, once it is certain that nothing else is learned.

        Raises:
            UserError: if another training is at work, or of `write`.
        """
        with self._change:
            self._refuse_if_busy()
            path = write()
            lesson = lessons.load(path)
            chosen = choice.choose(lesson)
            command = chosen.command(path, lesson.target)
            with self._beginning():
                self.lesson = path
                self._note({"recipe": chosen.recipe, "why": chosen.why, "command": command})
                self._start(command)

    def resume(self) -> None:
        """Go on with the newest lesson where it was interrupted.

        Raises:
            UserError: if another training is at work, or there is nothing to go on with.
        """
        with self._change:
            self._refuse_if_busy()
            run = self.run
            if self.lesson is None or (run is not None and run.finished):
                raise UserError("there is nothing to go on with")
            words = ["run", "--resume", str(run.path)] if run else self._noted()["command"]
            with self._beginning():
                self._start(words)

    def stop(self) -> None:
        """Ask the process to save its state and to end."""
        if self.works and self._process is not None and self._process.stdin is not None:
            self._stopping = True
            with suppress(OSError):
                self._process.stdin.close()

    def close(self) -> None:
        """Stop, and wait until the process has ended."""
        self.stop()
        if self._process is not None:
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()

    def state(self) -> dict[str, Any]:
        """Return what the page shows of the training.

        Returns:
            `status`: `nothing`, `preparing`, `training`, `stopping`, `concluding`, `interrupted`,
            `failed` or `finished`; what is learned by which recipe and why; the epochs so far.
        """
        if self.lesson is None:
            return {"status": "nothing"}
        if self._starting:
            return {"status": "preparing", "message": "", **_EMPTY}
        run = self.run
        try:
            lesson = lessons.load(self.lesson)
            rows = run.history if run is not None else []
            epochs = run.document["training"]["epochs"] if run is not None else None
        except (UserError, KeyError):  # read while it is written, or damaged
            return {"status": "preparing" if self.works else "failed", "message": "", **_EMPTY}
        found: dict[str, Any] = {
            **self._noted(),
            "kind": lesson.kind,
            "classes": dict(lesson.counts),
            "target": lesson.target,
            "count": lesson.count,
            "status": self._status(run, len(rows), epochs),
            "epochs": epochs,
            "curve": _curve(rows),
            "message": "",
        }
        found.pop("command", None)
        if found["status"] == "failed":
            found["message"] = self._last_words()
        if found["status"] == "finished" and run is not None:
            found |= {"result": _told(run.metrics), "folder": str(run.path)}
        return found

    def _status(self, run: Run | None, done: int, epochs: int | None) -> str:
        if self.works:
            if self._stopping:
                return "stopping"
            if run is None or not done:
                return "preparing"
            return "training" if epochs is None or done < epochs else "concluding"
        if run is not None and run.finished:
            return "finished"
        # A server before this one may have been killed, and its process be about to end.
        if run is not None and (self._process is None or self._process.returncode in _INTERRUPTED):
            return "interrupted" if lock.holder(run.path) is None else "stopping"
        return "failed" if self._process is not None and not self._stopping else "interrupted"

    def _refuse_if_busy(self) -> None:
        if self.works:
            raise UserError("a training is at work: wait until it has ended, or stop it")
        run = self.run
        if run is not None and lock.holder(run.path) is not None:
            raise UserError("an earlier training is about to end: try again in a moment")

    @contextmanager
    def _beginning(self) -> Iterator[None]:
        self._starting = True
        try:
            yield
        finally:
            self._starting = False

    def _start(self, words: Sequence[str]) -> None:
        assert self.lesson is not None, "a lesson was written"
        files.make_folder(self.lesson / "runs")
        environment = {**os.environ, "KERASRECIPES_HOME": str(self.lesson / "runs")}
        self._stopping = False
        with (self.lesson / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(
                [*COMMAND, *words],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                # Ctrl-C in the server's terminal is the server's: it asks once, by closing stdin.
                start_new_session=True,
            )
        threading.Thread(target=self._wait, args=(self._process,), daemon=True).start()

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        process.wait()
        run = self.run
        if process is self._process and run is not None and run.finished:
            self._finished(run)

    def _note(self, values: dict[str, Any]) -> None:
        assert self.lesson is not None, "a lesson was written"
        files.write_text(self.lesson / "choice.json", json.dumps(values, ensure_ascii=False))

    def _noted(self) -> dict[str, Any]:
        assert self.lesson is not None, "a lesson was written"
        try:
            return json.loads((self.lesson / "choice.json").read_bytes())
        except (OSError, ValueError) as error:
            raise UserError(f"{self.lesson / 'choice.json'} is damaged") from error

    def _last_words(self) -> str:
        """Return the line in which the program said what was wrong."""
        assert self.lesson is not None, "a lesson was written"
        with suppress(OSError):
            lines = (self.lesson / "output.txt").read_text("utf-8", "replace").splitlines()
            for line in reversed(lines):
                if line.startswith("kerasrecipes: "):
                    said = line.removeprefix("kerasrecipes: ").replace(f"{self.lesson}/", "")
                    return said[:400]
        return "the training failed; what it said is in output.txt of the lesson's folder"


FEW = 10  # test examples, whose share of right answers is not to be trusted
_EMPTY: dict[str, Any] = {"curve": None, "epochs": None}


def _told(metrics: Mapping[str, Any]) -> str:
    """Say how well a run does on its test split, to somebody who knows no metrics."""
    accuracy, count = metrics["test"].get("accuracy"), metrics.get("examples", {}).get("test")
    if accuracy is None or not count:
        return f"on examples that it had never seen: {summary.sentence(metrics)}"
    right = f"right on {round(accuracy * count):,} of {count:,} examples that it had never seen"
    return right + (" (so few say little: give it more)" if count < FEW else "")


def _curve(rows: Sequence[dict[str, float]]) -> dict[str, Any] | None:
    """Return the curve of the measure that says most, of both splits."""
    for name in _CURVES:
        if rows and name in rows[-1]:
            return {
                "name": names.label(name),
                "training": [row.get(name) for row in rows],
                "validation": [row.get(f"val_{name}") for row in rows],
                "share": name == "accuracy",
            }
    return None
