"""Objectives that several recipes share."""

from functools import partial

from kerasrecipes.info import Info
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.metrics.token_accuracy import TokenAccuracy
from kerasrecipes.ranges import Share
from kerasrecipes.recipe import Objective


def next_token(info: Info, *, label_smoothing: Share = 0.0) -> Objective:
    """Cross-entropy with the next token of the target, and its accuracy.

    Args:
        info: metadata of the data.
        label_smoothing: fraction of each label's probability that is spread over the vocabulary.

    Returns:
        The objective, with `SequenceCrossentropy` of logits and with `TokenAccuracy`.
    """
    loss = partial(SequenceCrossentropy, label_smoothing=label_smoothing)
    return Objective(task="multiclass", loss=loss, metrics=(TokenAccuracy,))
