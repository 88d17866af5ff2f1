"""What a finished run shows: pictures in `figures/` and `report.html`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasrecipes import files, registry
from kerasrecipes.recipe import Evaluation, Recipe
from kerasrecipes.reports import html, style
from kerasrecipes.reports.diagnosis import diagnosis_figure
from kerasrecipes.reports.layer_table import layer_table
from kerasrecipes.runs.run import Run


def write(run: Run, recipe: Recipe, evaluation: Evaluation, metrics: Mapping[str, Any]) -> None:
    """Draw the recipe's figures and write the report.

    Args:
        run: the run folder.
        recipe: whose figures to draw.
        evaluation: what to draw them from.
        metrics: what `metrics.json` will hold.
    """
    pictures = [
        *style.drawn(evaluation, recipe.plots or (style.curves,)),
        *_diagnosis(run, metrics),
    ]
    folder = run.path / "figures"
    folder.mkdir(exist_ok=True)
    for name, _, png in pictures:
        files.write_bytes(folder / f"{name}.png", png)
    files.write_text(run.path / "report.html", _page(run, recipe, evaluation, metrics, pictures))


def _diagnosis(run: Run, metrics: Mapping[str, Any]) -> list[Any]:
    """Draw what the diagnosis measured, if it did."""
    if "findings" not in metrics:
        return []
    figure = diagnosis_figure(run.record, metrics["findings"])
    return [("diagnosis", style.caption(diagnosis_figure), style.png(figure))] if figure else []


def _page(
    run: Run,
    recipe: Recipe,
    evaluation: Evaluation,
    metrics: Mapping[str, Any],
    pictures: list[Any],
) -> str:
    document = run.document
    tiles = {**metrics["test"], "parameters": metrics["parameters"], "seconds": metrics["seconds"]}
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
    summary = registry.entry(registry.find(document["recipe"])).summary
    return html.report(
        title=evaluation.recipe,
        subtitle=f"{summary}. On {document['data']}, {run.path.name}.",
        metrics=tiles,
        settings={name: values for name, values in sections.items() if values},
        environment=run.environment,
        figures=pictures,
        layers=layer_table(evaluation.model),
        notes=metrics.get("notes", ()),
        findings=_with_commands(metrics.get("findings"), run),
        commands=[
            ("Predict with it", f"kerasrecipes predict {run.path} {recipe.example or 'INPUT'}"),
            (
                "Train it again",
                f"kerasrecipes run {document['recipe']} --config {run.path}/config.toml",
            ),
        ],
    )


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
    """Give the command that trains the run's recipe again with a remedy."""
    return f"kerasrecipes run {run.recipe_name} --config {run.path / 'config.toml'} {remedy}"
