"""The report of a finished run: plots in `figures/`, and `report.html`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kerasrecipes import files, registry
from kerasrecipes.data import roles
from kerasrecipes.errors import noted
from kerasrecipes.metrics import names
from kerasrecipes.metrics import summary as result
from kerasrecipes.recipe import Evaluation, Recipe
from kerasrecipes.reports import curves, formatting, metric_tables, style
from kerasrecipes.reports.diagnosis import diagnosis_figure
from kerasrecipes.reports.html import render
from kerasrecipes.reports.layer_table import layer_table
from kerasrecipes.runs.run import Run


def write(
    run: Run, recipe: Recipe, evaluation: Evaluation, metrics: Mapping[str, Any], notes: list[str]
) -> None:
    """Draw the recipe's figures and write the report.

    Args:
        run: the run folder.
        recipe: whose figures to draw.
        evaluation: what to draw them from.
        metrics: what `metrics.json` will hold.
        notes: sentences about the run, which the report shows; takes one about each part that
            cannot be made.
    """
    pictures = style.drawn(evaluation, recipe.plots or (curves.curves,), notes)
    with noted(notes, "the figure of the diagnosis"):
        pictures += _diagnosis(run, metrics)
    folder = run.path / "figures"
    for name, _, png in pictures:
        with noted(notes, f"the file of the figure {name}"):
            files.make_folder(folder)
            files.write_bytes(folder / f"{name}.png", png)
    with noted(notes, "the report"):
        page = _page(run, recipe, evaluation, metrics, pictures, notes)
        files.write_text(run.path / "report.html", page)


def _diagnosis(run: Run, metrics: Mapping[str, Any]) -> list[style.Picture]:
    """Draw what the diagnosis measured, if it did."""
    if "findings" not in metrics:
        return []
    figure = diagnosis_figure(run.record, metrics["findings"])
    return [style.picture(diagnosis_figure, figure, name="diagnosis")] if figure else []


def _page(
    run: Run,
    recipe: Recipe,
    evaluation: Evaluation,
    metrics: Mapping[str, Any],
    pictures: Sequence[style.Picture],
    notes: list[str],
) -> str:
    layers: list[dict[str, Any]] = []
    with noted(notes, "the table of layers"):
        layers = layer_table(evaluation.model)
    document = run.document
    tiles = {name: metrics[name] for name in ("parameters", "seconds")}
    general = {
        "data": document["data"],
        "strategy": document.get("strategy"),
        "limit": document.get("limit"),
    }
    sections = {
        "Data": {name: value for name, value in general.items() if value is not None}
        | metrics["examples"],
        "Recipe": document.get("settings", {}),
        "Training": document.get("training", {}),
    }
    # As the first line of the run said it.
    columns = roles.headline(run.info.columns, "")
    summary = registry.entry(registry.find(document["recipe"])).summary
    return report(
        title=evaluation.recipe,
        subtitle=f"{summary}. On {document['data']}{columns and f', {columns}'}, {run.path.name}.",
        metrics={**metric_tables.tiles(metrics), **tiles},
        headline=result.headline_of(metrics),
        unit=metrics.get("unit"),
        baseline=result.baseline_of(metrics),
        tables=_tables(metrics),
        settings={name: values for name, values in sections.items() if values},
        environment=run.environment,
        figures=pictures,
        layers=layers,
        notes=[*_kept(metrics), *notes],
        findings=_with_commands(metrics.get("findings"), run),
        commands=[
            *_predicting(run, recipe),
            (
                "Train it again",
                f"kerasrecipes run {document['recipe']} --config {run.path}/config.toml",
            ),
        ],
    )


def _tables(metrics: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    whole = metric_tables.beside_baseline(metrics)
    return [*([("", whole)] if whole else []), *metric_tables.by_name(metrics)]


def _kept(metrics: Mapping[str, Any]) -> list[str]:
    """Say which epoch's weights the model has, and why."""
    return [formatting.sentence(metrics["kept"]["sentence"])] if "kept" in metrics else []


