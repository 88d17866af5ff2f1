"""The verb `launch`: start the workers of a cluster on this machine, and end all when one dies."""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress

from kerasrecipes.cli import flags
from kerasrecipes.errors import UserError
from kerasrecipes.training.signals import terminable

# Seconds that a worker is given to end by itself when it is asked to.
GRACE = 5.0
# The same after Ctrl-C, when there is a state to save.
GRACE_TO_SAVE = 60.0


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "launch", execute, "--processes 2 run lenet --epochs 5")
    parser.add_argument("--processes", type=int, required=True, metavar="N", help="how many")
    what = "what each of them is to do"
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="VERB …", help=what)


def execute(arguments: argparse.Namespace) -> int:
    """Start several processes on this machine that work on one run together.

    If one of them dies, the others are ended; --resume then goes on.
    """
    if not arguments.words:
        raise UserError(
            f"what is to be launched? such as: {flags.PROGRAM} launch --processes 2 run lenet"
        )
    if arguments.words[0] == "launch":
        raise UserError("'launch' starts another verb, such as run, and not itself")
    # This interpreter's package, whichever `kerasrecipes` the PATH would find.
    command = [sys.executable, "-m", flags.PROGRAM, *arguments.words]
    return launch(arguments.processes, command, write=lambda line: print(line, flush=True))


def launch(
    processes: int,
    argv: Sequence[str],
    *,
    write: Callable[[str], object],
    env: Mapping[str, str] | None = None,
    grace: float = GRACE,
) -> int:
    """Run a command in several local processes that form a cluster.

    Each process finds the cluster in `TF_CONFIG` and in Keras's `KERAS_DISTRIBUTION_…` variables,
    so that `kerasrecipes.strategies.select("auto")` takes it up on either backend. Ctrl-C is passed
    on to all of them.

    Args:
        processes: how many, 1 or more.
        argv: the command, such as `[sys.executable, "-m", "kerasrecipes", "run", "lenet"]`.
        write: takes the merged output line by line, each with the rank before it, and what happened
            to the job.
        env: environment of the processes; by default this process's.
        grace: seconds between asking processes to end and ending them by force, once one of them
            has failed.

    Returns:
        0 if all ended well, else the exit status of the first that did not (128 + n after signal
        n).

    Raises:
        UserError: if the number is not positive or the command cannot be started.
    """
    if processes < 1:
        raise UserError(f"launch needs 1 process or more, received {processes}")
    job = _Job(processes, argv, write, dict(os.environ if env is None else env))
    # So that no worker outlives the job.
    with terminable():
        try:
            return job.watch(grace)
        except KeyboardInterrupt:
            write(f"interrupted; asking all {processes} processes to stop")
            job.signal_all(signal.SIGINT)
            # A second Ctrl-C ends the wait; `finally` ends the processes.
            with suppress(KeyboardInterrupt):
                job.wait(GRACE_TO_SAVE)
            return 128 + signal.SIGINT
        finally:
            job.end(grace)


def free_ports(count: int) -> list[int]:
    """Find ports of this machine that nothing listens at."""
    # All stay open together, or the system could give the same port twice. Between here and the
    # worker's start another program may still take one.
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)
        ]
        return [opened.getsockname()[1] for opened in sockets]


def cluster_variables(hosts: Sequence[str], rank: int) -> dict[str, str]:
    """Describe a cluster in the environment variables of TensorFlow and of Keras on JAX.

    Args:
        hosts: address `host:port` of every worker, in the order of their ranks.
        rank: number of the worker that gets these variables, from 0.

    Returns:
        Values by the variable's name, for the environment of that worker.
    """
    task = {"type": "worker", "index": rank}
    return {
        "TF_CONFIG": json.dumps({"cluster": {"worker": list(hosts)}, "task": task}),
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": ",".join(hosts),
        "KERAS_DISTRIBUTION_NUM_PROCESSES": str(len(hosts)),
        "KERAS_DISTRIBUTION_PROCESS_ID": str(rank),
    }


