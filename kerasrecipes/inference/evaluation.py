"""Evaluation of a finished run on its own test split, or on other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation
from kerasrecipes.runs.data_sources import check_columns, find_source
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE, Strategy
from kerasrecipes.training import assembly, model_outputs, objectives, scores


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
        Loss and metrics by name; `by_class` or `by_target`, metrics by name for each; `baseline`,
        its `name` and metrics; `examples`, the number of examples, and `notes`.

    Raises:
        UserError: if the data is not available or does not fit the model.
    """
    recipe, config, trained_info = run.recipe, run.config, None
    if (run.path / "info.json").is_file():
        _ = run.info  # its own data tells the same anew, but a damaged run is not passed over
    if data is not None and _is_moved(data, config.data):
        # A run that came from elsewhere, such as a model of the zoo: its own data, split as it was.
        config = replace(config, data=data, options={**config.options, **(options or {})})
    elif data is not None and data != config.data:
        config = replace(config, data=data, options=dict(options or {}), limit=None)
        check_columns(config.options, find_source(data, recipe, run.recipe_name))
        # Other data is encoded as the training's was, with its vocabulary and classes.
        trained_info = run.info
    splits = assembly.load_splits(recipe, config, trained_info)
    if splits.environment is not None:
        if recipe.scores is None:
            raise UserError(f"the recipe '{run.recipe_name}' has no scores of its agent")
        acted = scores.scores_of(recipe, "", _evaluation(run, splits, {}, None, own=True))
        return {**acted.metrics, "notes": []}
    if not len(splits.test):
        raise UserError(f"there are no test examples in '{config.data}'")
    objective = assembly.objective_of(recipe, splits.info, config)
    distributed, _ = strategy.prepare(
        run.load_model, lambda model: objectives.compile(model, objective)
    )
    _check_shape(run.model, splits.info.input_shape, config.data)
    metrics = model_outputs.evaluate(distributed, splits.test, strategy=strategy)
    # Answers come from the plain model in `_evaluation`, which needs no outputs then.
    outputs = (
        None
        if recipe.answers
        else model_outputs.predict(distributed, splits.test, strategy=strategy)
    )
    evaluation = _evaluation(run, splits, metrics, outputs, own=trained_info is None)
    found = scores.scores_of(recipe, objective.measured_task, evaluation)
    return {
        **found.metrics,
        **found.tables,
        **_baseline(run, objective.measured_task, evaluation, own=trained_info is None),
        "examples": len(splits.test),
        "notes": list(splits.notes),
    }


def _is_moved(data: str, named: str) -> bool:
    """Whether data has the name of a run's data that is not where the run found it."""
    own, there = Path(named), Path(data)
    return data != named and own.name == there.name and there.exists() and not own.exists()


def _baseline(run: Run, task: str, evaluation: Evaluation, own: bool) -> dict[str, Any]:
    """Return the run's baseline, judged on the same examples; nothing for a run that has none."""
    recipe, written = run.recipe, run.metrics.get("baseline")
    if written is None:
        return {}
    baseline: Baseline | None = Baseline.from_dict(written)
    if baseline is not None and baseline.answer is None:
        # It answers each example in another way, by what the training examples showed.
        baseline = scores.baseline_of(recipe, task, evaluation, None) if own else None
    if baseline is None:
        return {}
    judged = scores.judged(baseline, recipe, task, evaluation)
    return {"baseline": {"name": baseline.name, **judged}}


def _evaluation(
    run: Run, splits: Any, metrics: Mapping[str, float], outputs: Any, *, own: bool
) -> Evaluation:
    examples, answers = splits.test, run.recipe.answers if len(splits.test) else None
    return Evaluation(
        recipe=run.path.parent.name,
        model=run.model,
        info=splits.info,
        examples=examples,
        labels=model_outputs.labels_of(examples),
        outputs=answers(run.model, splits.info, examples) if answers else outputs,
        metrics=metrics,
        environment=splits.environment,
        # Of other data all examples are judged, and none are left to choose by.
        validation=splits.validation if own else None,
    )


def _check_shape(model: Any, shape: tuple[int | None, ...] | None, data: str) -> None:
    # A model that is no graph of layers does not know the shape of its input.
    known = getattr(model, "input_shape", None)
    expected = tuple(known[1:]) if isinstance(known, tuple) else None
    if shape is not None and expected is not None and len(shape) == len(expected):
        fits = all(
            # An axis of any size is None.
            want is None or have is None or want == have
            for have, want in zip(shape, expected, strict=True)
        )
        if not fits:
            raise UserError(f"the model takes examples of shape {expected}, '{data}' has {shape}")
