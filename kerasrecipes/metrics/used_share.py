"""How much of a code is used: the share of its dimensions that differ from image to image."""

from __future__ import annotations

from typing import Any

from keras import ops

# Burda et al.'s: a dimension is used if the mean of its code varies more than this from image to
# image.
ACTIVE = 0.01
_ROUNDING = 1e-10  # of the mean square, as float32 rounds
_RELATIVE = 1e-3  # of the largest variance, of codes that have no unit of their own


def used_share(codes: Any, relative: bool = False) -> Any:
    """Return the share of the dimensions of codes that are used, by a batch.

    Args:
        codes: `(batch, dimensions)`.
        relative: whether codes may be of any size, so that a dimension is used that varies by a
            thousandth of what the most varying one does.

    Returns:
        A scalar from 0 to 1; 1 of a single code, which tells nothing.

    Reference:
        [Importance Weighted Autoencoders](https://arxiv.org/abs/1509.00519) (Burda et al., 2015)
    """
    codes = ops.cast(codes, "float32")
    if codes.shape[0] == 1:
        return ops.ones(())
    spread = ops.var(codes, axis=0)
    if not relative:
        return ops.mean(ops.cast(spread > ACTIVE, "float32"))
    # Of codes that are all alike none is used: what they vary by is rounding.
    least = ops.maximum(_RELATIVE * ops.max(spread), _ROUNDING * ops.mean(ops.square(codes)))
    return ops.mean(ops.cast(spread > least, "float32"))
