"""Kills at random moments, over every family of recipes: a training that was killed again and again
ends with the same bits as one that was not.
"""

from __future__ import annotations

import argparse
import functools
import random
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.faults import harness
from benchmarks.faults.harness import Table

# Of each family one, with settings that make it small.
FAMILIES = {
    "mlp": ["hidden_layers=8"],
    "lenet": [],
    "resnet": ["depth=8"],
    "sentiment": [],
    "tagger": [],
    "next_word": [],
    "seq2seq": [],
    "attention": [],
    "caption": [],
    "edges": [],
    "pretraining": [],
    "transfer": [],
    "agent": [],
    "assistant": [],
    "autoencoder": [],
    "colorize": [],
    "detector": [],
    "dna": [],
    "embedding": [],
    "faces": [],
    "foley": [],
    "forecast": [],
    "gan": [],
    "gpt": [],
    "landmarks": [],
    "music": [],
    "pix2pix": [],
    "product": [],
    "question_answering": [],
    "ratings": [],
    "restore": [],
    "segmentation": [],
    "speech": [],
    "summarize": [],
    "super_resolution": [],
    "transformer": [],
    "vae": [],
    "wavenet": [],
}
_SHARED = ["--epochs", "2", "--limit", "96", "--checkpoint-seconds", "0", "--diagnose", "false"]
SHORT = {"recipes": "mlp", "storms": 1}
KILLS = 3  # in one training


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of this section.

    Args:
        parser: of the command.
    """
    parser.add_argument("--recipes", default="", help="of kills, with commas; by default all")
    parser.add_argument("--storms", type=int, default=5, help="killed trainings of each recipe")


def section(arguments: argparse.Namespace) -> Table:
    """Carry out the section.

    Args:
        arguments: of the command.

    Returns:
        Cases by recipe.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow  # noqa: F401

    from kerasrecipes.reports import conclusion  # noqa: F401

    table = Table("Kills at random moments")
    draw = random.Random(arguments.seed)
    for name in list(filter(None, arguments.recipes.split(","))) or FAMILIES:
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            whole = Path(folder) / "whole"
            whole.mkdir()
            train = functools.partial(_train, name)
            undisturbed, seconds = _timed(train, whole)
            if undisturbed.status:
                table.add(name, "undisturbed", undisturbed.said[-300:])
                continue
            for storm in range(arguments.storms):
                case = Path(folder) / f"storm-{storm}"
                case.mkdir()
                moments = [draw.uniform(0, seconds) for _ in range(KILLS)]
                for moment in moments:
                    harness.forked(train, case, kill_after=moment)
                ending = harness.forked(train, case)
                told = f"killed after {', '.join(f'{moment:.2f}' for moment in moments)} s"
                problem = ending.problem if ending.status else _differs(case, whole)
                table.add(name, told, problem)
    return table


def _timed(train: functools.partial[int], folder: Path) -> tuple[harness.Ending, float]:
    import time

    began = time.monotonic()
    ending = harness.forked(train, folder)
    return ending, time.monotonic() - began


def _train(name: str) -> int:
    """Train, or go on where there is something to go on with."""
    from kerasrecipes.cli import main
    from kerasrecipes.runs.finding import all_runs

    known = all_runs(name)
    if any(run.finished for run in known):
        return 0
    if known:
        return main(["run", "--resume", str(known[-1].path)])
    return main(["run", name, *FAMILIES.get(name, []), *_SHARED])


def _differs(case: Path, whole: Path) -> str | None:
    found, expected = (_weights(folder) for folder in (case, whole))
    if found is None:
        return "it did not come to its end"
    if found != expected:
        return "the weights are not those of an undisturbed training"
    return None


def _weights(folder: Path) -> bytes | None:
    """Return the variables of all checkpoints of the finished run, of each phase its own."""
    runs = [path.parent for path in folder.glob("runs/*/*/metrics.json")]
    if not runs:
        return None
    parts = []
    for path in sorted(runs[-1].rglob("last.npz")):
        with np.load(path) as saved:
            names = sorted(name for name in saved.files if name != "state")
            parts += [saved[name].tobytes() for name in names]
    return b"".join(parts)
