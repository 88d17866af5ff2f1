"""Faults at every call that writes: open, write, fsync, rename and mkdir of a run, of its
continuation, of a search and of exports fail with each error that a disk has, or the process is
killed before or after. Afterwards a resume, or the same command again, leads to the same result.
"""

from __future__ import annotations

import argparse
import errno
import functools
import itertools
import random
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.faults import harness
from benchmarks.faults.harness import Ending, Fault, Table

ERRORS = ("ENOSPC", "EACCES", "EIO", "EROFS", "EFBIG")
KINDS = {name: (harness.FAIL, getattr(errno, name)) for name in ERRORS} | {
    "kill before": (harness.KILL_BEFORE, 0),
    "kill after": (harness.KILL_AFTER, 0),
}

SHORT = {"cases": 3, "scenarios": "run"}

# Small, and yet with everything that a run writes: several checkpoints, figures, a diagnosis.
_RUN = ["--epochs", "2", "--batch-size", "8", "--limit", "128", "hidden_layers=8"]
_SEARCH = ["--method", "random", "--trials", "2", "--repeats", "1", "--workers", "1"]


@dataclass(frozen=True)
class Scenario:
    """Something that writes.

    Args:
        name: of the scenario.
        action: does it, in the working folder.
        goes_on: leads on from whatever the action left, and returns what is wrong, or `None`.
        needs: makes what must be there before, in the working folder.
    """

    name: str
    action: Callable[[], int]
    goes_on: Callable[[], str | None]
    needs: Callable[[], int | None] | None = None


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this section.

    Args:
        parser: of the command.
    """
    parser.add_argument("--cases", type=int, help="of each scenario of writes, drawn; else all")
    parser.add_argument(
        "--every-error",
        action="store_true",
        help="at each call of writes; else one error at each, in turn, and both kills",
    )
    parser.add_argument("--scenarios", default="", help="of writes, with commas; by default all")


def section(arguments: argparse.Namespace) -> Table:
    """Carry out the section.

    Args:
        arguments: of the command.

    Returns:
        Cases by scenario and kind.
    """
    table = Table("Faults at every call that writes")
    library = harness.under_injector()
    if library is None:
        print("writes: left out, for it needs Linux and a C compiler")
        return table
    wanted = list(filter(None, arguments.scenarios.split(","))) or list(SCENARIOS)
    _load()
    draw = random.Random(arguments.seed)
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            _scenario(SCENARIOS[name], Path(folder), library, arguments, draw, table)
    return table


def _load() -> None:
    """Load what every case needs, before it is forked; no device is touched."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow  # noqa: F401

    from kerasrecipes import registry
    from kerasrecipes.inference import export  # noqa: F401
    from kerasrecipes.reports import conclusion  # noqa: F401
    from kerasrecipes.tuning import search  # noqa: F401

    registry.load("mlp")


def _scenario(
    scenario: Scenario,
    folder: Path,
    library: Any,
    arguments: argparse.Namespace,
    draw: random.Random,
    table: Table,
) -> None:
    start = folder / "start"
    start.mkdir()
    if scenario.needs is not None:
        prepared = harness.forked(scenario.needs, start)
        if prepared.status:
            raise RuntimeError(f"{scenario.name} cannot be prepared: {prepared.said}")
    whole = shutil.copytree(start, folder / "whole")
    counted = harness.forked(
        scenario.action, whole, library=library, fault=Fault(whole, 0, harness.COUNT)
    )
    if counted.status:
        raise RuntimeError(f"{scenario.name} fails without a fault: {counted.said}")
    # So many writes of a model's file are one kind of call: of each place a few are enough.
    places = _places(counted.calls)
    cases = _cases(list(places), arguments.every_error)
    if arguments.cases is not None:
        cases = draw.sample(cases, min(arguments.cases, len(cases)))
    for at, kind in cases:
        mode, error = KINDS[kind]
        case = Path(tempfile.mkdtemp(dir=folder, prefix="case-"))
        shutil.copytree(start, case, dirs_exist_ok=True)
        fault = Fault(case, at, mode, error)
        ending = harness.forked(scenario.action, case, library=library, fault=fault)
        problem = _judged(ending, kind) or _led_on(scenario, case, whole)
        table.add(f"{scenario.name}: {kind}", f"call {at}, {_plain(places[at])}", problem)
        shutil.rmtree(case, ignore_errors=True)


def _cases(places: list[int], every_error: bool) -> list[tuple[int, str]]:
    """Return which call fails how: all of one call's errors take one way through the code."""
    kills = [kind for kind in KINDS if kind not in ERRORS]
    errors = itertools.cycle([ERRORS] if every_error else [(error,) for error in ERRORS])
    return [(at, kind) for at in places for kind in (*next(errors), *kills)]


def _places(calls: list[str], each: int = 2) -> dict[int, str]:
    """Return the calls to fail by number: of equal ones on one file the first and the last."""
    groups: dict[str, list[int]] = {}
    for number, line in enumerate(calls, 1):
        groups.setdefault(_plain(line), []).append(number)
    chosen = {n for found in groups.values() for n in (*found[: each - 1], found[-1])}
    return {number: calls[number - 1] for number in sorted(chosen)}


