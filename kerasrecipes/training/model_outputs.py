"""Outputs and metrics of a model on examples, in the examples' order.

Keras is imported by the functions that need it: an exported model answers without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Examples, labels_at_hand, leaves, map_leaves

if TYPE_CHECKING:
    import keras

    from kerasrecipes.strategies import Strategy

EVALUATION_BATCH = 256


def evaluate(
    model: keras.Model,
    examples: Examples,
    size: int = EVALUATION_BATCH,
    strategy: Strategy | None = None,
) -> dict[str, float]:
    """Compute a compiled model's loss and metrics on examples.

    A model that draws random numbers draws the same ones each time.

    Args:
        model: compiled.
        examples: what to evaluate on.
        size: examples per batch.
        strategy: how the work is spread over devices; by default over one.

    Returns:
        Their values by name; empty if there are no examples.
    """
    if not len(examples):
        return {}
    from kerasrecipes.strategies import ONE_DEVICE
    from kerasrecipes.training import input_pipeline

    batches = Batches(examples, min(size, len(examples)))
    given = input_pipeline.epoch_batches(batches, strategy or ONE_DEVICE)
    with fixed_seeds(model):
        result = model.evaluate(**given, return_dict=True, verbose=0)
    return {name: float(value) for name, value in result.items()}


@contextmanager
def fixed_seeds(model: keras.Model) -> Iterator[None]:
    """Context in which a model's seed generators begin at fixed states; theirs are restored."""
    import keras

    states = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    before = [keras.ops.convert_to_numpy(state) for state in states]
    for number, state in enumerate(states):
        # Different ones, or two layers would draw the same numbers.
        state.assign(np.array([number, 0], before[number].dtype))
    try:
        yield
    finally:
        for state, value in zip(states, before, strict=True):
            state.assign(value)


def predict(
    model: keras.Model,
    examples: Examples,
    size: int = EVALUATION_BATCH,
    strategy: Strategy | None = None,
) -> Any:
    """Compute a model's outputs on examples, in their order.

    Args:
        model: the model.
        examples: what to predict.
        size: examples per batch.
        strategy: how the work is spread over devices; by default over one.

    Returns:
        `(examples, …)` for each output. Outputs for each entry of a sequence are all as long as the
        longest example is when padded.
    """
    if _is_exported(model):
        groups = [
            group[start : start + size]
            for group in examples.groups()
            for start in range(0, len(group), size)
        ]
        found = [model.predict(examples.take(group)[0]) for group in groups]
        return _concatenate(found)[np.argsort(np.concatenate(groups))]
    import keras

    from kerasrecipes.strategies import ONE_DEVICE
    from kerasrecipes.training import input_pipeline

    strategy = strategy or ONE_DEVICE
    if 0 < len(examples) <= size and strategy is ONE_DEVICE and isinstance(model, keras.Model):
        # What one batch holds needs no pipeline, of which each keeps some memory; see `of_arrays`.
        return of_arrays(model, examples.take(np.arange(len(examples)))[0], size)
    if examples.lengths is None:
        batches = Batches(examples, min(size, len(examples)))
        given = input_pipeline.epoch_batches(batches, strategy, "predict")
        return model.predict(**given, verbose=0)
    # Keras joins the outputs of batches, which must have one length then: those that may be as long
    # as the inputs are computed group by group.
    found = keras.tree.flatten(getattr(model, "outputs", None))
    shapes = [None if tensor is None else tensor.shape for tensor in found]
    by_entry = any(shape is None or (len(shape) > 1 and shape[1] is None) for shape in shapes)
    groups = examples.groups() if by_entry else [np.arange(len(examples))]
    outputs, indices = [], []
    for group in groups:
        batches = Batches(examples.select(group), min(size, len(group)))
        indices.append(group[batches.order(0)])
        given = input_pipeline.epoch_batches(batches, strategy, "predict")
        outputs.append(model.predict(**given, verbose=0))
    # Groups and batches come by length: back to the order of the examples.
    order = np.argsort(np.concatenate(indices))
    return keras.tree.map_structure(lambda *pieces: _concatenate(pieces)[order], *outputs)


def of_arrays(model: Any, x: Any, size: int = EVALUATION_BATCH) -> Any:
    """Compute a model's outputs for arrays that are in memory.

    `keras.Model.predict` builds a pipeline at each call, of which TensorFlow keeps about 16 KB for
    ever: a process that answers requests would grow without end.

    Args:
        model: the model, or what has its `predict` and spreads the work.
        x: inputs, an array or a dictionary of arrays, each `(examples, …)`.
        size: examples per batch.

    Returns:
        `(examples, …)` for each output.
    """
    count = len(leaves(x)[0])
    if _is_exported(model):
        slices = [slice(start, start + size) for start in range(0, count, size)]
        return np.concatenate([model.predict(_part(x, rows)) for rows in slices])
    import keras

    if not isinstance(model, keras.Model) or not count:
        return model.predict(x, batch_size=size, verbose=0)
    pieces = [
        model.predict_on_batch(keras.tree.map_structure(lambda a, s=s: a[s : s + size], x))
        for s in range(0, count, size)
    ]
    return keras.tree.map_structure(lambda *parts: np.concatenate(parts), *pieces)


def _part(x: Any, rows: slice) -> Any:
    return map_leaves(lambda array: array[rows], x)


def _is_exported(model: Any) -> bool:
    """Whether a model is computed by another runtime than Keras's."""
    return getattr(type(model), "is_exported", False)


def labels_of(examples: Examples, size: int = 4096) -> Any:
    """Return the labels of examples, in their order.

    Args:
        examples: with labels.
        size: examples that are taken at a time.
    """
    at_hand, _ = labels_at_hand(examples)
    if isinstance(at_hand, np.ndarray):
        return at_hand
    starts = range(0, len(examples), size)
    taken = [examples.take(np.arange(s, min(s + size, len(examples)))) for s in starts]
    if not taken or len(taken[0]) < 2:
        return None
    import keras

    labels = [batch[1] for batch in taken]
    return keras.tree.map_structure(lambda *pieces: _concatenate(pieces), *labels)


def _concatenate(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate arrays along the first axis, with the second padded with zeros."""
    if pieces[0].ndim > 1 and len({piece.shape[1] for piece in pieces}) > 1:
        longest = max(piece.shape[1] for piece in pieces)
        inner = [(0, 0)] * (pieces[0].ndim - 2)
        pieces = [
            np.pad(piece, [(0, 0), (0, longest - piece.shape[1]), *inner]) for piece in pieces
        ]
    return np.concatenate(pieces)
