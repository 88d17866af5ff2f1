"""What sections of faults share: actions in forked processes, and tables of what came of them.

A process that has loaded the framework is forked for each case, so that a case takes the seconds of
its training and not those of the imports.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LOG = 200  # the file descriptor to which the injector writes the calls that it counts
LONGEST = 300.0  # seconds of a case
OFF, COUNT, FAIL, KILL_BEFORE, KILL_AFTER = range(5)


@dataclass(frozen=True)
class Fault:
    """A fault at one call that writes.

    Args:
        folder: below which calls are counted.
        at: number of the call, from 1.
        mode: one of `FAIL`, `KILL_BEFORE`, `KILL_AFTER`, or `COUNT`.
        error: number of the error, with `FAIL`.
    """

    folder: Path
    at: int
    mode: int
    error: int = 0


@dataclass(frozen=True)
class Ending:
    """How a case ended.

    Args:
        status: its exit status, or the negative signal.
        said: what it wrote to standard error.
        calls: what the injector counted, a line each.
    """

    status: int
    said: str
    calls: list[str]

    @property
    def problem(self) -> str | None:
        """What is wrong with how it ended after an error; `None` if nothing is."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        if "Traceback" in self.said:
            return f"a traceback: {lines[-1]}"
        if self.status not in (0, 2):
            return f"exit status {self.status}: {' | '.join(lines[-2:])}"
        errors = [line for line in lines if line.startswith("kerasrecipes: ")]
        if self.status == 2 and len(errors) != 1:
            return f"{len(errors)} lines of error: {' | '.join(lines)}"
        return None


@dataclass
class Table:
    """Cases of a section by kind, and those that were mishandled.

    Args:
        title: of the section.
    """

    title: str
    cases: Counter[str] = field(default_factory=Counter)
    mishandled: list[tuple[str, str]] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def add(self, kind: str, case: str, problem: str | None) -> None:
        """Count a case.

        Args:
            kind: its row.
            case: what was done, for whoever repeats it.
            problem: what was wrong, or `None`.
        """
        self.cases[kind] += 1
        if problem is not None:
            self.mishandled.append((kind, f"{case}: {problem}"))
        if problem is not None or sys.stderr.isatty() or "CI" not in os.environ:
            # At once, for the whole takes long.
            print(f"{kind}: {case}: {problem or 'well'}", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        wrong = Counter(kind for kind, _ in self.mishandled)
        seconds = time.monotonic() - self.began
        width = max([len(kind) for kind in self.cases] + [5])
        lines = [f"\n{self.title}", f"{'kind':{width}}  cases  mishandled"]
        lines += [f"{kind:{width}}  {n:5}  {wrong[kind]:10}" for kind, n in self.cases.items()]
        lines.append(f"{'all':{width}}  {self.cases.total():5}  {len(self.mishandled):10}")
        lines.append(f"{seconds:.0f} s")
        return "\n".join(
            [*lines, *(f"MISHANDLED {kind}: {case}" for kind, case in self.mishandled)]
        )


def injector() -> Path | None:
    """Compile the injector; `None` where there is no C compiler or this is not Linux.

    Returns:
        The library for `LD_PRELOAD`.
    """
    source = Path(__file__).with_name("inject.c")
    library = Path(tempfile.gettempdir()) / f"kerasrecipes-inject-{os.getuid()}.so"
    if sys.platform != "linux":
        return None
    if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
        made = library.with_name(f"{library.name}.{os.getpid()}")
        command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        made.replace(library)
    return library


def under_injector() -> ctypes.CDLL | None:
    """Return the injector of this process, which is started again with it if it was not.

    Returns:
        The library, or `None` where it cannot be had.
    """
    library = injector()
    if library is None:
        return None
    if str(library) not in os.environ.get("LD_PRELOAD", ""):
        os.environ["LD_PRELOAD"] = str(library)
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.faults", *sys.argv[1:]])
    loaded = ctypes.CDLL(str(library))
    loaded.faults_arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    return loaded


def forked(
    action: Callable[[], int | None],
    folder: Path,
    *,
    library: ctypes.CDLL | None = None,
    fault: Fault | None = None,
    kill_after: float | None = None,
    arrange: Callable[[], None] | None = None,
    meanwhile: Callable[[int], None] | None = None,
) -> Ending:
    """Carry out an action in a process of its own.

    Args:
        action: returns an exit status, where `None` is 0.
        folder: the working folder, in which runs are written to `runs`.
        library: the injector.
        fault: armed for the action.
        kill_after: seconds until the process is killed.
        arrange: called in the process before the action, such as to close its streams.
        meanwhile: called in this process with the number of the other.

    Returns:
        How it ended.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as calls:
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:

            def armed() -> int | None:
                if arrange is not None:
                    arrange()
                if library is not None and fault is not None:
                    place = os.fsencode(fault.folder)
                    library.faults_arm(place, fault.at, fault.mode, fault.error)
                return action()

            _child(armed, folder, said.fileno(), calls.fileno())
        if meanwhile is not None:
            meanwhile(pid)
        status = _wait(pid, kill_after)
        for file in (said, calls):
            file.seek(0)
        text = said.read().decode(errors="replace")
        return Ending(status, text, calls.read().decode(errors="replace").splitlines())


def _child(action: Callable[[], int | None], folder: Path, said: int, calls: int) -> None:
    code = 99
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(said, 2)
        os.dup2(calls, LOG)
        os.chdir(folder)
        os.environ["KERASRECIPES_HOME"] = str(folder / "runs")
        os.environ["KERASRECIPES_CACHE"] = str(folder / "cache")
        code = action() or 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _wait(pid: int, kill_after: float | None) -> int:
    end = time.monotonic() + (LONGEST if kill_after is None else kill_after)
    while time.monotonic() < end:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGKILL if kill_after is not None else 98
