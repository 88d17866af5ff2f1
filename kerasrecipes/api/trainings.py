"""Verbs that train: a recipe, an interrupted run, or several for a comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.api.finished_runs import find
from kerasrecipes.data import roles
from kerasrecipes.errors import UserError
from kerasrecipes.runs import finding, own_data
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run

if TYPE_CHECKING:
    import keras

    from kerasrecipes.comparison.comparison import Comparison
    from kerasrecipes.training.learning_rate_finder import RangeTest

    Observers = Sequence[keras.callbacks.Callback]


def run(
    name: str,
    data: Any = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    observers: Observers | None = None,
    **settings: Any,
) -> Run:
    """Train a recipe, evaluate it and write a report.

    Args:
        name: the recipe's name, or the path of a page.
        data: a source's name, the path of your own data, or the data: arrays `(x, y)` or `((x, y),
            (x_test, y_test))`, images alone, a dictionary of arrays, a data frame, or a data set of
            TensorFlow, Keras, PyTorch or Hugging Face, which is written beside the runs; by default
            the recipe's embedded data.
        config: a configuration file, or its content.
        strategy: how training is distributed over devices; by default `auto`.
        limit: largest number of training examples, for a quick trial.
        options: further options of the data, such as `{"target": "price"}`.
        observers: Keras callbacks that watch; by default a progress bar.
        **settings: fields of `Training` and settings of the recipe; also `target`, `text` and
            `column` of the data, as on the command line.

    Returns:
        The finished run.

    Raises:
        UserError: if a name, a value or the data is not right; nothing is then written.
        Interrupted: if the training was stopped; `resume` continues it.
    """
    # Modules that load Keras are imported by the functions that need them.
    from kerasrecipes.reports.conclusion import conclude
    from kerasrecipes.training.job import Job

    recipe = registry.load(name)
    resolved = resolve(
        name,
        recipe,
        data=own_data.named(data),
        config=config,
        strategy=strategy,
        limit=limit,
        options=options,
        **settings,
    )
    return Job(recipe, resolved).start(conclude, observers)


def find_learning_rate(
    name: str,
    data: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    strategy: str | None = None,
    limit: int | None = None,
    options: Mapping[str, Any] | None = None,
    observers: Observers = (),
    **settings: Any,
) -> RangeTest:
    """Try all learning rates in one short training, of which nothing is kept, and propose one.

        rate = kerasrecipes.find_learning_rate("lenet", data="mnist").proposed

    Args:
        name: the recipe's name, or the path of a page.
        data: a source's name, or the path of your own data; by default the recipe's embedded data.
        config: a configuration file, or its content.
        strategy: how the work is distributed over devices; by default `auto`.
        limit: largest number of training examples.
        options: further options of the data, such as `{"target": "price"}`.
        observers: Keras callbacks that watch features being computed.
        **settings: fields of `Training` and settings of the recipe.

    Returns:
        Rates, losses and the proposed rate.

    Raises:
        UserError: if a name, a value or the data is not right, or the model has no optimizer.
    """
    from kerasrecipes.training.learning_rate_finder import find_learning_rate as find_rate

    recipe = registry.load(name)
    resolved = resolve(
        name,
        recipe,
        data=data,
        config=config,
        strategy=strategy,
        limit=limit,
        options=options,
        **settings,
    )
    return find_rate(recipe, resolved, observers=observers)


def resume(run: Run | str | Path | None = None, *, observers: Observers | None = None) -> Run:
    """Continue an interrupted run.

    Args:
        run: the run or its folder; by default the newest unfinished one.
        observers: Keras callbacks that watch; by default a progress bar.

    Returns:
        The finished run.

    Raises:
        UserError: if there is nothing to resume, or the data is no longer the same.
    """
    from kerasrecipes.reports.conclusion import conclude
    from kerasrecipes.training.job import Job

    if run is None:
        run = finding.unfinished()
    elif not isinstance(run, Run):
        run = Run(run)
    if run.finished:
        raise UserError(f"the run {run.path} is finished; there is nothing to resume")
    # The run's own configuration holds every setting, so a default that has changed since has no
    # effect.
    job = Job(run.recipe, run.config, run, only_unfinished=True)
    return job.start(conclude, observers)


def compare(
    *runs: Run | str | Path,
    repeats: int = 1,
    data: Any = None,
    limit: Any = None,
    strategy: str | None = None,
    options: Mapping[str, Any] | None = None,
    observers: Observers | None = None,
    watch: Callable[[dict[str, Any], Run], None] | None = None,
    **values: Any,
) -> Comparison:
    """Compare finished runs, or trainings: values of settings, numbers of examples, or recipes.

        kerasrecipes.compare("lenet/2026-11-22-153012", "lenet/2026-11-23-091500").rows
        kerasrecipes.compare("lenet", activation=["tanh", "relu"], repeats=3).verdict
        kerasrecipes.compare("lenet", limit=[100, 300, "all"]).learning_curve
        kerasrecipes.compare("mlp", "logistic", data="heart.csv", time="1m").verdict

    Args:
        *runs: finished runs; recipes' names or pages where `values`, `repeats` or what follows say
            how they are trained.
        repeats: number of seeds for each combination of values.
        data: of the trainings: a source's name, the path of your own data, or the data as for
            `run`.
        limit: of the trainings: largest number of training examples, or a list of several, among
            them perhaps `"all"`, for a learning curve on the same test examples.
        strategy: of the trainings: how they are distributed over devices.
        options: of the trainings: further options of the data.
        observers: Keras callbacks that watch each training; by default a progress bar.
        watch: called after each training with the settings that differ and with the run.
        **values: a list of values for each setting that is varied; one value for all runs; also
            `target`, `text` and `column` of the data.

    Returns:
        The comparison, with its `rows`, `groups` and `verdict`; `write` makes a page of it.

    Raises:
        UserError: if a run, a name or a value is not right, or nothing differs.
    """
    from kerasrecipes.comparison.comparison import Comparison, entry

    columns, values = roles.divide(values)
    options = {**(options or {}), **columns} or None
    # Nothing is varied, so the words name finished runs, which are compared without loading Keras.
    if not values and repeats == 1 and data is limit is strategy is None and not options:
        if len(runs) < 2:
            what = "at least two runs, or a recipe and the values of a setting: name=a,b,c"
            raise UserError(f"comparing takes {what}")
        return Comparison(title="Runs side by side", entries=[entry(find(run)) for run in runs])

    from kerasrecipes.comparison import trainings

    return trainings.compare(
        [str(name) for name in runs],
        values,
        repeats=repeats,
        limit=limit,
        observers=observers,
        watch=watch,
        data=own_data.named(data),
        strategy=strategy,
        options=options,
    )
