"""Bad input for every verb that takes a name or a value: it is taken as what it is, or refused in
one line, and what is refused leaves nothing behind.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.faults import harness
from benchmarks.faults.harness import Table
from benchmarks.faults.names import hostile_name

_SMALL = ["--limit", "32", "--epochs", "1", "--diagnose", "false"]
_DEPTH = "a/b/c/d"  # of the working folder, so that `..` stays within the case's

# Where NAME stands, a name is drawn; OTHER is a second one. The first word is the verb.
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("show", "NAME"),
    ("show", "logistic", "NAME"),
    ("show", "logistic", "--data", "NAME"),
    ("run", "NAME"),
    ("run", "logistic", "NAME"),
    ("run", "mlp", "hidden_layers=NAME"),
    ("run", "mlp", "NAME=OTHER"),
    ("run", "logistic", "--data", "NAME", *_SMALL),
    ("run", "lenet", "--data", "NAME", *_SMALL),
    ("run", "sentiment", "--data", "NAME", *_SMALL),
    ("run", "seq2seq", "--data", "NAME", *_SMALL),
    ("run", "logistic", "--data", "rows.csv", "--target", "NAME", *_SMALL),
    ("run", "logistic", "--data", "rows.csv", "--column", "NAME=OTHER", *_SMALL),
    ("run", "logistic", "--config", "NAME"),
    ("run", "logistic", "--strategy", "NAME"),
    ("run", "logistic", "--optimizer", "NAME"),
    ("run", "logistic", "--learning-rate", "NAME"),
    ("run", "logistic", "--epochs", "NAME"),
    ("run", "logistic", "--batch-size", "NAME"),
    ("run", "logistic", "--time", "NAME"),
    ("run", "logistic", "--monitor", "NAME", *_SMALL),
    ("run", "logistic", "--limit", "NAME"),
    ("run", "logistic", "--seed", "NAME"),
    ("run", "--resume", "NAME"),
    ("run", "logistic", "--resume", "NAME"),
    ("predict", "NAME", "rows.csv"),
    ("predict", "logistic", "NAME"),
    ("predict", "logistic", "rows.csv", "NAME"),
    ("predict", "logistic", "rows.csv", "--top", "NAME"),
    ("predict", "logistic", "rows.csv", "--NAME", "OTHER"),
    ("predict", "logistic", "rows.csv", "--output", "NAME"),
    ("evaluate", "NAME"),
    ("evaluate", "logistic", "--data", "NAME"),
    ("evaluate", "logistic", "--data", "rows.csv", "--target", "NAME"),
    ("compare", "NAME", "OTHER"),
    ("compare", "logistic", "NAME=1,2"),
    ("compare", "logistic", "learning_rate=NAME,OTHER", *_SMALL),
    ("export", "NAME", "out.keras"),
    ("export", "logistic", "NAME"),
    ("export", "logistic", "NAME.keras"),
    ("diagnose", "NAME"),
    ("copy", "NAME"),
    ("copy", "logistic", "NAME"),
    ("tune", "NAME"),
    ("tune", "logistic", "--search", "NAME"),
    ("tune", "logistic", "--method", "NAME"),
    ("tune", "logistic", "--time", "NAME"),
    # Some names are numbers: of so many trials some are enough.
    ("tune", "logistic", "--trials", "NAME", "--time", "5s"),
    ("tune", "logistic", "--resume", "NAME"),
    ("tune", "logistic", "--join", "NAME"),
    ("tune", "logistic", "--chief", "NAME"),
    ("tune", "logistic", "--token", "NAME"),
    ("launch", "NAME", "--", "run", "logistic"),
    ("check", "NAME"),
    ("NAME",),
    ("NAME", "OTHER"),
)
SHORT = {"inputs": 2 * len(COMMANDS)}

# Words after these are written to.
_TARGETS = ("export", "copy", "--output")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this section.

    Args:
        parser: of the command.
    """
    parser.add_argument("--inputs", type=int, default=1600, help="bad inputs")


