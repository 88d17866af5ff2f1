"""Processes of trials as the search sees them: the fork server that starts them, and one for each.

The fork server is the project's own (`kerasrecipes.tuning.forkserver`) and not that of
`multiprocessing`, which would run a user's script anew in every trial where it lacks the
`__main__` guard, loses exit codes when several threads start processes, and leaves trials running
when the search is killed.
"""

from __future__ import annotations

import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.tuning.trial import TrialSpec

_CLUSTER = ("SLURM_", "KERASTUNER_", "KERAS_DISTRIBUTION_", "TF_CONFIG")
_START = 120.0  # seconds in which the fork server must have loaded the framework


class ForkServer:
    """The process from which this machine's trials are forked; it is started anew if it dies.

    Args:
        recipe: name or file of the recipe, to be loaded beforehand.
    """

    def __init__(self, recipe: str):
        self.recipe, self.log = recipe, tempfile.TemporaryFile()  # noqa: SIM115 - as long as this
        self.lock = threading.Lock()
        self.waiting: dict[str, queue.Queue[dict[str, Any]]] = {}
        self.numbers = itertools.count()
        self.ready = False
        self.process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        # A trial is a training of its own, not a member of the cluster that the search may be
        # started in.
        env = {name: value for name, value in os.environ.items() if not name.startswith(_CLUSTER)}
        env |= {
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "MPLBACKEND": "agg",
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "kerasrecipes.tuning.forkserver", self.recipe],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            # Ctrl-C, and a SIGTERM to the whole group, are for the search to handle.
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with suppress(ValueError):
                event = json.loads(line)
                self.ready |= event["event"] == "ready"
                if event.get("key") in self.waiting:
                    self.waiting[event["key"]].put(event)
        code = process.wait()
        for key, events in list(self.waiting.items()):
            if key.startswith(f"{process.pid}-"):
                events.put({"event": "exit", **self._ending(code)})

    def _ending(self, code: int) -> dict[str, Any]:
        """Return how trials ended with the fork server: killed by others, or with the last line
        that it wrote.
        """
        if code <= 0:
            return {"status": -signal.SIGKILL, "blameless": True}
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        said = lines[-1] if lines else "it gave no reason"
        return {"status": code, "reason": f"trials cannot be started here: {said}"}

    def start(self, spec: TrialSpec, **resources: Any) -> TrialProcess:
        """Start the process of a trial.

        Args:
            spec: what the trial is to do.
            resources: its `cores` and the further variables of its `environment`.

        Returns:
            The process, whose events are waited for; if the fork server is gone, the one event is
            its end.
        """
        with self.lock:
            if self.process.poll() is not None:
                self.process = self._launch()
            assert self.process.stdin is not None
            key = f"{self.process.pid}-{next(self.numbers)}"
            found = TrialProcess(self, key)
            self.waiting[key] = found.events
            line = json.dumps({**asdict(spec), **resources, "key": key}) + "\n"
            try:
                self.process.stdin.write(line.encode())
                self.process.stdin.flush()
            except BrokenPipeError:
                found.events.put({"event": "exit", **self._ending(self.process.wait())})
            return found

    def close(self) -> None:
        """End the fork server and every trial that still runs."""
        with self.lock, suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(10 if self.ready else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class TrialProcess:
    """A trial's process, as seen from outside.

    Args:
        server: from which it is forked.
        key: its name there.
    """

    def __init__(self, server: ForkServer, key: str):
        self.server, self.key = server, key
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.pid: int | None = None

    def next(self, seconds: float) -> dict[str, Any] | None:
        """Wait for an event; `None` if there is none within the seconds."""
        try:
            event = self.events.get(timeout=seconds)
        except queue.Empty:
            return None
        if event["event"] == "started":
            self.pid = event["pid"]
        if event["event"] == "exit":
            self.server.waiting.pop(self.key, None)
            self.pid = None
        return event

    def signal(self, number: int) -> None:
        """Send a signal, if the process still runs."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def result(self) -> dict[str, Any]:
        """Wait for the end, however long it works in silence, and return the last event before it.

        Raises:
            UserError: if the trial failed, or was not started in time.
        """
        last: dict[str, Any] = {"event": "failed", "reason": "its process ended without a reason"}
        while (event := self.next(_START)) is not None or self.pid is not None:
            if event is None:
                continue
            if event["event"] == "exit":
                last = event if event.get("reason") else last
                break
            last = event
        if last["event"] != "done":
            raise UserError(last.get("reason", "it was stopped"))
        return last
