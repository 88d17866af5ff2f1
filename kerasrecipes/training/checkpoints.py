"""Checkpoints: everything that the rest of a training depends on, in one file that appears whole or
not at all.

A checkpoint is an `.npz` file of all variables (weights, optimizer with schedule and moving
average, metrics, random seeds) and one JSON text: the position in the data, the history, and the
state of the callbacks. It is read without pickle and is the same on every backend.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.errors import UserError


def variables(model: keras.Model) -> list[keras.Variable]:
    """List all variables on which the rest of a training depends, each once, in a fixed order."""
    optimizer = model.optimizer.variables if model.optimizer is not None else []
    found = [*model.variables, *optimizer, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def read(model: keras.Model) -> list[np.ndarray]:
    """Copy the values of all variables of a compiled model; on several workers, all of them must
    read.
    """
    return [_storable(keras.ops.convert_to_numpy(v)) for v in variables(model)]


def save(path: Path, values: Sequence[np.ndarray], state: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        path: the file.
        values: what `read` gave.
        state: JSON-able values.
    """
    arrays = {f"v{number:05d}": value for number, value in enumerate(values)}
    with files.replacing(path) as file:
        np.savez(file, state=np.array(json.dumps(state)), **arrays)


def load_state(path: Path) -> dict[str, Any]:
    """Read the JSON-able part of a checkpoint.

    Raises:
        UserError: if the file is no checkpoint.
    """
    return _load(path)[0]


def restore(path: Path, model: keras.Model) -> dict[str, Any]:
    """Bring a model's variables back to a checkpoint.

    Args:
        path: the file.
        model: a model built, compiled and set up as the one that was saved.

    Returns:
        The state that was saved with it.

    Raises:
        UserError: if the file is no checkpoint of this model.
    """
    state, values = _load(path)
    targets = variables(model)
    if [tuple(v.shape) for v in targets] != [value.shape for value in values]:
        raise UserError(
            f"the checkpoint {path} belongs to another model: it holds {len(values)} variables, "
            f"this model has {len(targets)} or other shapes; were the settings or the data changed?"
        )
    for target, value in zip(targets, values, strict=True):
        target.assign(value)
    return state


def restore_weights(path: Path, model: keras.Model) -> None:
    """Bring the weights, and as much of the optimizer as exists, back to a checkpoint; metrics stay
    as they are.

    Raises:
        UserError: if the file is no checkpoint.
    """
    _, values = _load(path)
    for target, value in zip([*model.variables, *model.optimizer.variables], values, strict=False):
        target.assign(value)


def _load(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = sorted(name for name in archive.files if name != "state")
            return json.loads(str(archive["state"])), [archive[name] for name in names]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"cannot read the checkpoint {path}: {error}") from error


def _storable(value: np.ndarray) -> np.ndarray:
    """Widen bfloat16, which `.npz` cannot name, to float32, which holds it exactly."""
    return value.astype("float32") if value.dtype.name in ("bfloat16", "float16") else value
