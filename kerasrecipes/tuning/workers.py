"""Workers of one machine: each carries out one trial after another, every trial in a fresh
process.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.runs.run import Run
from kerasrecipes.tuning.scheduler import OUTCOME, SPEC
from kerasrecipes.tuning.trial import TrialSpec
from kerasrecipes.tuning.trial_process import ForkServer, TrialProcess

GRACE = 60.0  # seconds in which a trial that was told to stop may save itself
POLL = 0.25  # seconds between looks at the workers
_IDLE = 0.3  # seconds until a worker asks again


class WorkerPool:
    """The workers of one machine.

    Args:
        workers: of which none has begun.
    """

    def __init__(self, workers: Sequence[Worker]):
        self.workers = workers

    def start(self) -> None:
        """Let all begin."""
        for one in self.workers:
            one.start()

    @property
    def at_work(self) -> bool:
        """Whether any has not come to its end."""
        return any(one.is_alive() for one in self.workers)

    @property
    def failure(self) -> BaseException | None:
        """What ended a worker before its time."""
        return next((one.failure for one in self.workers if one.failure is not None), None)

    def stop(self) -> None:
        """Let running trials save themselves, and wait for the workers."""
        for one in self.workers:
            one.stopping.set()
        for one in self.workers:
            if one.is_alive():
                one.join(GRACE + 5)


class Worker(threading.Thread):
    """Carries out one trial after another.

    Args:
        scheduler: the scheduler, or an `rpc.Client` of one on another machine.
        server: fork server of this machine.
        name: unlike any other worker's.
        resources: for `ForkServer.start`.
        beat: seconds between heartbeats.
        here: `(recipe, folder)` of a worker on another machine than the scheduler: what it trains
            and where it writes.
    """

    def __init__(
        self,
        scheduler: Any,
        server: ForkServer,
        name: str,
        resources: Mapping[str, Any],
        *,
        beat: float = 0.25,
        here: tuple[str, Path] | None = None,
    ):
        super().__init__(name=name, daemon=True)
        self.scheduler, self.server, self.resources = scheduler, server, resources
        self.beat, self.here = beat, here
        self.stopping = threading.Event()
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Work until there is nothing left to do."""
        try:
            while not self.stopping.is_set():
                trial = self.scheduler.create_trial(self.name)
                if trial.status == "STOPPED":
                    return
                if trial.status == "RUNNING":
                    self._carry_out(trial)
                else:
                    self.stopping.wait(_IDLE)
        except BaseException as error:  # Raised again by whoever waits for this thread.
            self.failure = error

    def _carry_out(self, trial: Any) -> None:
        spec = self._here(TrialSpec.from_dict(json.loads(trial.hyperparameters.values[SPEC])))
        killed_before, began = _out_of_memory_kills(), time.monotonic()
        process = self.server.start(spec, **self.resources)
        last, ending, begun = self._watch(process, trial.trial_id)
        outcome = {
            "ended": last["event"],
            **{k: last[k] for k in last if k not in ("event", "key")},
        }
        if last["event"] not in ("done", "failed", "stopped"):
            outcome = _cause_of_death(ending, _out_of_memory_kills() > killed_before)
        outcome = {"seconds": round(time.monotonic() - began, 2), **outcome, "begun": begun}
        if spec.folds == 1:
            outcome["history"] = Run(spec.folder).history
        trial.hyperparameters.values = {OUTCOME: json.dumps(outcome)}
        trial.status = "COMPLETED" if outcome["ended"] == "done" else "INVALID"
        self.scheduler.end_trial(trial)

    def _here(self, spec: TrialSpec) -> TrialSpec:
        """Keep a trial that another machine specifies to this one's recipe and folder."""
        if self.here is None:
            return spec
        recipe, folder = self.here

        def place(path: str) -> str:
            # A name that comes from another machine must not lead out of the folder of the search.
            if not re.fullmatch(r"\d{4,9}", name := Path(path).name, re.ASCII):
                raise UserError(
                    f"the chief names a folder that is not a trial's: '{excerpt(name)}'"
                )
            return str(folder / "trials" / name)

        return replace(
            spec,
            folder=place(spec.folder),
            earlier=place(spec.earlier) if spec.earlier else None,
            config={**spec.config, "recipe": recipe},
        )

    def _watch(
        self, process: TrialProcess, lease: str
    ) -> tuple[dict[str, Any], dict[str, Any], int | None]:
        """Pass on a trial's events, and the scheduler's wish to stop, until its process has ended.

        Args:
            process: of the trial.
            lease: of the trial.

        Returns:
            The trial's last event, how its process ended, and the epoch from which it went on.
        """
        last: dict[str, Any] = {"event": "none"}
        begun = None
        told_at, heartbeat_at = None, time.monotonic()
        while True:
            event = process.next(self.beat)
            answer = None
            if event is not None and event["event"] == "exit":
                return last, event, begun
            if event is not None and event["event"] == "epoch":
                answer = self.scheduler.update_trial(lease, event["metrics"], step=event["step"])
            elif time.monotonic() - heartbeat_at >= self.beat:
                answer, heartbeat_at = self.scheduler.get_trial(lease), time.monotonic()
            if event is not None:
                last = event
                if event["event"] == "begun" and begun is None:  # Each fold and phase begins, too.
                    begun = event["step"]
            stop = self.stopping.is_set() or (answer is not None and answer.status == "STOPPED")
            if stop and told_at is None and process.pid is not None:
                process.signal(signal.SIGTERM)
                told_at = time.monotonic()
            if told_at is not None and time.monotonic() - told_at > GRACE:
                process.signal(signal.SIGKILL)


