"""Checkpoints: the whole state of a training in one file, written atomically.

A checkpoint is an `.npz` file of all variables (weights, optimizer with schedule and moving
average, metrics, random seeds) and one JSON text: the position in the data, the history, and the
state of the callbacks. It is read without pickle and is the same on every backend. A digest of the
whole stands at its end, and the checkpoint before the last is kept, for a disk may change a bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.errors import UserError
from kerasrecipes.training.own_steps import optimizers_of

_OWN = "own:"  # before the names of arrays that are not variables

_SEALED = "sealed"  # in the state: whether a seal must follow


def variables(model: keras.Model) -> list[keras.Variable]:
    """Return all variables on which the rest of a training depends, each once, in a fixed order."""
    optimizers = [variable for one in optimizers_of(model) for variable in one.variables]
    found = [*model.variables, *optimizers, *model.metrics_variables]
    return list({id(variable): variable for variable in found}.values())


def read(model: keras.Model) -> list[np.ndarray]:
    """Copy the values of all variables of a compiled model.

    On several workers, all of them must call it.
    """
    return _values(variables(model))


def read_weights(model: keras.Model) -> list[np.ndarray]:
    """Copy the values of a model's own variables; all workers must call it."""
    return _values(model.variables)


def _values(found: Sequence[keras.Variable]) -> list[np.ndarray]:
    arrays = [keras.ops.convert_to_numpy(variable) for variable in found]
    # Half precision, which `.npz` cannot name as bfloat16, is widened to float32, which is exact.
    half = ("bfloat16", "float16")
    return [array.astype("float32") if array.dtype.name in half else array for array in arrays]


def save(
    path: Path,
    values: Sequence[np.ndarray],
    state: Mapping[str, Any],
    averages: Sequence[np.ndarray] = (),
    arrays: Mapping[str, np.ndarray] | None = None,
    *,
    keep: bool = False,
) -> None:
    """Write a checkpoint.

    Args:
        path: the file.
        values: of the variables, from `read`.
        state: JSON-able values.
        averages: averaged weights, which are no variables of the model.
        arrays: further arrays by name, such as an agent's memory.
        keep: whether the file that is there stays beside it, as `previous_of(path)`.
    """
    # Padded numbers sort as text in their order. Names would differ from build to build.
    named: dict[str, Any] = {f"v{number:05d}": value for number, value in enumerate(values)}
    named |= {f"a{number:05d}": value for number, value in enumerate(averages)}
    named |= {f"{_OWN}{name}": value for name, value in (arrays or {}).items()}
    # A process that dies while it writes leaves the previous checkpoint whole.
    kept = previous_of(path) if keep else None
    with files.replacing(path, sealed=True, keep=kept) as file:
        np.savez(file, state=np.array(json.dumps({**state, _SEALED: True})), **named)


def previous_of(path: Path) -> Path:
    """Return the path of the checkpoint before another one."""
    return path.with_name(f"previous-{path.name}")


def newest(path: Path) -> tuple[Path, dict[str, Any], str | None]:
    """Find the newest checkpoint that is intact.

    Args:
        path: of the last one.

    Returns:
        Its path, which is that of the previous one where the last is damaged; its state; and what
        is wrong with the last, or `None`.

    Raises:
        UserError: if none is intact.
    """
    previous = previous_of(path)
    if not path.is_file() and previous.is_file():  # the process was killed between both
        return previous, load_state(previous), None
    try:
        return path, load_state(path), None
    except UserError as error:
        problem = str(error)
    try:
        return previous, load_state(previous), problem
    except UserError:
        raise UserError(f"{problem}, and there is no intact one before it") from None


def load_state(path: Path) -> dict[str, Any]:
    """Read the JSON-able part of a checkpoint.

    Raises:
        UserError: if the file is not a checkpoint, or is damaged.
    """
    with _opened(path) as (_, state):
        return state


def load_averages(path: Path) -> list[np.ndarray]:
    """Read the averaged weights of a checkpoint; an empty list where it has none.

    Raises:
        UserError: if the file is not a checkpoint.
    """
    return _load(path, "a")[1]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the further arrays of a checkpoint, by name.

    Raises:
        UserError: if the file is not a checkpoint, or is damaged.
    """
    with _opened(path) as (archive, _):
        names = [name for name in archive.files if name.startswith(_OWN)]
        return {name.removeprefix(_OWN): archive[name] for name in names}


def restore(path: Path, model: keras.Model) -> dict[str, Any]:
    """Restore all variables of a model from a checkpoint.

    Args:
        path: the file.
        model: a model built, compiled and set up as the one that was saved.

    Returns:
        The state that was saved with it.

    Raises:
        UserError: if the file is not a checkpoint of this model, or is damaged.
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
        UserError: if the file is not a checkpoint, or is damaged.
    """
    _, values = _load(path)
    # Metrics come last, so that the pairs before them stay aligned.
    optimizers = [variable for one in optimizers_of(model) for variable in one.variables]
    for target, value in zip([*model.variables, *optimizers], values, strict=False):
        target.assign(value)


def _load(path: Path, letter: str = "v") -> tuple[dict[str, Any], list[np.ndarray]]:
    with _opened(path) as (archive, state):
        names = sorted(name for name in archive.files if name.startswith(letter))
        return state, [archive[name] for name in names]


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Open a checkpoint whose seal is right; those of earlier versions have none."""
    try:
        sealed = files.is_intact(path)
        if sealed is False:
            raise ValueError("its content is not what was written")
        # A pickle can run code, and a checkpoint may come from somebody else.
        with np.load(path, allow_pickle=False) as archive:
            state = json.loads(str(archive["state"]))
            if state.pop(_SEALED, False) and sealed is None:
                raise ValueError("its end is missing")
            yield archive, state
    except OSError as error:
        raise UserError(f"cannot read the checkpoint {path}: {error.strerror or error}") from error
    # What a damaged archive raises has no common kind: EOFError, zlib's, the tokenizer's …
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        # NumPy takes whatever it does not know for a pickle, and tells how to load it unsafely.
        said = "it is no archive of arrays" if "pickle" in said else said
        raise UserError(f"the checkpoint {path} is damaged: {said}") from error