class _Job:
    """Processes of one command, and the lines that they write.

    Args:
        processes: how many.
        argv: the command.
        write: takes the output line by line.
        env: environment of the processes, to which the cluster is added.

    Raises:
        UserError: if the command cannot be started.
    """

    def __init__(
        self,
        processes: int,
        argv: Sequence[str],
        write: Callable[[str], object],
        env: dict[str, str],
    ):
        self.write = write
        self.lines: queue.Queue[str] = queue.Queue()
        self.workers: list[subprocess.Popen] = []
        self.readers: list[threading.Thread] = []
        hosts = [f"127.0.0.1:{port}" for port in free_ports(processes)]
        try:
            for rank in range(processes):
                self._start(rank, argv, {**env, **cluster_variables(hosts, rank)})
        except OSError as error:
            # Those that have started would wait for the others in vain.
            self.end(0.0)
            raise UserError(f"cannot start {argv[0]}: {error.strerror or error}") from error

    def _start(self, rank: int, argv: Sequence[str], env: dict[str, str]) -> None:
        # A session of its own: Ctrl-C reaches it through `launch` alone, and its children end with
        # it.
        worker = subprocess.Popen(
            argv,
            # Python buffers what goes into a pipe; lines would come late, or be lost at a kill.
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.workers.append(worker)
        reader = threading.Thread(target=self._read, args=(rank, worker), daemon=True)
        reader.start()
        self.readers.append(reader)

    def _read(self, rank: int, worker: subprocess.Popen) -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            # What a progress bar wrote over itself is one line here, its last state.
            text = line.decode(errors="replace").rstrip().rpartition("\r")[2]
            self.lines.put(f"[{rank}] {text}")

    def watch(self, grace: float) -> int:
        """Wait until all have ended or one has failed; then end the others."""
        while True:
            codes = [worker.poll() for worker in self.workers]
            failed = [(rank, code) for rank, code in enumerate(codes) if code]
            # It takes the whole time even if nothing comes, which also sets the pace of this loop.
            self._flush(0.05)
            if failed:
                rank, code = failed[0]
                # The last words of the process that failed, before the others add theirs.
                self._flush(0.2)
                others = f"; ending the other {codes.count(None)}" if None in codes else ""
                self.end(grace)
                self._drain()
                self.write(f"process {rank} of {len(self.workers)} {_ending(code)}{others}")
                # Popen reports death by signal n as -n, shells as 128 + n.
                return code if code > 0 else 128 - code
            if None not in codes:
                self._drain()
                return 0

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, for some seconds at most."""
        end = time.monotonic() + seconds
        while any(worker.poll() is None for worker in self.workers) and time.monotonic() < end:
            self._flush(0.05)

    def end(self, grace: float) -> None:
        """End what still runs, by force after a time."""
        self.signal_all(signal.SIGTERM)
        self.wait(grace)
        self.signal_all(signal.SIGKILL)
        # An ended process is kept by the system until its parent has asked for its status.
        for worker in self.workers:
            worker.wait()

    def signal_all(self, number: int) -> None:
        """Send a signal to every process that still runs, and to its children."""
        for worker in self.workers:
            if worker.poll() is None:
                # It may end between the two calls. A session's leader gives its group its number.
                with suppress(ProcessLookupError):
                    os.killpg(worker.pid, number)

    def _flush(self, seconds: float) -> None:
        """Write what has come, for some seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            with suppress(queue.Empty):
                self.write(self.lines.get(timeout=left))

    def _drain(self) -> None:
        for reader in self.readers:
            # With a limit, for a child that outlives its worker keeps the pipe open.
            reader.join(timeout=1.0)
        while not self.lines.empty():
            self.write(self.lines.get())


def _ending(code: int) -> str:
    if code > 0:
        return f"ended with exit status {code}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"
