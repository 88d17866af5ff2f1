"""Verbs about runs that are there: they find, measure, ask, diagnose and export them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import settings as settings_
from kerasrecipes.data import roles
from kerasrecipes.diagnosis.findings import Finding, Findings
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.runs import finding, own_data
from kerasrecipes.runs.run import Run

if TYPE_CHECKING:
    from kerasrecipes.answers.answer import Answers
    from kerasrecipes.inference.export import Exported
    from kerasrecipes.inference.export.formats import Quantization
    from kerasrecipes.strategies import Strategy


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


def generates(predict: Callable[..., Any]) -> bool:
    """Return whether a recipe's `predict` can be called without inputs, its second parameter.

    Args:
        predict: of a recipe.
    """
    _, inputs, *_ = inspect.signature(settings_.resolved(predict)).parameters.values()
    return inputs.default is not inspect.Parameter.empty


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


def _strategy(strategy: str | Strategy) -> Strategy:
    from kerasrecipes import strategies

    return strategies.select(strategy) if isinstance(strategy, str) else strategy
