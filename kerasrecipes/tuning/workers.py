"""The crew of one machine: workers that each see one trial after another through, every trial in a
fresh process.
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
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.tuning.scheduler import ORDER, OUTCOME
from kerasrecipes.tuning.trial import Order

GRACE = 60.0  # seconds in which a trial that was told to stop may save itself
_CLUSTER = ("SLURM_", "KERASTUNER_", "KERAS_DISTRIBUTION_", "TF_CONFIG")
_IDLE = 0.3  # seconds until a worker asks again
_START = 120.0  # seconds in which the nursery must have loaded the framework


class Nursery:
    """The process from which this machine's trials are born; it is started anew if it dies.

    Args:
        recipe: name or page, to be loaded beforehand.
    """

    def __init__(self, recipe: str):
        self.recipe, self.log = recipe, tempfile.TemporaryFile()  # noqa: SIM115 - as long as the nursery
        self.lock = threading.Lock()
        self.waiting: dict[str, queue.Queue[dict[str, Any]]] = {}
        self.numbers = itertools.count()
        self.process: subprocess.Popen | None = None
        self.ready = False
        self._ensure()

    def _ensure(self) -> None:
        if self.process is not None and self.process.poll() is None:
            return
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
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kerasrecipes.tuning.forkserver", self.recipe],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            start_new_session=True,  # Ctrl-C is the search's to hear.
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            with suppress(ValueError):
                event = json.loads(line)
                self.ready |= event["event"] == "ready"
                if event.get("key") in self.waiting:
                    self.waiting[event["key"]].put(event)
        code = process.wait()
        for key, events in list(self.waiting.items()):
            if key.startswith(f"{process.pid}-"):
                events.put({"event": "exit", **self._end(code)})

    def _end(self, code: int) -> dict[str, Any]:
        """Tell trials how the nursery ended: killed by others, or with a complaint, the last line
        that it wrote.
        """
        if code <= 0:
            return {"status": -signal.SIGKILL, "blameless": True}
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").strip().splitlines()
        return {
            "status": code,
            "reason": f"trials cannot be started here: {lines[-1] if lines else 'no word why'}",
        }

    def start(self, order: Order, **surroundings: Any) -> Child:
        """Let a trial be born.

        Args:
            order: what it is to do.
            surroundings: its `cores` and the further variables of its `environment`.
        """
        with self.lock:
            self._ensure()
            key = f"{self.process.pid}-{next(self.numbers)}"
            child = Child(self, key)
            self.waiting[key] = child.events
            line = json.dumps({**asdict(order), **surroundings, "key": key}) + "\n"
            try:
                self.process.stdin.write(line.encode())
                self.process.stdin.flush()
            except BrokenPipeError:
                child.events.put({"event": "exit", **self._end(self.process.wait())})
            return child

    def close(self) -> None:
        """End the nursery and every trial that still runs."""
        with self.lock, suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10 if self.ready else 0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Child:
    """A trial's process, as seen from outside.

    Args:
        nursery: from which it was born.
        key: its name there.
    """

    def __init__(self, nursery: Nursery, key: str):
        self.nursery, self.key = nursery, key
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.pid: int | None = None

    def next(self, seconds: float) -> dict[str, Any] | None:
        """Wait for an event."""
        try:
            event = self.events.get(timeout=seconds)
        except queue.Empty:
            return None
        if event["event"] == "born":
            self.pid = event["pid"]
        if event["event"] == "exit":
            self.nursery.waiting.pop(self.key, None)
            self.pid = None
        return event

    def signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def result(self) -> dict[str, Any]:
        """Wait for the end, however long it works in silence, and give the last event before it.

        Raises:
            UserError: if it failed, or was not born in time.
        """
        last: dict[str, Any] = {"event": "failed", "reason": "its process ended without a word"}
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


class Worker(threading.Thread):
    """Sees one trial after another through.

    Args:
        desk: the desk, or keras-tuner's client of one on another machine.
        nursery: of this machine.
        name: unlike any other worker's.
        surroundings: for `Nursery.start`.
        beat: seconds between signs of life.
        here: `(recipe, folder)` of a worker on another machine than the desk: what it trains and
            where it writes.
    """

    def __init__(
        self,
        desk: Any,
        nursery: Nursery,
        name: str,
        surroundings: Mapping[str, Any],
        *,
        beat: float = 0.25,
        here: tuple[str, Path] | None = None,
    ):
        super().__init__(name=name, daemon=True)
        self.desk, self.nursery, self.surroundings, self.beat, self.here = (
            desk,
            nursery,
            surroundings,
            beat,
            here,
        )
        self.stopping = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Work until there is nothing left to do."""
        try:
            while not self.stopping.is_set():
                trial = self.desk.create_trial(self.name)
                if trial.status == "STOPPED":
                    return
                if trial.status == "RUNNING":
                    self._see_through(trial)
                else:
                    self.stopping.wait(_IDLE)
        except BaseException as error:  # Told by whoever waits for this thread.
            self.failure = error

    def _see_through(self, trial: Any) -> None:
        order = self._here(Order.from_dict(json.loads(trial.hyperparameters.values[ORDER])))
        killed_before, began = _out_of_memory_kills(), time.monotonic()
        child = self.nursery.start(order, **self.surroundings)
        last, exit_, begun = self._watch(child, trial.trial_id)
        outcome = {
            "ended": last["event"],
            **{k: last[k] for k in last if k not in ("event", "key")},
        }
        if last["event"] not in ("done", "failed", "stopped"):
            outcome = _death(exit_, _out_of_memory_kills() > killed_before)
        outcome = {"seconds": round(time.monotonic() - began, 2), **outcome, "begun": begun}
        if order.folds == 1:
            outcome["history"] = Run(order.folder).history
        trial.hyperparameters.values = {OUTCOME: json.dumps(outcome)}
        trial.status = "COMPLETED" if outcome["ended"] == "done" else "INVALID"
        self.desk.end_trial(trial)

    def _here(self, order: Order) -> Order:
        """Keep an order from another machine to this one's recipe and folder."""
        if self.here is None:
            return order
        recipe, folder = self.here
        places = {name: getattr(order, name) for name in ("folder", "earlier")}
        places = {
            name: str(folder / "trials" / Path(place).name)
            for name, place in places.items()
            if place
        }
        return replace(order, **places, config={**order.config, "recipe": recipe})

    def _watch(
        self, child: Child, ticket: str
    ) -> tuple[dict[str, Any], dict[str, Any], int | None]:
        """Pass on a trial's events, and the desk's wish to stop, until its process has ended."""
        last: dict[str, Any] = {"event": "none"}
        begun = None
        told_at, looked_at = None, time.monotonic()
        while True:
            event = child.next(self.beat)
            answer = None
            if event is not None and event["event"] == "exit":
                return last, event, begun
            if event is not None and event["event"] == "epoch":
                answer = self.desk.update_trial(ticket, event["figures"], step=event["step"])
            elif time.monotonic() - looked_at >= self.beat:
                answer, looked_at = self.desk.get_trial(ticket), time.monotonic()
            if event is not None:
                last = event
                if event["event"] == "begun" and begun is None:  # Each fold and phase begins, too.
                    begun = event["step"]
            stop = self.stopping.is_set() or (answer is not None and answer.status == "STOPPED")
            if stop and told_at is None and child.pid is not None:
                child.signal(signal.SIGTERM)
                told_at = time.monotonic()
            if told_at is not None and time.monotonic() - told_at > GRACE:
                child.signal(signal.SIGKILL)


