"""Inputs and labels of a decoder that is trained with teacher forcing."""

from __future__ import annotations

import numpy as np

from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.text.tokenizer import END, START


def teacher_forced(targets: Ragged) -> tuple[Ragged, Ragged, Ragged]:
    """Return a decoder's inputs, labels and weights for target sequences.

    Args:
        targets: token ids of each target, without start and end.

    Returns:
        inputs, the targets after the start token; labels, the targets before the end token; and the
        labels' weights, 1 each, so that padding counts in no loss and no metric.

    Reference:
        [A Learning Algorithm for Continually Running Fully Recurrent Neural
        Networks](https://doi.org/10.1162/neco.1989.1.2.270) (Williams and Zipser, 1989)
    """
    inputs = Ragged.of(np.concatenate([[START], row]).astype(np.int32) for row in targets)
    labels = Ragged.of(np.concatenate([row, [END]]).astype(np.int32) for row in targets)
    return inputs, labels, Ragged(np.ones(len(labels.values), np.float32), labels.offsets)