def section(arguments: argparse.Namespace) -> Table:
    """Carry out the section.

    Args:
        arguments: of the command.

    Returns:
        Cases by verb and kind of name.
    """
    table = Table("Bad input for every verb")
    _load()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        start = Path(folder) / "start"
        _prepare(start)
        for number in range(arguments.inputs):
            draw = random.Random(f"{arguments.seed}-{number}")
            case = Path(folder) / f"case-{number}"
            kind, words, problem = _case(start, case, draw, COMMANDS[number % len(COMMANDS)])
            told = " ".join(repr(word)[:80] for word in words)
            table.add(kind, f"case {number}: {told}", problem)
            shutil.rmtree(case, ignore_errors=True)
    return table


def _load() -> None:
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow  # noqa: F401

    from kerasrecipes import registry
    from kerasrecipes.inference import export  # noqa: F401
    from kerasrecipes.reports import conclusion  # noqa: F401
    from kerasrecipes.tuning import search  # noqa: F401

    for name in ("logistic", "mlp", "lenet", "sentiment", "seq2seq"):
        registry.load(name)


def _prepare(start: Path) -> None:
    """Make a working folder with data and a finished run."""
    here = start / _DEPTH
    here.mkdir(parents=True)
    rows = np.random.default_rng(0).normal(size=(64, 3))
    lines = [f"{a:.3f},{b:.3f},{c:.3f},{'yes' if a + b > 0 else 'no'}" for a, b, c in rows]
    (here / "rows.csv").write_text("\n".join(["a,b,c,target", *lines]) + "\n")
    action = functools.partial(_call, ["run", "logistic", "--data", "rows.csv", *_SMALL])
    made = harness.forked(action, here)
    if made.status:
        raise RuntimeError(f"the run cannot be prepared: {made.said}")


def _case(
    start: Path, case: Path, draw: random.Random, command: Sequence[str]
) -> tuple[str, list[str], str | None]:
    """Carry out one command with drawn names.

    Returns:
        Its kind, its words, and what was wrong.
    """
    shutil.copytree(start, case)
    here = case / _DEPTH
    kind, name = hostile_name(draw)
    _, other = hostile_name(draw)
    if command[0] in _TARGETS or "--output" in command:
        name = name.lstrip("/") if name.count("..") <= _DEPTH.count("/") else "[/x]"
    words = [word.replace("NAME", name).replace("OTHER", other) for word in command]
    what = _make(here, name, draw)
    before = _runs(here)
    ending = harness.forked(
        functools.partial(_call, words), here, arrange=lambda: _environment(case, draw)
    )
    problem = ending.problem
    if problem is None and ending.status == 2 and _runs(here) != before:
        problem = "refused, but a folder of a run is left"
    if problem is None and any(ord(one) < 32 and one not in "\n\t" for one in ending.said):
        problem = f"control characters reach the terminal: {ending.said!r}"
    verb = command[0] if command[0] != "NAME" else "no verb"
    return f"{verb}: {kind}", [*words, f"({what})"], problem


def _environment(case: Path, draw: random.Random) -> None:
    os.environ["HOME"] = str(case)
    os.environ["XDG_STATE_HOME"] = str(case)


def _call(words: list[str]) -> int:
    from kerasrecipes.cli import main

    try:
        return main(words)
    except SystemExit as ended:  # of `--help` and mistakes that the parser finds
        return int(ended.code or 0)


def _runs(here: Path) -> set[str]:
    return {str(path.parent) for path in here.glob("runs/*/*/config.toml")}


# ------------------------------------------------------------------------------------------------
# what the name names


def _rows(path: Path) -> None:
    shutil.copyfile(path.parents[0] / "rows.csv", path)


def _pictures(path: Path) -> None:
    from PIL import Image

    for label in ("²", "[/b]"):
        (path / label).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (8, 8), 40 * number).save(path / label / f"{number}[x].png")
        os.mkfifo(path / label / "pipe.png")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(0).randbytes(3000))


_MAKERS: dict[str, Callable[[Path], None]] = {
    "rows": _rows,
    "pictures": _pictures,
    "pipe": _pipe,
    "socket": _socket,
    "link to itself": _loop,
    "bytes": _garbage,
    "empty": Path.touch,
    "folder": Path.mkdir,
}


def _make(here: Path, name: str, draw: random.Random) -> str:
    """Let the name be that of something, where that can be; say of what."""
    if draw.random() < 0.4 or Path(name).is_absolute() or ".." in name:
        return "nothing"
    what = draw.choice(list(_MAKERS))
    try:
        _MAKERS[what](here / name)
    except (OSError, ValueError):
        return "nothing"
    return what
