"""The Python interface: a function for each verb of the command line, which calls it and prints.

    import kerasrecipes

    run = kerasrecipes.run("lenet", data="mnist", epochs=5, activation="relu")
    kerasrecipes.evaluate(run)["accuracy"]
    kerasrecipes.predict(run, ["photo.png"])

`tune` has a room of its own, `kerasrecipes.tuning`. Importing this module loads no framework.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes import settings as settings_
from kerasrecipes.data import roles
from kerasrecipes.diagnosis.findings import Finding, Findings
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.runs import finding, own_data
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run

if TYPE_CHECKING:
    import keras

    from kerasrecipes.answers.answer import Answers
    from kerasrecipes.comparison.comparison import Comparison
    from kerasrecipes.inference.export import Exported
    from kerasrecipes.inference.export.formats import Quantization
    from kerasrecipes.strategies import Strategy
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
    return Job(run.recipe, run.config, run).start(conclude, observers)


def find(run: Run | str | Path, *, options: Mapping[str, Any] | None = None) -> Run:
    """Find a run.

    Args:
        run: a run, its folder, or a recipe's name for its best run; see
            `kerasrecipes.runs.finding.find`.
        options: of the data, such as `{"target": "price"}`, which a run found by name must have.

    Returns:
        The run; one that was given is returned as it is.

    Raises:
        UserError: if there is none.
    """
    return run if isinstance(run, Run) else finding.find(str(run), options=options)


_EVALUATING = ("data", "folds", "options", "strategy", "watch", "target", "text", "column")


def evaluate(
    run: Run | str | Path,
    data: Any = None,
    *,
    folds: int | None = None,
    options: Mapping[str, Any] | None = None,
    strategy: str | Strategy = "auto",
    watch: Callable[[int, Run], None] | None = None,
    **columns: Any,
) -> dict[str, Any]:
    """Measure a trained model on its test split or on other data, or its configuration by folds.

    Args:
        run: a run, its folder, or a recipe's name for its best run.
        data: a source's name, the path of your own data, or the data as for `run`; by default the
            run's own data.
        folds: number of parts into which the examples are divided, each of which is the test split
            of a new training with the run's settings once; a second call goes on.
        options: further options of the data, such as `{"target": "price"}`.
        strategy: how the work is distributed over devices.
        watch: called after each fold with its number, from 1, and its run.
        **columns: `target`, `text` and `column` of the data, as on the command line.

    Returns:
        Loss and metrics by name, `examples`, their number, `notes`, and `run`, the folder of the
        run; of folds the means over them, and `std`, `by_fold` and `report` beside.

    Raises:
        UserError: if there is no such run, or the data is not available or does not fit the model.
    """
    from kerasrecipes.answers.metrics import Metrics

    said, rest = roles.divide(columns)
    for name in rest:
        raise unknown("argument", name, _EVALUATING)
    options = {**(options or {}), **said} or None
    if folds is not None and (data is not None or options):
        raise UserError("folds divide the run's own data; train on other data first")
    if folds is not None:
        from kerasrecipes.comparison import folds as by_folds

        found = find(run)
        measured = by_folds.evaluate(found, folds, strategy=_strategy(strategy), watch=watch)
        return Metrics(measured, run=str(found.path))
    from kerasrecipes.inference.evaluation import evaluate as measure

    # A strategy must be chosen before anything makes a tensor, so before a model is loaded.
    found, chosen = find(run, options=options), _strategy(strategy)
    with chosen.reporting_lost_workers():
        return Metrics(measure(found, own_data.named(data), options, chosen), run=str(found.path))


def predict(
    run: Run | str | Path,
    inputs: Any = (),
    /,
    *,
    strategy: str | Strategy = "auto",
    output: str | Path | None = None,
    force: bool = False,
    **options: Any,
) -> Answers:
    """Predict for raw inputs, or generate without any.

    Args:
        run: a run, its folder, or a recipe's name for its best run.
        inputs: what the recipe takes: files, folders, texts, contents of files, images as arrays or
            of Pillow, rows as a data frame or a two-dimensional array; none for a recipe that
            generates.
        strategy: how the work is distributed over devices.
        output: a file for the answers, or a folder for a file of each; see
            `kerasrecipes.answers.writing.write`.
        force: whether files of `output` that are there are replaced.
        **options: options of the recipe's own, such as `top=3` or `count=16`; with `explain=True`
            also `folder`, where explanations are written, by default the current one.

    Returns:
        An answer for each input, which names the folder of the run.

    Raises:
        UserError: if there is no such run, the recipe does not predict, an input or an option is
            not right, or a file of `output` is there.
    """
    from kerasrecipes.answers import writing
    from kerasrecipes.answers.answer import Answers
    from kerasrecipes.answers.kinds import as_answer
    from kerasrecipes.data import archives, objects

    found = find(run)
    recipe, (inputs, archived) = found.recipe, archives.inputs_of(objects.as_inputs(inputs))
    if recipe.predict is None:
        raise UserError(f"the recipe '{found.recipe_name}' does not predict")
    known = settings_.of_functions([recipe.predict])
    names = {setting.name for setting in known}
    # `folder` is an option of this function unless the recipe has one of that name. It is taken out
    # first, for `bind` refuses names that the recipe does not have.
    explains = "explain" in names and "folder" not in names
    folder = Path(options.pop("folder", ".")) if explains else None
    bound = settings_.bind(known, options, "flag")
    if not inputs and not generates(recipe.predict):
        example = f", such as: {recipe.example}" if recipe.example else ""
        raise UserError(f"the recipe '{found.recipe_name}' needs an input{example}")
    if output is not None:
        writing.check(Path(output), force)
    chosen = _strategy(strategy)
    if chosen.num_replicas > 1:
        from kerasrecipes.inference.distributed import DistributedModel

        found = Run(found.path)  # the caller's run keeps its plain model
        found.model = DistributedModel(chosen, found.load_model)
    given = settings_.as_arguments(bound)
    with chosen.reporting_lost_workers():
        answers = [as_answer(answer) for answer in recipe.predict(found, inputs, **given)]
    if folder is not None and bound.get("explain"):
        from kerasrecipes.reports import explain

        answers = explain.write_all(answers, folder)
    named = Answers(archives.renamed(answers, archived, run=str(found.path)))
    if output is not None and chosen.is_chief:
        named.files = writing.write(named, Path(output), force)
    return named


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


def diagnose(run: Run | str | Path) -> list[Finding]:
    """Find out what went wrong in a training, and what to try.

    Args:
        run: a run, its folder, or a recipe's name for its best run.

    Returns:
        The findings, the most severe first.

    Raises:
        UserError: if there is no such run, or it was trained without being watched.
    """
    return Findings(find(run).findings)


def export(
    run: Run | str | Path,
    target: str | Path,
    *,
    quantize: Quantization | None = None,
    format: str | None = None,
) -> Exported:
    """Write a trained model in another format, and compare its outputs.

    Args:
        run: a run, its folder, or a recipe's name for its best run.
        target: `.keras`, `.onnx`, `.tflite`, `.xml` for OpenVINO, `.safetensors` for torchvision
            and timm, or a folder for a SavedModel; `target.json` is beside.
        quantize: `int8` or `float16` weights; by default as they are.
        format: whose names a `.safetensors` file has, `torchvision` or `timm`; by default the first
            that has the network.

    Returns:
        What was written, and how it compares with the run's model on test examples.

    Raises:
        UserError: if there is no such run, or the model cannot be written in this format.
    """
    from kerasrecipes.inference.export import export as write

    return write(find(run), target, quantize, format)


def generates(predict: Callable[..., Any]) -> bool:
    """Return whether a recipe's `predict` can be called without inputs, its second parameter.

    Args:
        predict: of a recipe.
    """
    _, inputs, *_ = inspect.signature(settings_.resolved(predict)).parameters.values()
    return inputs.default is not inspect.Parameter.empty


def _strategy(strategy: str | Strategy) -> Strategy:
    from kerasrecipes import strategies

    return strategies.select(strategy) if isinstance(strategy, str) else strategy
