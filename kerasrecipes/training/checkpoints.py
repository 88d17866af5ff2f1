"""Checkpoints: the whole state of a training in one file, written atomically.

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
    """Return all variables on which the rest of a training depends, each once, in a fixed order."""
    optimizer = model.optimizer.variables if model.optimizer is not None else []
    found = [*model.variables, *optimizer, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def read(model: keras.Model) -> list[np.ndarray]:
    """Copy the values of all variables of a compiled model.

    On several workers, all of them must call it.
    """
    return [_storable(keras.ops.convert_to_numpy(v)) for v in variables(model)]


def save(path: Path, values: Sequence[np.ndarray], state: Mapping[str, Any]) -> None:
    """Write a checkpoint.

    Args:
        path: the file.
        values: of the variables, from `read`.
        state: JSON-able values.
    """
    # Padded numbers sort as text in their order. Names would differ from build to build.
    arrays: dict[str, Any] = {f"v{number:05d}": value for number, value in enumerate(values)}
    # A process that dies while it writes leaves the previous checkpoint whole.
    with files.replacing(path) as file:
        np.savez(file, state=np.array(json.dumps(state)), **arrays)


def load_state(path: Path) -> dict[str, Any]:
    """Read the JSON-able part of a checkpoint.

    Raises:
        UserError: if the file is not a checkpoint.
    """
    return _load(path)[0]


def restore(path: Path, model: keras.Model) -> dict[str, Any]:
    """Restore all variables of a model from a checkpoint.

    Args:
        path: the file.
        model: a model built, compiled and set up as the one that was saved.

    Returns:
        The state that was saved with it.

    Raises:
        UserError: if the file is not a checkpoint of this model.
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
    """Restore the weights, and the optimizer as far as it is built; metrics are left alone.

    Args:
        path: the file.
        model: a compiled model.

    Raises:
        UserError: if the file is not a checkpoint.
    """
    _, values = _load(path)
    # Metrics come last, so that the pairs before them stay aligned.
    for target, value in zip([*model.variables, *model.optimizer.variables], values, strict=False):
        target.assign(value)


def _load(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    try:
        # A pickle can run code, and a checkpoint may come from somebody else.
        with np.load(path, allow_pickle=False) as archive:
            names = sorted(name for name in archive.files if name != "state")
            return json.loads(str(archive["state"])), [archive[name] for name in names]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"cannot read the checkpoint {path}: {error}") from error


def _storable(value: np.ndarray) -> np.ndarray:
    """Widen half precision, which `.npz` cannot name as bfloat16, to float32, which is exact."""
    return value.astype("float32") if value.dtype.name in ("bfloat16", "float16") else value
