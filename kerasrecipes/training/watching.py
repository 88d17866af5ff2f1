"""The diagnosis of a training, given what it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.examples import Arrays, Examples, labels_at_hand
from kerasrecipes.diagnosis import Diagnosis
from kerasrecipes.metrics.labelled import KINDS, is_there
from kerasrecipes.recipe import Objective, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.training import model_outputs, own_steps
from kerasrecipes.training.objectives import missing_as_nan

PROBE = 128  # training examples on which the diagnosis measures
REFERENCE = 1024  # training examples by which simple learners are held against the model


def diagnosis_of(
    model: keras.Model, splits: Splits, config: Config, objective: Objective
) -> Diagnosis:
    """Create the diagnosis of a training.

    Args:
        model: the plain model.
        splits: the data; a part of the training and the validation split is looked at.
        config: the settings.
        objective: whose labels may be missing; examples without are not looked at.

    Returns:
        A callback; of a model with a training step of its own it watches the weights alone, as the
        gradients of such a step are known to nobody else.
    """
    if own_steps.overrides(model, "train_step"):
        return Diagnosis(settings=config.values, model=model)
    seed = config.training.split_seed
    # Twice as many, as of sequences only the shorter half is kept.
    probe = _labelled(splits.train.sample(2 * PROBE, seed), objective)
    # Arrays cost nothing to take: of more of them it can be told what their labels depend on.
    count = REFERENCE if isinstance(splits.train, Arrays) else PROBE
    if count > PROBE:
        probe = _labelled(splits.train.sample(count, seed), objective)
    lengths = probe.lengths
    if lengths is not None:
        # The longest sequence would pad all others, at a multiple of the time.
        probe = probe.select(np.flatnonzero(lengths <= np.median(lengths)))
    probe = probe.sample(count, seed)
    at_hand = _labels(splits.validation, objective)
    held = None if at_hand is None else at_hand[0]
    if at_hand is None:
        validation = _labelled(splits.validation.sample(PROBE, seed), objective)
        held = model_outputs.labels_of(validation) if len(validation) else None
        if isinstance(held, Mapping):
            held = missing_as_nan(objective, held)
    return Diagnosis(
        probe.take(np.arange(len(probe))),
        settings=config.values,
        validation=held,
        labels=_labels(splits.train, objective),
        examples=PROBE,
        model=model,
    )


def _labels(examples: Examples, objective: Objective) -> tuple[Any, Any] | None:
    """Return all labels of examples and their weights, without those that are missing; `None` where
    they are not at hand, or rows of different lengths.
    """
    labels, weight = labels_at_hand(examples)
    if isinstance(labels, Mapping) and len(labels):
        arrays = {name: one for name, one in labels.items() if isinstance(one, np.ndarray)}
        # Of rows of different lengths, such as tags of words, nothing is said.
        return {name: np.zeros(0) for name in labels} | missing_as_nan(objective, arrays), weight
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "biuf" or not len(labels):
        return None
    kind = KINDS.get(objective.task or "")
    if objective.missing_labels and kind is not None:
        there = keras.ops.convert_to_numpy(is_there(labels, kind)).reshape(len(labels), -1)
        rows = np.flatnonzero(there.all(axis=1))
        labels, weight = labels[rows], None if weight is None else np.asarray(weight)[rows]
    return labels, weight


def _labelled(examples: Examples, objective: Objective) -> Examples:
    """Return the examples that have all labels of a single output, if some may be missing."""
    kind = KINDS.get(objective.task or "")
    if not objective.missing_labels or kind is None or not len(examples):
        return examples
    labels: Any = model_outputs.labels_of(examples)
    there = keras.ops.convert_to_numpy(is_there(labels, kind)).reshape(len(examples), -1)
    return examples.select(np.flatnonzero(there.all(axis=1)))
