"""The fork server: a process that has loaded Keras and from which trials are forked, each as a
fresh process of its own.

Loading a framework takes seconds, a fork of a process that has loaded it milliseconds; and the
memory of a trial is the system's again when it ends. The server touches no device, so that every
trial sees the devices anew.

It reads specifications of trials from standard input, a line of JSON each, and writes what happens
to standard output likewise. It ends, and all its trials with it, when its input does.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_POLL = 0.05  # seconds
_LONGEST = 3500  # bytes of a line, so that the system writes it in one piece


def main(argv: list[str]) -> int:
    """Be the fork server, or one trial where processes cannot be forked safely.

    Args:
        argv: the recipe to load beforehand; `["--one"]` for a single trial.

    Returns:
        Exit status, 0; a trial's own failure is told as an event.
    """
    # Events leave by a copy of standard output, where nothing that a library prints comes between.
    events = os.dup(1)
    os.dup2(2, 1)
    if argv[:1] == ["--one"]:
        _trial(json.loads(sys.stdin.readline()), events)
        return 0
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from kerasrecipes import registry
    from kerasrecipes.tuning import trial  # noqa: F401 - what every trial needs

    with contextlib.suppress(Exception):  # Each trial reports a recipe that cannot be loaded.
        registry.load(argv[0])
    _send(events, {"event": "ready"})
    _Server(events).work()
    return 0


def _send(events: int, message: Mapping[str, Any]) -> None:
    """Write an event; a reason that is too long is cut."""
    line = json.dumps(message)
    if len(line) > _LONGEST and "reason" in message:
        line = json.dumps({**message, "reason": message["reason"][:500]})
    os.write(events, line.encode() + b"\n")


class _Server:
    def __init__(self, events: int):
        self.events, self.rest = events, b""
        self.trials: dict[int, str] = {}  # keys by process id
        # Of a Popen that is let go, subprocess itself would take the exit status.
        self.processes: dict[int, subprocess.Popen[bytes]] = {}

    def work(self) -> None:
        """Start trials until the input ends, then end those that still run."""
        open_ = True
        while open_:
            readable, _, _ = select.select([0], [], [], _POLL)
            if readable:
                open_ = self._read()
            # Trials that have ended, with their exit status or the negative signal.
            for pid, key in list(self.trials.items()):
                with contextlib.suppress(ChildProcessError):
                    ended, status = os.waitpid(pid, os.WNOHANG)
                    if ended:
                        del self.trials[pid]
                        self.processes.pop(pid, None)
                        code = os.waitstatus_to_exitcode(status)
                        _send(self.events, {"key": key, "event": "exit", "status": code})
        for pid in self.trials:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _read(self) -> bool:
        found = os.read(0, 65536)
        *lines, self.rest = (self.rest + found).split(b"\n")
        for line in lines:
            spec = json.loads(line)
            self.trials[self._start(spec)] = spec["key"]
        return bool(found)

    def _start(self, spec: dict[str, Any]) -> int:
        if sys.platform != "linux":  # Other systems' libraries do not survive a fork.
            command = [sys.executable, "-m", "kerasrecipes.tuning.forkserver", "--one"]
            one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.events)
            assert one.stdin is not None
            one.stdin.write(json.dumps(spec).encode() + b"\n")
            one.stdin.close()
            self.processes[one.pid] = one
            return one.pid
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            _trial(spec, self.events)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)


def _trial(values: dict[str, Any], events: int) -> None:
    """Carry out one trial in this process.

    Args:
        values: the trial's specification, its `key`, and its share of the machine.
        events: file descriptor to which its events are written.
    """
    _die_with_parent()
    # Ctrl-C reaches the search, which ends its trials in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, key = Path(values["folder"]), values["key"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        log = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}"
        _send(events, {"key": key, "event": "failed", "reason": reason, "disk": True})
        return
    os.dup2(log, 1)
    os.dup2(log, 2)
    # What a page prints is in the log before what goes wrong after it, however the process ends.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    os.environ.update(values.get("environment") or {})
    _keep_to(values.get("cores"))
    _send(events, {"key": key, "event": "started", "pid": os.getpid()})
    from kerasrecipes.tuning import trial

    def report(event: str, **more: Any) -> None:
        _send(events, {"key": key, "event": event, **more})

    trial.execute(trial.TrialSpec.from_dict(values), report)


def _die_with_parent() -> None:
    """Ask Linux to end this process when the fork server ends, however that happens."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _keep_to(cores: list[int] | None) -> None:
    """Keep this process to its share of the cores, and its arithmetic to as many threads."""
    if not cores or not hasattr(os, "sched_setaffinity"):
        return
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, cores)
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(len(cores))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
