"""What `evaluate`, `predict` and `export` show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes import settings
from kerasrecipes.cli.output import Hosts, chosen_strategy, out, quiet_start
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.names import printed


def evaluate(
    which: str,
    *,
    data: str | None,
    options: Mapping[str, Any],
    as_json: bool,
    strategy: str = "auto",
    hosts: Hosts = None,
) -> None:
    """Measure a run and print the figures."""
    from kerasrecipes.runs import run as runs

    found = runs.find(which)
    with quiet_start():
        from kerasrecipes.inference.evaluation import evaluate as measure

        spread = chosen_strategy(strategy, hosts)
    with spread.reporting_lost_workers():
        result = measure(found, data, options, spread)
    if as_json:
        if spread.is_chief:
            print(json.dumps({"run": str(found.path), **result}, indent=2))
        return
    notes, count = result.pop("notes"), result.pop("examples")
    for note in notes:
        out.print(f"note: {note}", markup=False)
    figures = ", ".join(f"{name} {printed(name, value)}" for name, value in result.items())
    out.print(
        f"{found.path} on {data or found.config.data}, {count:,} examples: {figures}", markup=False
    )


def predict(
    which: str,
    inputs: Sequence[str | bytes],
    options: Mapping[str, str],
    *,
    as_json: bool,
    strategy: str = "auto",
    hosts: Hosts = None,
) -> int:
    """Answer for inputs and print the answers.

    Returns:
        The exit status, 2 if none of the inputs could be read.
    """
    from kerasrecipes.runs import run as runs

    found = runs.find(which)
    with quiet_start():
        recipe = found.recipe
        if recipe.predict is None:
            raise UserError(f"the recipe '{found.recipe_name}' does not predict")
        known = settings.of_functions([recipe.predict])
        options = dict(options)
        names = {setting.name for setting in known}
        explains = "explain" in names and "folder" not in names
        folder = Path(options.pop("folder", ".")) if explains else None
        bound = settings.bind(known, options, "flag")
        spread = chosen_strategy(strategy, hosts)
        if spread.num_replicas > 1:
            from kerasrecipes.inference.distributed import DistributedModel

            found.model = DistributedModel(spread, found.load_model)
        _ = found.model
    with spread.reporting_lost_workers():
        answers = recipe.predict(found, inputs, **bound)
        if folder is not None and bound.get("explain"):
            from kerasrecipes.reports import explain

            answers = explain.write_all(answers, folder)
    if as_json and spread.is_chief:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    elif not as_json:
        for answer in answers:
            out.print(answer_line(answer), markup=False)
    return 2 if answers and all("error" in answer for answer in answers) else 0


def export(which: str, target: str) -> None:
    """Write a run's model in another format and say so."""
    from kerasrecipes.runs import run as runs

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
