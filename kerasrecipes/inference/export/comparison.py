"""A written model beside the Keras model: outputs, agreement, time of one example."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.errors import UserError
from kerasrecipes.inference.export import graphs
from kerasrecipes.inference.runtimes import Call
from kerasrecipes.metrics import task_metrics
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly, model_outputs

EXAMPLES = 128  # of the test split: enough to see a wrong layer, few enough to wait for
QUANTIZED_EXAMPLES = 1024  # for a difference of accuracy of about a percent
LONGER = 4  # times as long as the examples: users' sequences are longer than those at hand
REPEATS = 15  # of the call with one example, of which the median is told

Batch = tuple[list[np.ndarray], list[np.ndarray], Any]


@dataclass(frozen=True)
class Comparison:
    """What a written model gives beside the Keras model.

    Args:
        examples: how many both were given; 0 where random inputs were, as the data is not there or
            the exported part takes no data.
        difference: the largest difference of an output.
        scale: the largest output of the Keras model, at least 1.
        agreement: share of examples, or of their parts, with the same class; `None` where outputs
            are no classes.
        scores: a metric's name, its value with the Keras model and with the written one; `None`
            where the outputs alone tell none.
        milliseconds: of one example, with the written model.
        keras_milliseconds: the same with Keras's `predict_on_batch`.
    """

    examples: int
    difference: float
    scale: float
    agreement: float | None
    scores: tuple[str, float, float] | None
    milliseconds: float
    keras_milliseconds: float


def compare(run: Run, model: keras.Model, written: Call, count: int = EXAMPLES) -> Comparison:
    """Give both models the same examples, and some several times as long where lengths vary.

    Args:
        run: whose data they come from.
        model: the Keras model that was written, or a part of the run's.
        written: the loaded file.
        count: examples at most.

    Returns:
        How far they agree.
    """
    examples, task = _test_examples(run, count) if model is run.model else (None, "")
    batches = _batches(model, examples)
    pairs = [(_own(model, arrays), list(written(arrays)), labels) for arrays, labels in batches]
    one = [array[:1] for array in batches[0][0]]
    longer = _longer(model, written, batches[-1][0])
    return Comparison(
        examples=0 if examples is None else len(examples),
        difference=max(
            float(np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64)).max(initial=0))
            for own, found, _ in [*pairs, *longer]
            for a, b in zip(own, found, strict=True)
        ),
        scale=max(1.0, *(float(np.abs(a).max(initial=0)) for own, *_ in pairs for a in own)),
        agreement=_agreement(pairs),
        scores=_scores(task, pairs),
        milliseconds=_milliseconds(lambda: written(one)),
        keras_milliseconds=_milliseconds(lambda: _own(model, one)),
    )


def _test_examples(run: Run, count: int) -> tuple[Examples | None, str]:
    """Return test examples of a run's data and its task; none where the data is gone."""
    try:
        splits = assembly.load_splits(run.recipe, run.config)
    except UserError:
        return None, ""
    if not len(splits.test):
        return None, ""
    objective = assembly.objective_of(run.recipe, splits.info, run.config)
    return splits.test.sample(count, 0), objective.measured_task


def _batches(model: keras.Model, examples: Examples | None) -> list[tuple[list[np.ndarray], Any]]:
    """Return the input arrays and labels of examples, of one length each; else random inputs."""
    if examples is None:
        return [(keras.tree.flatten(graphs.random_inputs(model)), None)]
    taken = [
        examples.take(group[start : start + 64])
        for group in examples.groups()
        for start in range(0, len(group), 64)
    ]
    return [(_arrays(model, batch[0]), batch[1] if len(batch) > 1 else None) for batch in taken]


def _arrays(model: keras.Model, x: Any) -> list[np.ndarray]:
    """Return the arrays of a batch in the order of a model's inputs, and with their types."""
    inputs = keras.tree.flatten(model.input)
    found = (
        [x[tensor.name] for tensor in inputs]
        if isinstance(x, dict) and not isinstance(model.input, dict)
        else keras.tree.flatten(x)
    )
    return [
        np.ascontiguousarray(array, tensor.dtype)
        for array, tensor in zip(found, inputs, strict=True)
    ]


def _longer(model: keras.Model, written: Call, arrays: Sequence[np.ndarray]) -> list[Batch]:
    """Return the outputs for sequences put behind themselves; none where lengths are fixed, or the
    Keras model itself takes none so long, as one with a table of positions.
    """
    shapes = [tensor.shape for tensor in keras.tree.flatten(model.input)]
    varies = [len(shape) in (2, 3) and shape[1] is None for shape in shapes]
    if not any(varies):
        return []
    tiled = [
        np.concatenate([array[:4]] * LONGER, axis=1) if long else array[:4]
        for array, long in zip(arrays, varies, strict=True)
    ]
    try:
        own = _own(model, tiled)
    except Exception:  # each backend has its own
        return []
    return [(own, list(written(tiled)), None)]


def _own(model: keras.Model, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    inputs = keras.tree.pack_sequence_as(model.input, list(arrays))
    return keras.tree.flatten(model_outputs.of_arrays(model, inputs))


def _agreement(pairs: Sequence[Batch]) -> float | None:
    """Return the share of equal classes, of the first output, where it gives probabilities."""
    own, found = (
        np.concatenate([pair[which][0].reshape(-1, pair[which][0].shape[-1]) for pair in pairs])
        for which in (0, 1)
    )
    if own.shape[-1] == 1:
        is_share = own.min(initial=0) >= 0 and own.max(initial=0) <= 1
        return float(((own > 0.5) == (found > 0.5)).mean()) if is_share else None
    if not np.allclose(own.sum(-1), 1, atol=1e-3) or own.min(initial=0) < 0:
        return None
    return float((own.argmax(-1) == found.argmax(-1)).mean())


def _scores(task: str, pairs: Sequence[Batch]) -> tuple[str, float, float] | None:
    """Return the task's first metric with either model, where outputs and labels tell it."""
    names = task_metrics.names(task) if task and ":" not in task else ()
    shapes = {pair[0][0].shape[1:] for pair in pairs}
    if not names or len(shapes) > 1 or any(not isinstance(p[2], np.ndarray) for p in pairs):
        return None
    labels = np.concatenate([pair[2] for pair in pairs])
    values = [
        task_metrics.measure(task, labels, np.concatenate([pair[which][0] for pair in pairs]))
        for which in (0, 1)
    ]
    if any(names[0] not in value for value in values):
        return None
    return names[0], float(values[0][names[0]]), float(values[1][names[0]])


def _milliseconds(call: Callable[[], Any]) -> float:
    """Return the median time of a call, after two whose time does not count."""
    times = []
    for _ in range(REPEATS + 2):
        began = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times[2:]))
