"""Judging a finished run on its own test split, or on other data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.training import trainer
from kerasrecipes.training.runs import Run


def evaluate(run: Run, data: str | None = None, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Measure a trained model.

    Args:
        run: a finished run.
        data: a source's name or a path; by default the run's own data.
        options: further flags of the data.

    Returns:
        Loss and metrics by name, `examples`, their number, and `notes`.

    Raises:
        UserError: if the data cannot be had or does not fit the model.
    """
    recipe, config, fitted = run.recipe, run.config, None
    if data is not None and data != config.data:
        config, fitted = replace(config, data=data, options=dict(options or {}), limit=None), run.info
    splits = trainer.load_splits(recipe, config, fitted)
    if not len(splits.test):
        raise UserError(f"there are no test examples in '{config.data}'")
    model = run.model
    _check_shape(model, splits.info.input_shape, config.data)
    trainer.compile(model, trainer.objective_of(recipe, splits.info, config))
    metrics = trainer.evaluate(model, splits.test)
    return {**metrics, "examples": len(splits.test), "notes": list(splits.notes)}


def _check_shape(model: Any, shape: tuple[int | None, ...] | None, data: str) -> None:
    expected = tuple(model.input_shape[1:]) if isinstance(model.input_shape, tuple) else None
    if shape is not None and expected is not None and len(shape) == len(expected):
        fits = all(want is None or have is None or want == have for have, want in zip(shape, expected, strict=True))
        if not fits:
            raise UserError(f"the model takes examples of shape {expected}, '{data}' has {shape}")
