"""Whether this machine is ready: versions, devices, caches, data sets, and a training as proof."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from kerasrecipes import registry

PROOF_SECONDS = 10


def report() -> dict[str, Any]:
    """Look at everything that a run depends on.

    Returns:
        Sections by name, each of plain values.
    """
    from kerasrecipes.training.job import environment

    facts = environment()
    for name in ("command", "started"):
        facts.pop(name)
    return {
        "versions": facts,
        "devices": devices(),
        "folders": folders(),
        "data": data_sets(),
        "training": proof(),
    }


def devices() -> dict[str, str]:
    """List the devices that the backend sees."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found = [f"{d.device_type}: {d.name}" for d in tf.config.list_logical_devices()]
    else:
        import jax

        found = [f"{d.platform.upper()}: {d.device_kind}" for d in jax.devices()]
    return {str(number): device for number, device in enumerate(found)}


def folders() -> dict[str, str]:
    """Tell which folders are used and which of them exist."""
    from kerasrecipes.runs import run as runs

    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    tfds = Path(os.environ.get("TFDS_DATA_DIR") or Path.home() / "tensorflow_datasets")
    found = {"runs": runs.home().resolve(), "KERAS_HOME": keras_home, "TFDS_DATA_DIR": tfds}
    return {
        name: f"{path}{'' if path.is_dir() else ' (not there yet)'}" for name, path in found.items()
    }


def data_sets() -> dict[str, str]:
    """Tell which data sets of all recipes can be had here."""
    found: dict[str, str] = {}
    for name in registry.names():
        for source_name, source in registry.load(name).data.items():
            if source_name not in found and hasattr(source, "reachable"):
                found[source_name] = source.reachable() or "ready"
    return found


def proof() -> str:
    """Train the first recipe's embedded data for at most ten seconds."""
    import keras

    from kerasrecipes.runs.config import resolve
    from kerasrecipes.runs.run import Run
    from kerasrecipes.training.job import Job

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.began = time.monotonic()

        def on_epoch_end(self, epoch, logs=None):
            if time.monotonic() - self.began > PROOF_SECONDS:
                self.model.stop_training = True

    recipe = registry.load("lenet")
    job = Job(recipe, resolve("lenet", recipe, epochs=10))
    with tempfile.TemporaryDirectory() as folder:
        trainer = job.load()
        trainer.fit(Run.create("lenet", Path(folder)), [Clock()])
    rows = trainer.history.rows
    seconds = sum(row["seconds"] for row in rows)
    return (
        f"lenet, {len(rows)} epochs of {len(job.splits.train):,} digits in {seconds:.1f} s: "
        f"loss {rows[0]['loss']:.3f} to {rows[-1]['loss']:.3f}"
    )
