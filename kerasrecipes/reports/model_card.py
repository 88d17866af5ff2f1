"""Model card: a run's `README.md`, with front matter as model hubs read it."""

from __future__ import annotations

import html
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes import files, registry
from kerasrecipes.metrics import names, summary, task_metrics
from kerasrecipes.metrics.intervals import wilson
from kerasrecipes.reports import formatting, metric_tables
from kerasrecipes.runs.run import Run

_WEAKEST = 3  # classes that are named


def write(run: Run, metrics: Mapping[str, Any], notes: Sequence[str], task: str) -> None:
    """Write a run's card.

    Args:
        run: trained and saved; its figures are drawn.
        metrics: what `metrics.json` is going to hold.
        notes: what the report says of data and training.
        task: row of `kerasrecipes.heads` that was measured; empty where there is none.
    """
    files.write_text(run.path / "README.md", card(run, {**metrics, "notes": notes}, task))


def card(
    run: Run,
    metrics: Mapping[str, Any],
    task: str = "",
    *,
    address: str | None = None,
    terms: str | None = None,
    license: str | None = None,
    example: str | None = None,
) -> str:
    """Return the text of a run's card.

    Args:
        run: trained and saved.
        metrics: content of its `metrics.json`.
        task: row of `kerasrecipes.heads` that was measured; empty where there is none.
        address: what `predict` is told, without figures then; by default the run's folder.
        terms: on which the data and so the weights may be used, as Markdown; by default unsaid.
        license: identifier of the weights' licence as model hubs spell it, such as `cc-by-sa-4.0`;
            by default unsaid.
        example: what `predict` is given on the command line; by default what the recipe proposes.

    Returns:
        Markdown with front matter.
    """
    example = example or run.recipe.example or "INPUT"
    parts = (
        _front_matter(Path(run.recipe_name).stem, metrics, license),
        _lines(run, metrics, task, terms),
        _use(run, address, example),
        _figures(run) if address is None else (),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _lines(run: Run, metrics: Mapping[str, Any], task: str, terms: str | None) -> Iterator[str]:
    document, recipe = run.document, Path(run.recipe_name).stem
    page = registry.entry(registry.find(run.recipe_name))
    yield from (f"# {_text(recipe)}", "", f"{_text(page.summary)}.", "")
    yield from ("## Result", "", f"On the test split: {_text(summary.sentence(metrics))}.", "")
    if around := _interval_of(metrics, task):
        yield from (around, "")
    if table := metric_tables.beside_baseline(metrics):
        yield from (*_table(table["columns"], table["rows"]), "")
    if weakest := _weakest(metrics):
        yield from ("## Where it fails", "", weakest, "")
    counts = ", ".join(f"{value:,} {name}" for name, value in metrics["examples"].items())
    if not any(metrics["examples"].values()):  # an agent's
        counts = "an environment, whose examples come into being while the agent acts"
    data = Path(document["data"]).name
    yield from ("## Data", "", f"`{_code(data)}`: {counts}.", "")
    yield from (f"- {_text(formatting.sentence(note))}" for note in metrics["notes"])
    if terms is not None:
        yield from ("", terms)
    yield from ("", "## Training", "")
    yield f"`{_code(run.environment['command'])}`" if "command" in run.environment else ""
    versions = " · ".join(
        f"{name} {run.environment[name]}"
        for name in ("kerasrecipes", "keras", "tensorflow", "jax", "python")
        if name in run.environment
    )
    took = names.duration(metrics["seconds_in_all"])
    cores = run.environment.get("cores")
    yield from ("", f"{metrics['parameters']:,} parameters, {took} on {cores} cores; {versions}.")
    changed = {**document.get("settings", {}), **document.get("training", {})}
    yield from ("", "<details><summary>Settings</summary>", "")
    yield from _table(["Setting", "Value"], [[n, formatting.plain(v)] for n, v in changed.items()])
    yield from ("", "</details>", "")


def _use(run: Run, address: str | None, example: str) -> Iterator[str]:
    """Say how the model answers in Python and on the command line, and how it is measured again."""
    place = address or f"{run.path.parent.name}/{run.path.name}"
    # What generates takes options alone.
    given = "" if example.startswith("--") else ", [INPUT]"
    yield from ("## Use", "", "```python", "import kerasrecipes", "")
    yield from (f'for answer in kerasrecipes.predict("{_quoted(place)}"{given}):',)
    yield from ("    print(answer)", "```", "")
    if address is not None:
        data = Path(run.document["data"]).name
        yield from ("```console", f"$ kerasrecipes predict {address} {example}")
        yield from (f"$ kerasrecipes evaluate {address} --data {shlex.quote(data)}", "```", "")


def _figures(run: Run) -> Iterator[str]:
    figures = sorted((run.path / "figures").glob("*.png"))
    if figures:
        yield from ("## Figures", "")
        yield from (f"![{path.stem}](figures/{path.name})" for path in figures)


def _front_matter(recipe: str, metrics: Mapping[str, Any], license: str | None) -> Iterator[str]:
    """Metadata in YAML; strings are quoted, for names of files may be anything."""
    yield from ("---", "library_name: keras")
    if license is not None:
        yield f"license: {license}"
    yield from ("tags:", "- kerasrecipes", f'- "{_quoted(recipe)}"')
    name = summary.headline_of(metrics)
    if name is not None:
        yield from ("model-index:", f'- name: "{_quoted(recipe)}"', "  results:", "  - metrics:")
        yield from (f"    - type: {name}", f"      value: {metrics['test'][name]}")
    yield from ("---", "")


def _interval_of(metrics: Mapping[str, Any], task: str) -> str | None:
    """Say in which interval the accuracy lies, which is a share of the test examples."""
    accuracy, count = metrics["test"].get("accuracy"), metrics["examples"]["test"]
    if accuracy is None or not count or task not in task_metrics.ONE_CLASS:
        return None
    low, high = (names.printed("accuracy", end) for end in wilson(accuracy, count))
    return (
        f"As {count:,} examples tell it, the accuracy lies between {low} and {high} (95 % "
        "confidence, Wilson)."
    )


def _weakest(metrics: Mapping[str, Any]) -> str | None:
    """Name the classes that are found least well."""
    classes = metrics.get("by_class") or {}
    scored = sorted((one["f1"], name) for name, one in classes.items() if "f1" in one)
    if len(scored) < 2:
        return None
    told = (f"{_text(name)} ({names.printed('f1', f1)})" for f1, name in scored[:_WEAKEST])
    return f"The classes with the lowest F1: {', '.join(told)}."


def _table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(cell if cell == '---' else _text(str(cell)) for cell in row)} |"


def _text(text: str) -> str:
    """Escape what a user's names and files may bring along, for a line of Markdown."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return "".join(f"\\{sign}" if sign in "\\`*_[]|#" else sign for sign in flat)


def _code(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