def _predicting(run: Run, recipe: Recipe) -> list[tuple[str, str]]:
    """Return how to predict with a run, if its recipe does."""
    if recipe.predict is None:
        return [("Evaluate it", f"kerasrecipes evaluate {run.path}")]
    return [("Predict with it", f"kerasrecipes predict {run.path} {recipe.example or 'INPUT'}")]


def _with_commands(
    findings: list[Mapping[str, Any]] | None, run: Run
) -> list[dict[str, Any]] | None:
    """Complete each remedy to the command that tries it."""
    if findings is None:
        return None
    return [
        {**found, "remedies": [remedy_command(run, piece) for piece in found["remedies"]]}
        for found in findings
    ]


def remedy_command(run: Run, remedy: str) -> str:
    """Return the command that trains the run's recipe again with a remedy.

    Args:
        run: which the diagnosis watched.
        remedy: settings and flags as they are typed.
    """
    return f"kerasrecipes run {run.recipe_name} --config {run.path / 'config.toml'} {remedy}"


def report(
    *,
    title: str,
    subtitle: str,
    metrics: Mapping[str, Any],
    settings: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, Any],
    figures: Sequence[style.Picture],
    headline: str | None = None,
    unit: str | None = None,
    baseline: str | None = None,
    tables: Sequence[tuple[str, Mapping[str, Any]]] = (),
    layers: Sequence[Mapping[str, Any]] = (),
    notes: Sequence[str] = (),
    findings: Sequence[Mapping[str, Any]] | None = None,
    commands: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the report's page from plain values.

    Args:
        title: the model's name.
        subtitle: a sentence about it, the data and the day.
        metrics: those of the test split and other numbers worth a tile, such as `parameters` and
            `seconds`; the main metric is written large, nested mappings as a list below.
        settings: section to name to value.
        environment: name to value; mappings become one line each.
        figures: plots, in the order of the page.
        headline: the metric that is written large; by default the main one.
        unit: of errors in the target's own unit.
        baseline: a line that stands below the headline.
        tables: of metrics, `(heading, table)`, as the macro `table` takes them.
        layers: for each a mapping with `name`, `type`, `output_shape`, `parameters` and perhaps
            `flops`.
        notes: sentences about the data and the run.
        findings: what the diagnosis saw, mappings with `sentence`, `severity` (`high`, `medium` or
            `low`) and perhaps `remedies`, which are typed, and `advice`, in words; `None` where
            the diagnosis did not watch.
        commands: what to do next, `(label, command)`.

    Returns:
        A whole HTML document. Everything given is escaped.
    """
    main, tiles = _tiles(metrics, headline, unit)
    return render(
        "run.html",
        title=title,
        subtitle=subtitle,
        kicker="Report of a run",
        main=main,
        tiles=tiles,
        baseline=baseline,
        tables=tables,
        more={
            names.label(name): value
            for name, value in metrics.items()
            if isinstance(value, Mapping)
        },
        notes=notes,
        # None (not watched) and an empty list (nothing found) read differently on the page.
        findings=findings
        and [{"severity": "low", "remedies": (), "advice": (), **found} for found in findings],
        figures=figures,
        # The template is strict about names, so what a row may lack is filled in here.
        layers=[{"parameters": 0, "flops": None, "output_shape": None, **row} for row in layers],
        settings=settings,
        environment=environment,
        commands=commands,
    )


def _tiles(
    metrics: Mapping[str, Any], headline: str | None, unit: str | None
) -> tuple[int, list[tuple[str, str]]]:
    """Choose how many tiles are written large, and what they all say: `(name, value)` of each."""
    values = {
        name: value
        for name, value in metrics.items()
        if not isinstance(value, (Mapping, list, tuple))
    }
    # Durations and counts say nothing about how good the model is.
    numeric = [
        name
        for name, value in values.items()
        if isinstance(value, (int, float))
        and "seconds" not in name
        and name not in ("parameters", "epochs")
    ]
    first = headline if headline in numeric else names.main_metric(numeric)
    tiles = [
        (names.label(name), formatting.measured(name, value))
        for name, value in values.items()
        if name != first
    ]
    if first is None:
        return 0, tiles
    # The unit in large print would be a word beside a number.
    label = f"{names.label_with_unit(first, unit)} on the test examples"
    return 1, [(label, formatting.measured(first, values[first])), *tiles]