def _cause_of_death(ending: Mapping[str, Any], out_of_memory: bool) -> dict[str, Any]:
    """Return the outcome of a trial whose process ended before it could report one."""
    status = ending["status"]
    if ending.get("reason"):
        return {"ended": "failed", "reason": ending["reason"]}
    if out_of_memory:
        return {"ended": "failed", "reason": "out of memory: the system killed its process"}
    if status >= 0:
        how = f"ended with exit status {status}"
        return {"ended": "failed", "reason": f"its process {how}; see log.txt of the trial"}
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    if -status in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP):
        blameless = ending.get("blameless", False)
        reason = f"its process was killed by {name}"
        return {"ended": "killed", "blameless": blameless, "reason": reason}
    reason = f"its process crashed with {name}; see log.txt of the trial"
    return {"ended": "failed", "reason": reason}


def _out_of_memory_kills() -> int:
    """Return how many processes the system has killed for want of memory."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def resources(number: int, count: int) -> dict[str, Any]:
    """Return a worker's share of the machine: its GPUs where there are any, else its cores.

    Args:
        number: of the worker, from 0.
        count: of workers on this machine.

    Returns:
        The `environment` of its trials and, where they share the cores, their `cores`.
    """
    # A trial takes the memory that it needs, not at once all that the GPU has.
    environment = {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    if count == 1:
        return {"environment": environment}
    found = gpus()
    if found:
        own = found[number::count] or [found[number % len(found)]]
        environment["CUDA_VISIBLE_DEVICES"] = ",".join(own)
        if count > len(found):
            environment["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
        return {"environment": environment}
    if not hasattr(os, "sched_getaffinity"):
        return {"environment": environment}
    cores = sorted(os.sched_getaffinity(0))
    own_cores = cores[number::count] or [cores[number % len(cores)]]
    return {"environment": environment, "cores": own_cores}


def gpus() -> list[str]:
    """Return the ids of the GPUs that this process may use, without loading a framework, which
    would take hold of them.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [one for one in named.split(",") if one not in ("", "-1")]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = enumerate(listed.splitlines())
    return [str(number) for number, line in lines if line.startswith("GPU ")]
