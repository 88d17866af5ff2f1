"""The verb `check`: versions, devices, folders, data sets, and a training as proof."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kerasrecipes import registry
from kerasrecipes.cli import flags
from kerasrecipes.cli.output import console, line, quiet_start

# Looked at after each epoch, so the last epoch may go beyond it.
PROOF_SECONDS = 10


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "check", execute, "--json")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Check this machine: versions, devices, caches, data sets, and ten seconds of training as
    proof.
    """
    with quiet_start():
        found = report()
    if arguments.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        if isinstance(value, Mapping):
            console().print(name, style="bold")
            for key, entry in value.items():
                line(f"  {key:<22} {entry}")
        else:
            line(f"{name}  {value}")


def report() -> dict[str, Any]:
    """Look at everything that a run depends on.

    Returns:
        Sections by name, each of plain values.
    """
    from kerasrecipes.training.job import environment

    # Of what is recorded for a run, these two say nothing about the machine.
    of_this_call = ("command", "started")
    return {
        "versions": {key: v for key, v in environment().items() if key not in of_this_call},
        "devices": devices(),
        "folders": folders(),
        "data": data_sets(),
        "training": proof(),
    }


def devices() -> dict[str, str]:
    """Devices that the backend sees, by their index."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = [f"{d.device_type}: {d.name}" for d in tf.config.list_logical_devices()]
    else:
        import jax

        found = [f"{d.platform.upper()}: {d.device_kind}" for d in jax.devices()]
    return {str(index): device for index, device in enumerate(found)}


def folders() -> dict[str, str]:
    """Folders that are used, and whether they exist."""
    from kerasrecipes.runs import run as runs

    # The variables that Keras and TensorFlow Datasets read, and the folders they use without them.
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    tfds = Path(os.environ.get("TFDS_DATA_DIR") or Path.home() / "tensorflow_datasets")
    found = {"runs": runs.home().resolve(), "KERAS_HOME": keras_home, "TFDS_DATA_DIR": tfds}
    return {
        name: f"{path}{'' if path.is_dir() else ' (not there yet)'}" for name, path in found.items()
    }


def data_sets() -> dict[str, str]:
    """Data sets of all recipes, each `ready` or with what keeps it from being loaded here, and the
    recipes that it is for.
    """
    found: dict[str, str] = {}
    recipes: dict[str, list[str]] = {}
    for recipe in registry.names():
        for name, source in registry.load(recipe).data.items():
            # Several recipes share a data set, which is then asked once.
            if name not in found and hasattr(source, "reachable"):
                found[name] = source.reachable() or "ready"
            recipes.setdefault(name, []).append(recipe)
    return {name: f"{state}; for {', '.join(recipes[name])}" for name, state in found.items()}


def proof() -> str:
    """Train the first recipe's embedded data for at most ten seconds."""
    import keras

    from kerasrecipes.runs.config import resolve
    from kerasrecipes.runs.run import Run
    from kerasrecipes.training.job import Job

    # Defined here because its base class is Keras's, which this module must not load.
    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs: Any = None) -> None:
            self.began = time.monotonic()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if time.monotonic() - self.began > PROOF_SECONDS:
                self.model.stop_training = True

    recipe = registry.load("lenet")
    job = Job(recipe, resolve("lenet", recipe, epochs=10))
    trainer = job.load()
    with tempfile.TemporaryDirectory() as folder:
        # Not `job.start`, which would leave a run among the user's.
        trainer.fit(Run.create("lenet", Path(folder)), [Clock()])
    rows = trainer.history.rows
    seconds = sum(row["seconds"] for row in rows)
    return (
        f"lenet, {len(rows)} epochs of {len(job.splits.train):,} digits in {seconds:.1f} s: "
        f"loss {rows[0]['loss']:.3f} to {rows[-1]['loss']:.3f}"
    )
