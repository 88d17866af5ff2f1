"""What the command line shows."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kerasrecipes import registry, settings
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.recipe import Recipe, Training

if TYPE_CHECKING:
    from kerasrecipes.api import Job
    from kerasrecipes.reports.descent import Descents
    from kerasrecipes.training.runs import Run

PROGRAM = "kerasrecipes"
GRADCHECK_EXAMPLES = 8
Hosts = tuple[Sequence[str], int | None] | None  # addresses of all workers, and which of them this is
# Where output goes into a file or a pipe, lines are not folded to the width of a terminal that is not there.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 140)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Keep back what TensorFlow's libraries write to the terminal while they load; show it if they fail."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.get_logger().setLevel("ERROR")
            yield
            if keras.backend.backend() == "tensorflow":
                tf.config.list_logical_devices()
        except BaseException as error:
            if not isinstance(error, UserError):
                kept.seek(0)
                os.write(saved, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


# -------------------------------------------------------------------------------------------------- run


def run(name: str, *, dry: bool, gradcheck: bool = False, hosts: Hosts = None, **said: Any) -> None:
    """Train and tell."""
    registry.find(name)
    with quiet_start():
        from kerasrecipes import api

        recipe = registry.load(name)
        config = api.resolve(name, recipe, **said)
        job = api.Job(recipe, config, strategy=_strategy(config.strategy, hosts))
    job.load()
    _tell_plan(job)
    if gradcheck:
        _check_gradients(job)
    if dry:
        out.print(f"\n{config.to_toml()}", markup=False)
        out.print("nothing was trained; leave out --dry-run to train")
        return
    _train(job)


def _strategy(name: str, hosts: Hosts) -> Any:
    from kerasrecipes import strategies

    addresses, rank = hosts or (None, None)
    strategy = strategies.select(name, hosts=addresses, rank=rank)
    if not strategy.is_chief:
        out.quiet = True  # The first worker speaks for all.
    return strategy


def launch(processes: int, words: Sequence[str]) -> int:
    """Run a command in several processes that form a cluster."""
    from kerasrecipes.launch import launch as start

    return start(processes, [sys.executable, "-m", PROGRAM, *words], write=lambda line: print(line, flush=True))


def resume(name: str | None, which: str | None, *, strategy: str | None = None, hosts: Hosts = None) -> None:
    """Go on with an interrupted run and tell."""
    from kerasrecipes.training import runs

    found = _interrupted(runs, name, which)
    if found.finished:
        raise UserError(f"the run {found.path} is finished; there is nothing to resume")
    with quiet_start():
        from kerasrecipes import api

        job = api.Job(found.recipe, found.config, found, _strategy(strategy or found.config.strategy, hosts))
    job.load()
    out.print(f"resuming {found.path}")
    _tell_plan(job)
    _train(job)


def _interrupted(runs: Any, name: str | None, which: str | None) -> Run:
    for folder in (which, name):
        if folder and (Path(folder) / "config.toml").is_file():
            return runs.Run(folder)
    wanted = which or name
    if which and (name or "/" in which):
        raise UserError(f"'{which}' is no run folder")
    return runs.unfinished(Path(wanted).stem if wanted else None)


def _tell_plan(job: Job) -> None:
    from kerasrecipes.training import devices

    splits, trainer = job.splits, job.trainer
    counts = " / ".join(f"{len(getattr(splits, part)):,} {part}" for part in ("train", "validation", "test"))
    parts = [counts]
    if splits.info.classes:
        parts.append(f"{len(splits.info.classes)} classes")
    parts.append(f"{trainer.inner.count_params():,} parameters")
    parts.append(f"{job.strategy.description}, {devices.precision(job.config.training)}")
    out.print(f"[bold]{Path(job.config.recipe).stem}[/] on {job.config.data}: {', '.join(parts)}")
    for note in splits.notes:
        out.print(f"  note: {note}", markup=False)


def _check_gradients(job: Job) -> None:
    """Compare automatic with numeric gradients on a few training examples."""
    from kerasrecipes.training.gradcheck import gradcheck

    x, y = job.splits.train.take(range(min(GRADCHECK_EXAMPLES, len(job.splits.train))))[:2]
    found = gradcheck(job.trainer.inner, x, y, job.trainer.model.loss)
    if not found.passed:
        raise UserError(str(found))
    out.print(str(found), markup=False)


def _train(job: Job) -> None:
    from kerasrecipes.progress import Progress

    progress = Progress(out)
    try:
        finished = job.start([progress])
    except Interrupted as error:
        raise Interrupted(f"{error}; go on with: {PROGRAM} run --resume {job.run.path}") from None
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; go on with: {PROGRAM} run --resume {job.run.path}") from None
    except UserError as error:
        raise UserError(f"{error} (run folder: {job.run.path})" if job.run else str(error)) from None
    finally:
        progress.close()
    _tell_end(job, finished)


def _tell_end(job: Job, finished: Run) -> None:
    metrics = finished.metrics
    figures = ", ".join(f"{name} [bold]{spelled(name, value)}[/]" for name, value in metrics["test"].items())
    out.print(f"\ntest: {figures}, trained in {metrics['seconds']:.0f} s")
    out.print(f"run     {finished.path}", markup=False)
    out.print(f"report  {finished.path / 'report.html'}", markup=False)
    _tell_findings(finished, finished.metrics.get("findings", ()))
    example = job.recipe.example or "INPUT"
    name = job.config.recipe if not registry.is_path(job.config.recipe) else finished.path
    out.print(f"next    {PROGRAM} predict {name} {example}", markup=False)


def _tell_findings(run: Run, findings: Sequence[Mapping[str, Any]]) -> None:
    """Say what the diagnosis found, and the command that tries its first remedy."""
    from kerasrecipes.reports.run_report import remedy_command

    for finding in findings:
        out.print(f"\n[bold]{finding['kind'].replace('_', ' ')}[/] ", end="")
        out.print(finding["sentence"], markup=False)
        for remedy in finding["remedies"][:2]:
            out.print(f"  try   {remedy_command(run, remedy)}", markup=False)
        if not finding["remedies"]:
            for advice in finding["advice"][:2]:
                out.print(f"  try   {advice}", markup=False)
    if findings:
        out.print()


def diagnose(which: str, *, as_json: bool) -> None:
    """Repeat the diagnosis of a run."""
    from kerasrecipes.training import runs

    with quiet_start():
        found = runs.find(which)
        findings = [finding.to_dict() for finding in found.findings]
    if as_json:
        print(json.dumps(findings, indent=2))
        return
    out.print(f"{found.path}: {'nothing to mend' if not findings else f'{len(findings)} findings'}", markup=False)
    _tell_findings(found, findings)


def spelled(name: str, value: float) -> str:
    """Write a figure: shares in percent, others to four digits."""
    share = any(word in name for word in ("accuracy", "precision", "recall", "auc", "f1")) and 0 <= value <= 1
    return f"{100 * value:.2f} %" if share else f"{value:.4g}"


# ------------------------------------------------------------------------------------------------- show


def show_recipe(
    name: str, recipe: Recipe, *, data: str | None, options: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Print a page's docstring, its settings, data, layers and search space."""
    from kerasrecipes import api

    page = registry.load_page(registry.find(name))
    out.print((page.__doc__ or "").strip(), markup=False)
    _heading("Settings, as name=value")
    _settings_table(settings.of_functions(recipe.functions), {})
    _heading("Training, as --flags")
    _settings_table(settings.of_dataclass(Training), asdict(recipe.training), flags=True)
    _heading("Data, as --data")
    for number, (source_name, source) in enumerate(recipe.data.items()):
        out.print(f"  {source_name:<14} {source.summary}{' (default)' if number == 0 else ''}", markup=False)
    job = api.Job(recipe, api.resolve(name, recipe, data=data, options=options, **values))
    _show_layers(job)
    _show_search_space(recipe)