def _death(exit_: Mapping[str, Any], out_of_memory: bool) -> dict[str, Any]:
    """Say how a process ended that had no time to say so itself."""
    status = exit_["status"]
    if exit_.get("reason"):
        return {"ended": "failed", "reason": exit_["reason"]}
    if out_of_memory:
        return {"ended": "failed", "reason": "out of memory: the system killed its process"}
    if status >= 0:
        return {
            "ended": "failed",
            "reason": f"its process ended with exit status {status}; see log.txt of the trial",
        }
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    killed = {"ended": "killed", "blameless": exit_.get("blameless", False)}
    if -status in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        return {**killed, "reason": f"its process was killed by {name}"}
    return {
        "ended": "failed",
        "reason": f"its process crashed with {name}; see log.txt of the trial",
    }


def _out_of_memory_kills() -> int:
    """Count the processes that the system has killed for want of memory."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def surroundings(number: int, count: int) -> dict[str, Any]:
    """Give a worker its share of the machine: its GPUs where there are any, else its cores.

    Args:
        number: of the worker, from 0.
        count: of workers on this machine.
    """
    environment = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    found = gpus()
    if count == 1:
        return {"environment": environment}
    if found:
        own = found[number::count] or [found[number % len(found)]]
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(own)
        if count > len(found):
            environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
        return {"environment": environment}
    if not hasattr(os, "sched_getaffinity"):
        return {"environment": environment}
    cores = sorted(os.sched_getaffinity(0))
    return {
        "environment": environment,
        "cores": cores[number::count] or [cores[number % len(cores)]],
    }


def gpus() -> list[str]:
    """List the GPUs that this process may use, without a framework that would take hold of them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [one for one in named.split(",") if one not in ("", "-1")]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [
        str(number) for number, line in enumerate(listed.splitlines()) if line.startswith("GPU ")
    ]
