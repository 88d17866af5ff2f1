"""The contract of a recipe as one function, for the tests of a page of one's own.

from kerasrecipes.testing import check_recipe

def test_my_recipe(tmp_path):
    check_recipe("my_recipe", tmp_path)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes import api, registry, settings
from kerasrecipes.inference.evaluation import evaluate
from kerasrecipes.inference.export import export
from kerasrecipes.recipe import Recipe
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.run import Run
from kerasrecipes.training import model_outputs
from kerasrecipes.training.job import Job
from kerasrecipes.training_settings import Training

BEFORE = 2  # batches of a training before it is interrupted


class _Interrupt(keras.callbacks.Callback):
    """Ends a training in mid-epoch without a farewell, as a power cut would."""

    def __init__(self) -> None:
        super().__init__()
        self.left = BEFORE

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def check_recipe(
    name: str, folder: Path, *, limit: int = 96, inputs: list[Any] | None = None
) -> Run:
    """Check that a recipe keeps its promises, on a little of its embedded data.

    It is listed and explained, its settings are checked, it trains, is interrupted and resumes, its
    model is saved and loads, its figures are drawn, it predicts, is evaluated to the same metrics,
    and exported.

    Args:
        name: of the recipe, or the path of its page.
        folder: for the runs, empty.
        limit: training examples.
        inputs: for `predict`; by default the recipe's example is not tried.

    Returns:
        The finished run.

    Raises:
        AssertionError: with the promise that is not kept.
        UserError: if the page, its data or a setting is refused.
    """
    page = registry.find(name)
    _check_page(page)
    recipe = registry.load(name)
    _check_settings(recipe)
    with _runs_in(folder):
        run = _trained(name, recipe, limit)
        _check_run(run, recipe)
        if recipe.predict is not None and (inputs is not None or api.generates(recipe.predict)):
            answers = api.predict(run, *([inputs] if inputs is not None else []))
            failed = [answer["error"] for answer in answers if "error" in answer]
            assert answers and not failed, f"predict fails: {failed}"
        export(run, folder / "exported.keras")
    return run


def _check_page(page: Path) -> None:
    entry = registry.entry(page)
    assert entry.summary, f"{page} has no docstring, whose first paragraph is its summary"
    assert entry.topic != "Other", f"{page} names no topic: Recipe(topic='Images', …)"


def _check_settings(recipe: Recipe) -> None:
    known = settings.of_functions(recipe.functions)
    unexplained = [setting.name for setting in known if not setting.help]
    assert not unexplained, f"settings that no docstring explains under Args: {unexplained}"
    for setting in known:
        given = setting.check(setting.default)
        assert given == setting.default, f"{setting.name}: {setting.default} is read as {given}"
    if recipe.search_space is not None:
        import keras_tuner

        chosen = recipe.search_space(keras_tuner.HyperParameters())
        assert chosen, "the search space names no setting"
        settings.bind([*known, *settings.of_dataclass(Training)], chosen)


@contextmanager
def _runs_in(folder: Path) -> Iterator[None]:
    before = os.environ.get("KERASRECIPES_HOME")
    os.environ["KERASRECIPES_HOME"] = str(folder / "runs")
    try:
        yield
    finally:
        if before is None:
            del os.environ["KERASRECIPES_HOME"]
        else:
            os.environ["KERASRECIPES_HOME"] = before


def _trained(name: str, recipe: Recipe, limit: int) -> Run:
    """Train, interrupt and resume."""
    given: dict[str, Any] = {"limit": limit, "epochs": 1, "batch_size": 16, "checkpoint_seconds": 0}
    job = Job(recipe, api.resolve(name, recipe, **given))
    try:
        job.start(conclude, [_Interrupt()])
    except KeyboardInterrupt:
        assert job.run is not None
        job = Job(recipe, job.run.config, job.run)
        run = job.start(conclude, [])
        assert job.resumed and run.finished, "an interrupted training does not resume"
    else:
        assert recipe.loop is not None, f"it trains less than {BEFORE} batches"
        assert job.run is not None
        run = job.run
    saved, kept = (
        [np.asarray(one) for one in keras.tree.flatten(model_outputs.predict(model, split))]
        if len(split := job.splits.test)
        else []
        for model in (run.model, job.trainer.model)
    )
    for one, other in zip(saved, kept, strict=True):
        np.testing.assert_allclose(one, other, 1e-4, 1e-5, err_msg="the saved model differs")
    return run


def _check_run(run: Run, recipe: Recipe) -> None:
    test = run.metrics["test"]
    losses = {name: value for name, value in test.items() if name.endswith("loss")}
    wrong = [name for name, value in losses.items() if not np.isfinite(value)]
    assert not wrong, f"not finite after an epoch: {wrong}"
    failed = [note for note in run.metrics["notes"] if "failed and was left out" in note]
    assert not failed, f"figures or scores fail: {failed}"
    for name, value in evaluate(run).items():
        if isinstance(value, float) and isinstance(test.get(name), float):
            assert np.isclose(value, test[name], 1e-3, 1e-4), f"evaluate gives another {name}"