def _heading(text: str) -> None:
    out.print(f"\n[bold]{text}[/]")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    return table


def _settings_table(rows: Sequence[settings.Setting], defaults: Mapping[str, Any], flags: bool = False) -> None:
    table = _table("  name", "default", "")
    for column in table.columns[:2]:
        column.no_wrap = True
    for row in rows:
        label = "--" + row.name.replace("_", "-") if flags else row.name
        kind = row.kind.replace("|", " | ")
        table.add_row(f"  {label}", _short(defaults.get(row.name, row.default)), escape(f"{row.help} ({kind})"))
    out.print(table)


def _short(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _show_layers(job: Job) -> None:
    from kerasrecipes.reports.layers import layer_table

    model = job.load().inner
    _heading(f"Layers, for {job.config.data}")
    table = _table("  layer", "type", "output", "parameters", "FLOPs")
    rows = layer_table(model)
    for row in rows:
        count = f"{row['flops']:,}" if row["flops"] is not None else "?"
        shape = str(row["output_shape"]).replace("None, ", "")
        table.add_row(f"  {row['name']}", row["type"], shape, f"{row['parameters']:,}", count)
    total = sum(row["flops"] or 0 for row in rows)
    table.add_row("  in all", "", "", f"{model.count_params():,}", f"{total:,}")
    for column in table.columns[3:]:
        column.justify = "right"
    out.print(table)


def _show_search_space(recipe: Recipe) -> None:
    if recipe.search_space is None:
        return
    import keras_tuner

    space = keras_tuner.HyperParameters()
    recipe.search_space(space)
    _heading("Search space")
    table = _table("  name", "values")
    for item in space.space:
        config = item.get_config()
        values = (
            config.get("values") or f"{config.get('min_value')} to {config.get('max_value')}, {config.get('sampling')}"
        )
        table.add_row(f"  {item.name}", ", ".join(map(str, values)) if isinstance(values, list) else values)
    out.print(table)


# ------------------------------------------------------------------------------------- evaluate, predict


def evaluate(which: str, *, data: str | None, options: Mapping[str, Any], as_json: bool) -> None:
    """Measure a run and print the figures."""
    from kerasrecipes.training import runs

    found = runs.find(which)
    with quiet_start():
        from kerasrecipes.inference.evaluation import evaluate as measure

    result = measure(found, data, options)
    if as_json:
        print(json.dumps({"run": str(found.path), **result}, indent=2))
        return
    notes, count = result.pop("notes"), result.pop("examples")
    for note in notes:
        out.print(f"note: {note}", markup=False)
    figures = ", ".join(f"{name} {spelled(name, value)}" for name, value in result.items())
    out.print(f"{found.path} on {data or found.config.data}, {count:,} examples: {figures}", markup=False)


def predict(which: str, inputs: Sequence[str | bytes], options: Mapping[str, str], *, as_json: bool) -> int:
    """Answer for inputs and print the answers.

    Returns:
        The exit status, 2 if none of the inputs could be read.
    """
    from kerasrecipes.training import runs

    found = runs.find(which)
    with quiet_start():
        recipe = found.recipe
        if recipe.predict is None:
            raise UserError(f"the recipe '{found.recipe_name}' does not predict")
        known = settings.of_functions([recipe.predict])
        bound = settings.bind(known, options, "flag")
        _ = found.model
    answers = recipe.predict(found, inputs, **bound)
    if as_json:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    else:
        for answer in answers:
            out.print(answer_line(answer), markup=False)
    return 2 if answers and all("error" in answer for answer in answers) else 0


def export(which: str, target: str) -> None:
    """Write a run's model in another format and say so."""
    from kerasrecipes.training import runs

    found = runs.find(which)
    with quiet_start():
        from kerasrecipes.inference.export import export as write

        difference = write(found, target)
    out.print(f"{target} gives what {found.path} gives, to {difference:.1g}", markup=False)


def answer_line(answer: Mapping[str, Any]) -> str:
    """Write an answer in a line: the input, then what the model says."""
    if "error" in answer:
        return f"{answer.get('input', '')}  error: {answer['error']}"
    parts = [str(answer["input"])] if "input" in answer else []
    for name in ("label", "value", "text"):
        if name in answer:
            parts.append(str(answer[name]))
    if "probability" in answer:
        parts.append(f"{100 * answer['probability']:.1f} %")
    return "  ".join([*parts, *(f"({note})" for note in answer.get("notes", ()))])


# ---------------------------------------------------------------------------------------------- compare


def compare_runs(names: Sequence[str], *, as_json: bool) -> None:
    """Compare finished runs in a table and on a page with curves."""
    from kerasrecipes import comparing
    from kerasrecipes.training import runs

    if len(names) < 2:
        raise UserError("comparing takes at least two runs, or a recipe and the values of a setting: name=a,b,c")
    _tell_comparison([comparing.entry(runs.find(name)) for name in names], "Runs side by side", as_json=as_json)


def compare_settings(name: str, values: Mapping[str, str], *, repeats: int, as_json: bool, **said: Any) -> None:
    """Train a recipe for each value of its settings, then compare."""
    registry.find(name)
    with quiet_start():
        from kerasrecipes import comparing
        from kerasrecipes.reports.descent import Descents

        choices = comparing.alternatives(registry.load(name), values)
    varied = [setting for setting, found in choices.items() if len(found) > 1]
    if not varied and repeats < 2:
        raise UserError("nothing differs; give a setting several values, such as activation=tanh,relu, or --repeats 3")
    entries, descents = [], Descents(varied)
    for changes, finished in comparing.train(name, choices, repeats=repeats, observers=(), descents=descents, **said):
        entries.append(comparing.entry(finished))
        if not as_json:
            label = "  ".join(f"{key}={_short(changes[key])}" for key in [*varied, "seed"])
            figures = "  ".join(f"{key} {spelled(key, value)}" for key, value in finished.metrics["test"].items())
            out.print(f"{label}  {figures}", markup=False)
    title = f"{Path(name).stem}: {', '.join(varied) or 'seeds'} compared"
    _tell_comparison(entries, title, by=varied, as_json=as_json, descents=descents)


def _tell_comparison(
    entries: Sequence[Any], title: str, *, by: Sequence[str] = (), as_json: bool, descents: Descents | None = None
) -> None:
    from kerasrecipes import comparing
    from kerasrecipes.reports import compare as pages

    gathered = pages.groups(entries, by) if by else None
    rows = pages.table(entries)
    if as_json:
        print(json.dumps({"runs": rows, "groups": gathered}, indent=2, default=str))
        return
    shown = _table(*(f"  {name}" if not number else name for number, name in enumerate(rows[0])))
    for row in rows:
        shown.add_row(*(_cell(name, value) for name, value in row.items()))
    out.print()
    out.print(shown)
    if gathered:
        out.print(f"\n{pages.verdict(gathered, pages.metric(entries))}", markup=False)
    out.print(f"report  {comparing.write(entries, title, by, descents.pictures() if descents else ())}", markup=False)


def _cell(name: str, value: Any) -> str:
    return (
        spelled(name, value)
        if isinstance(value, float)
        else ""
        if value is None
        else f"  {value}"
        if name == "run"
        else str(value)
    )


# ------------------------------------------------------------------------------------------------ check


def check() -> None:
    """Print what this machine has, and prove that it trains."""
    for name, value in checked().items():
        if isinstance(value, Mapping):
            out.print(f"[bold]{name}[/]")
            for key, entry in value.items():
                out.print(f"  {key:<22} {entry}", markup=False)
        else:
            out.print(f"[bold]{name}[/]  {value}")


def checked() -> dict[str, Any]:
    """Find out what this machine has, and whether it trains."""
    from kerasrecipes import health

    with quiet_start():
        return health.report()
