"""Names of a compiled model's losses, and what the best constant prediction costs under them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import keras
import numpy as np

from kerasrecipes.diagnosis.record import DIFFERENCES


def loss_name(loss: Any) -> str | None:
    """Return the name of a loss, or `None` where it has none.

    Args:
        loss: as `compile` takes it.
    """
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    name = getattr(loss, "name", None) or getattr(loss, "__name__", None)
    return name if isinstance(name, str) else None


def losses_by_output(model: keras.Model) -> dict[str, Any]:
    """Return the loss of each of several outputs, by name.

    Args:
        model: compiled; with a single output, one loss for all, or losses in a list, which have no
            names, nothing is returned.
    """
    if not isinstance(model.loss, Mapping):
        return {}
    return {name: loss for name, loss in model.loss.items() if loss is not None}


def with_constant_loss(
    labels: Mapping[str, Any], loss: Any, y: np.ndarray | None
) -> dict[str, Any]:
    """Add the loss of the best constant prediction where the loss has a scale or a shape of its
    own, and must compute it itself.

    Args:
        labels: of `describe_labels`.
        loss: as `compile` takes it.
        y: `(examples, targets)`, floats, NaN where a label is missing; `None` if they are unknown.

    Returns:
        The description, as it was where the loss is of another kind.
    """
    name, known = loss_name(loss), labels.get("constant_losses")
    if y is None or known is None or name in known or name not in DIFFERENCES:
        return dict(labels)
    with (
        suppress(Exception),
        warnings.catch_warnings(),
    ):  # a loss of another kind than its name says has no such number
        warnings.simplefilter("ignore")  # of a column without any label there is no mean
        found = [
            float(keras.ops.mean(loss(y, np.broadcast_to(value, y.shape).copy())))
            for value in (np.nanmean(y, axis=0), np.nanmedian(y, axis=0))
        ]
        return {**labels, "constant_losses": {**known, name: min(found)}}
    return dict(labels)
