"""Weight of a batch's loss in that of a larger batch, of which it is a part."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.errors import UserError

ROW_MEANS = ("sum_over_batch_size", "mean")


def reduction_of(model: keras.Model) -> str:
    """Return a model's loss reduction: `"rows"`, `"sum"` or `"mean_with_sample_weight"`.

    Raises:
        UserError: if its losses have different reductions, or none.
    """
    losses = [loss for loss in keras.tree.flatten(model.loss) if loss is not None]
    found = {getattr(loss, "reduction", "sum_over_batch_size") for loss in losses} or {
        "sum_over_batch_size"
    }
    found = {"rows" if reduction in ROW_MEANS else reduction for reduction in found}
    if len(found) > 1 or found & {None, "none"}:
        raise UserError(
            "losses with different reductions, or none, cannot be computed in parts; "
            f"received {sorted(map(str, found))}, choose 'sum_over_batch_size' for all of them"
        )
    return found.pop()


def loss_weight(reduction: str, x: Any, y_pred: Any, sample_weight: Any) -> Any:
    """Compute the divisor of a mean loss, up to a factor that all parts share.

    Args:
        reduction: `"rows"` or `"mean_with_sample_weight"`, from `reduction_of`.
        x: inputs, nested tensors of `(rows, …)`.
        y_pred: outputs, with the masks that Keras attaches.
        sample_weight: weights of the rows, or `None`.

    Returns:
        Number of rows, of entries that the mask leaves, or sum of the weights; a float scalar.

    Raises:
        UserError: if several outputs are masked, each of which has a divisor of its own.
    """
    masks = [mask_of(output) for output in keras.tree.flatten(y_pred)]
    if len(masks) > 1 and any(mask is not None for mask in masks):
        raise UserError("a masked loss of several outputs cannot be computed in parts")
    mask = masks[0]
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        weight = ops.cast(sample_weight, "float32")
        if mask is not None:
            while len(weight.shape) < len(mask.shape):
                weight = ops.expand_dims(weight, -1)
            weight = weight * ops.cast(mask, "float32")
        return ops.sum(weight)
    return count_rows(x) if mask is None else ops.sum(ops.cast(mask, "float32"))


def mask_of(tensor: Any) -> Any:
    """Return the mask that Keras carries beside a tensor, or `None`."""
    found: list[Any] = []

    def read(inputs: Any, mask: Any = None) -> Any:
        found.append(mask)
        return inputs

    # A layer is given the mask, wherever the backend keeps it: JAX's tracers have no attributes.
    reader = keras.layers.Lambda(read, dtype=tensor.dtype)
    reader.supports_masking = True  # or Keras would warn that the mask ends here
    reader(tensor)
    return found[0]


def count_rows(x: Any) -> Any:
    """Return the number of examples of a batch, as a float."""
    return ops.cast(ops.shape(keras.tree.flatten(x)[0])[0], "float32")
