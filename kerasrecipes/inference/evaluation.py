"""Evaluation of a finished run on its own test split, or on other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Evaluation, Recipe
from kerasrecipes.runs.config import check_columns, find_source
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE, Strategy
from kerasrecipes.training import assembly, model_outputs


def evaluate(
    run: Run,
    data: str | None = None,
    options: Mapping[str, Any] | None = None,
    strategy: Strategy = ONE_DEVICE,
) -> dict[str, Any]:
    """Evaluate a trained model.

    Args:
        run: a finished run.
        data: a source's name or a path; by default the run's own data.
        options: further flags of the data.
        strategy: distributes the work over devices; by default one device.

    Returns:
        Loss and metrics by name, `examples`, the number of examples, and `notes`.

    Raises:
        UserError: if the data is not available or does not fit the model.
    """
    recipe, config, trained_info = run.recipe, run.config, None
    if data is not None and data != config.data:
        config = replace(config, data=data, options=dict(options or {}), limit=None)
        check_columns(config.options, find_source(data, recipe))
        # Other data is encoded as the training's was, with its vocabulary and classes.
        trained_info = run.info
    splits = assembly.load_splits(recipe, config, trained_info)
    if not len(splits.test):
        raise UserError(f"there are no test examples in '{config.data}'")
    objective = assembly.objective_of(recipe, splits.info, config)
    distributed, _ = strategy.prepare(
        run.load_model, lambda model: assembly.compile(model, objective)
    )
    _check_shape(run.model, splits.info.input_shape, config.data)
    metrics = model_outputs.evaluate(distributed, splits.test, strategy=strategy)
    if recipe.scores is not None:
        outputs = None
        # Answers come from the plain model in `_evaluation`, which needs no outputs then.
        if not recipe.answers:
            outputs = model_outputs.predict(distributed, splits.test, strategy=strategy)
        metrics = scored(recipe, _evaluation(run, splits, metrics, outputs))["test"]
    return {**metrics, "examples": len(splits.test), "notes": list(splits.notes)}


def _evaluation(run: Run, splits: Any, metrics: Mapping[str, float], outputs: Any) -> Evaluation:
    examples, answers = splits.test, run.recipe.answers
    return Evaluation(
        recipe=run.path.parent.name,
        model=run.model,
        info=splits.info,
        examples=examples,
        labels=model_outputs.labels_of(examples),
        outputs=answers(run.model, splits.info, examples) if answers else outputs,
        metrics=metrics,
    )


def scored(recipe: Recipe, evaluation: Evaluation) -> dict[str, Any]:
    """Add the recipe's own scores to the metrics on the test split.

    Args:
        recipe: has the scores.
        evaluation: of the split.

    Returns:
        `test`, all metrics by name, and `lines`, those of them that are lists of `(x, value)`, if
        there are any.
    """
    found = recipe.scores(evaluation) if recipe.scores and len(evaluation.examples) else {}
    lines = {name: value for name, value in found.items() if isinstance(value, (list, tuple))}
    metrics = {name: value for name, value in found.items() if name not in lines}
    return {"test": {**evaluation.metrics, **metrics}, **({"lines": lines} if lines else {})}


def _check_shape(model: Any, shape: tuple[int | None, ...] | None, data: str) -> None:
    expected = tuple(model.input_shape[1:]) if isinstance(model.input_shape, tuple) else None
    if shape is not None and expected is not None and len(shape) == len(expected):
        fits = all(
            # An axis of any size is None.
            want is None or have is None or want == have
            for have, want in zip(shape, expected, strict=True)
        )
        if not fits:
            raise UserError(f"the model takes examples of shape {expected}, '{data}' has {shape}")
