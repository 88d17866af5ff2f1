"""Output that nobody reads, and signals: a training goes on without its terminal, and whoever asks
it to stop is answered in one line at any moment.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import os
import pty
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.faults import harness
from benchmarks.faults.harness import Ending, Table

SHORT = {"stops": 3}
_RUN = ["run", "mlp", "--epochs", "2", "--limit", "128", "--diagnose", "false", "hidden_layers=8"]

# A page whose figure asks to stop, as a batch system does while figures are drawn.
_PAGE = """
import os, signal
from dataclasses import replace
from kerasrecipes.recipes import mlp

def figure(evaluation):
    os.kill(os.getpid(), signal.{signal})
    return None

recipe = replace(mlp.recipe, figures=(figure,))
"""


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this section.

    Args:
        parser: of the command.
    """
    parser.add_argument("--stops", type=int, default=20, help="moments of streams to stop at")


def section(arguments: argparse.Namespace) -> Table:
    """Carry out the section.

    Args:
        arguments: of the command.

    Returns:
        Cases by kind.
    """
    from kerasrecipes import registry
    from kerasrecipes.reports import conclusion  # noqa: F401

    registry.load("mlp")
    table, draw = Table("Output that nobody reads, and signals"), random.Random(arguments.seed)
    for name, (arrange, meanwhile) in _unread().items():
        _case(table, "output", name, _RUN, _goes_on, arrange, meanwhile)
    _listing(table)
    began = time.monotonic()
    _case(table, "undisturbed", "", _RUN, _goes_on)
    seconds = time.monotonic() - began
    for number in range(arguments.stops):
        moment = draw.uniform(0, seconds)
        kind = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)[number % 3]
        judge = _goes_on if kind == signal.SIGHUP else _stops
        told = f"after {moment:.2f} s"
        send = functools.partial(_send_after, moment, kind)
        _case(table, kind.name, told, _RUN, judge, meanwhile=send)
    for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        judge = _goes_on if kind == signal.SIGHUP else _stops
        words = ["run", "page.py", *_RUN[2:]]
        page = _PAGE.format(signal=kind.name)
        _case(table, f"{kind.name} in a figure", "", words, judge, page=page)
    return table


def _case(
    table: Table,
    kind: str,
    told: str,
    words: list[str],
    judge: Callable[[Ending, Path], str | None],
    arrange: Callable[[], None] | None = None,
    meanwhile: Callable[[int], None] | None = None,
    page: str | None = None,
) -> None:
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        if page is not None:
            (folder / "page.py").write_text(page)
        ending = harness.forked(
            functools.partial(_main, words), folder, arrange=arrange, meanwhile=meanwhile
        )
        problem = judge(ending, folder)
        if problem is None and page is not None and judge is _stops:
            # Without the figure that stops it again.
            (folder / "page.py").write_text("from kerasrecipes.recipes.mlp import recipe\n")
        table.add(kind, told, problem or _finishes(folder))


def _main(words: list[str]) -> int:
    from kerasrecipes.cli import main

    return main(words)


def _goes_on(ending: Ending, folder: Path) -> str | None:
    if not list(folder.glob("runs/*/*/metrics.json")):
        return f"it did not come to its end: {ending.status} {ending.said[-300:]}"
    return None if ending.status == 0 else f"exit status {ending.status}: {ending.said[-300:]}"


def _stops(ending: Ending, folder: Path) -> str | None:
    if list(folder.glob("runs/*/*/metrics.json")):
        return None  # it had ended before
    begun = list(folder.glob("runs/*/*/config.toml"))
    if ending.status in (-signal.SIGTERM, 130) and not begun:
        return None  # nothing was trained that could be lost
    if ending.status != 130 or "Traceback" in ending.said:
        return f"exit status {ending.status}: {ending.said[-300:]}"
    told = [line for line in ending.said.splitlines() if line.startswith("kerasrecipes: ")]
    if len(told) != 1 or "run --resume" not in told[0]:
        return f"it does not say how to go on: {ending.said[-300:]}"
    return None


def _finishes(folder: Path) -> str | None:
    """Resume what was stopped; it has to come to its end."""
    waiting = [
        path.parent
        for path in folder.glob("runs/*/*/config.toml")
        if not (path.parent / "metrics.json").exists()
    ]
    for run in waiting:
        ending = harness.forked(functools.partial(_main, ["run", "--resume", str(run)]), folder)
        if ending.status:
            return f"resuming ended with {ending.status}: {ending.said[-300:]}"
    return None


def _listing(table: Table) -> None:
    """What prints alone must say that it could not, and end quietly behind a closed pipe."""
    arrangements = _unread()
    for name, expected in (("/dev/full", 2), ("pipe closed at once", 0)):
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            arrange, meanwhile = arrangements[name]
            ending = harness.forked(
                functools.partial(_main, ["list"]),
                Path(folder),
                arrange=arrange,
                meanwhile=meanwhile,
            )
        problem = ending.problem
        if ending.status != expected:
            problem = f"exit status {ending.status}: {ending.said[-300:]}"
        table.add("list", name, problem)


def _send_after(moment: float, kind: signal.Signals, pid: int) -> None:
    time.sleep(moment)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, kind)


Arrangement = tuple[Callable[[], None], Callable[[int], None] | None]


def _unread() -> dict[str, Arrangement]:
    """Return ways in which nobody reads: what the process does first, and what is done to it."""

    def closed(*descriptors: int) -> Callable[[], None]:
        def close() -> None:
            for descriptor in descriptors:
                os.close(descriptor)
                # As Python finds them when it starts without.
                setattr(sys, {1: "stdout", 2: "stderr"}.get(descriptor, "stdin"), None)

        return close

    def full(*descriptors: int) -> Callable[[], None]:
        def fill() -> None:
            device = os.open("/dev/full", os.O_WRONLY)
            for descriptor in descriptors:
                os.dup2(device, descriptor)

        return fill

    found: dict[str, Arrangement] = {
        "stdin closed": (closed(0), None),
        "stdout closed": (closed(1), None),
        "stderr closed": (closed(2), None),
        "all closed": (closed(0, 1, 2), None),
        "/dev/full": (full(1), None),
        "/dev/full for both": (full(1, 2), None),
    }
    for name, lines in (("pipe closed at once", 0), ("| head -1", 1)):
        found[name] = _pipe(lines)
    found["terminal gone"] = _terminal()
    return found


def _pipe(lines: int) -> Arrangement:
    """Return standard output as a pipe that is closed after some lines."""
    read, write = os.pipe()

    def arrange() -> None:
        os.dup2(write, 1)
        os.close(write)
        os.close(read)

    def meanwhile(pid: int) -> None:
        os.close(write)
        with open(read, "rb", buffering=0) as file:
            for _ in range(lines):
                file.readline()

    return arrange, meanwhile


def _terminal() -> Arrangement:
    """Return all streams as a terminal that goes away after the first line, with its SIGHUP."""
    main, child = pty.openpty()

    def arrange() -> None:
        import fcntl
        import termios

        os.close(main)
        fcntl.ioctl(child, termios.TIOCSCTTY, 0)  # this session's terminal, which hangs up
        for descriptor in (0, 1, 2):
            os.dup2(child, descriptor)

    def meanwhile(pid: int) -> None:
        os.close(child)
        os.read(main, 1)
        os.close(main)

    return arrange, meanwhile