def _plain(call: str) -> str:
    """Return a counted call without what differs from process to process."""
    text = re.sub(r"^\d+ ", "", call)
    text = re.sub(r"/tmp/faults-\w+/(whole|case-\w+)/", "", text)
    text = re.sub(r"[0-9a-f]{8}[-.]\d+[-.]\w{8}", "*", text)
    return re.sub(r"\d{4}-\d\d-\d\d-\d{6}(-\d+)?", "TIME", text)


def _judged(ending: Ending, kind: str) -> str | None:
    if kind.startswith("kill"):
        return None if ending.status == -9 else f"was not killed: {ending.status} {ending.said}"
    return ending.problem


def _led_on(scenario: Scenario, case: Path, whole: Path) -> str | None:
    """Go on without a fault, and compare with what came of the scenario without any."""
    told = case / "problem.txt"

    def going_on() -> int:
        problem = scenario.goes_on() or _differs(case, whole)
        told.write_text(problem or "")
        return 0

    ending = harness.forked(going_on, case)
    if ending.status or not told.exists():
        return f"going on ended with {ending.status}: {ending.said[-500:]}"
    return told.read_text() or None


def _differs(case: Path, whole: Path) -> str | None:
    """Compare runs and what they left with those of the undisturbed folder."""
    rests = [path for path in case.rglob(".*") if "part" in path.name]
    locks = [path for path in case.rglob("lock") if "tuning" not in path.parent.name]
    if rests or locks:
        return f"left behind: {', '.join(str(path.relative_to(case)) for path in rests + locks)}"
    found, expected = ({_variables(path) for path in _finished(one)} for one in (case, whole))
    if not expected <= found:
        return "the weights are not those of an undisturbed run"
    return None


def _finished(folder: Path) -> list[Path]:
    return [path.parent for path in folder.glob("runs/*/*/metrics.json")]


def _variables(run: Path) -> bytes:
    with np.load(run / "checkpoints" / "last.npz") as saved:
        names = sorted(name for name in saved.files if name != "state")
        return b"".join(saved[name].tobytes() for name in names)


# ------------------------------------------------------------------------------------------------
# scenarios


def _call(*words: str) -> int:
    from kerasrecipes.cli import main

    return main(list(words))


def _resume() -> str | None:
    """Resume what can be resumed, else run again; then the recipe answers by its name."""
    from kerasrecipes.runs.finding import all_runs

    waiting = [run for run in all_runs("mlp") if not run.finished]
    for run in waiting:
        if status := _call("run", "--resume", str(run.path)):
            return f"resuming {run.path.name} ended with {status}"
    if not any(run.finished for run in all_runs("mlp")) and (status := _call("run", "mlp", *_RUN)):
        return f"running again ended with {status}"
    return "evaluate fails" if _call("evaluate", "mlp") else None


def _interrupted() -> int:
    """Leave a run that was killed after its first epoch."""
    from kerasrecipes.runs.finding import all_runs

    status = _call("run", "mlp", *_RUN)
    (run,) = all_runs("mlp")
    for name in ("metrics.json", "report.html", "model.keras", "diagnosis.json"):
        (run.path / name).unlink(missing_ok=True)
    (run.path / "checkpoints" / "last.npz").unlink()
    return status


def _search() -> int:
    return _call("tune", "mlp", *_SEARCH, *_RUN)


def _searched() -> str | None:
    from kerasrecipes.tuning.results import Tuning, folders

    stopped = [path for path in folders("mlp") if not Tuning(path).finished]
    if stopped or not folders("mlp"):
        status = _call("tune", "mlp", "--resume", str(stopped[0])) if stopped else _search()
        if status:
            return f"going on with the search ended with {status}"
    return None


def _exported(target: str) -> str | None:
    # Where it is there, another export is what next touches its folder and the run.
    again = Path(target).with_stem("again") if Path(target).exists() else target
    if status := _call("export", "mlp", str(again)):
        return f"exporting again ended with {status}"
    if target.endswith(".keras"):
        import keras

        keras.saving.load_model(target, safe_mode=True)
    else:
        import tensorflow as tf

        tf.saved_model.load(target)
    return None


_RUN_MLP = functools.partial(_call, "run", "mlp", *_RUN)

SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("run", _RUN_MLP, _resume),
        Scenario(
            "resume",
            functools.partial(_call, "run", "--resume"),
            _resume,
            needs=_interrupted,
        ),
        Scenario("logs", functools.partial(_call, "run", "mlp", *_RUN, "--tensorboard"), _resume),
        Scenario("search", _search, _searched),
        Scenario(
            "export .keras",
            functools.partial(_call, "export", "mlp", "out.keras"),
            functools.partial(_exported, "out.keras"),
            needs=_RUN_MLP,
        ),
        Scenario(
            "export folder",
            functools.partial(_call, "export", "mlp", "out"),
            functools.partial(_exported, "out"),
            needs=_RUN_MLP,
        ),
    )
}
