"""A film of a training: what a model makes of the same codes, at a few epochs."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image

from kerasrecipes import files
from kerasrecipes.answers.pixels import as_bytes, encoded
from kerasrecipes.data.examples import Examples
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy

FOLDER = "film"
_FRAMES = 8  # moments of a film
INPUTS = 10  # of a model that makes images of others


class Film(keras.callbacks.Callback):
    """Callback that writes a strip of images at a few epochs, more at the beginning.

    Args:
        folder: for the strips.
        snapshot: returns `(images, height, width, channels)`, 0 to 1, of the same codes or inputs
            each time.
        epochs: of the training.
    """

    def __init__(self, folder: Path, snapshot: Callable[[], np.ndarray], epochs: int):
        super().__init__()
        self.folder, self.snapshot = folder, snapshot
        # Of a training of any length: the first epochs, where most happens, and the last.
        self.due = {round(epoch) for epoch in np.geomspace(1, epochs, _FRAMES)}

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Write the strip of the epoch, if it is due."""
        if epoch + 1 not in self.due:
            return
        _ = self.model  # on JAX this access brings the weights from the training step
        images = as_bytes(self.snapshot())
        files.make_folder(self.folder)
        # Named by what `read` has to know of it.
        name = f"epoch-{epoch + 1:05d}-of-{len(images)}.png"
        files.write_bytes(self.folder / name, encoded(np.concatenate(list(images), axis=1), "PNG"))


def made(
    run: Run,
    model: Any,
    epochs: int,
    strategy: Strategy,
    examples: Examples | None = None,
    painted: Callable[[Any, Examples], np.ndarray] | None = None,
) -> list[Film]:
    """Return the film of a training, if the model makes images on one device.

    Args:
        run: whose folder it is written to.
        model: the plain model, with a method `snapshot` of no arguments, or `snapshot_of` inputs.
        epochs: of the training.
        strategy: of the training.
        examples: of whose first ones a model with `snapshot_of` makes images.
        painted: `(model, examples)`, what the model makes of a few of the examples, where it has
            neither method.
    """
    if strategy.num_replicas > 1:
        return []
    snapshot = getattr(model, "snapshot", None)
    if examples is not None and len(examples):
        if hasattr(model, "snapshot_of"):
            some: Any = examples.take(np.arange(min(INPUTS, len(examples))))
            snapshot = partial(model.snapshot_of, some[0])
        elif painted is not None:
            snapshot = partial(painted, model, examples)
    return [Film(run.path / FOLDER, snapshot, epochs)] if snapshot is not None else []


def read(run: Run) -> list[tuple[int, np.ndarray]]:
    """Return the film of a run, in the order of the epochs.

    Args:
        run: the run.

    Returns:
        For each moment the epoch, and `(images, height, width, 1 or 3)` of bytes.
    """
    found = []
    for path in sorted((run.path / FOLDER).glob("epoch-*-of-*.png")):
        _, epoch, _, count = path.stem.split("-")
        strip = np.atleast_3d(np.asarray(Image.open(io.BytesIO(path.read_bytes()))))
        found.append((int(epoch), np.stack(np.split(strip, int(count), axis=1))))
    return found
