"""What `compare` shows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.cli.output import out, plain_table, quiet_start, short
from kerasrecipes.errors import UserError
from kerasrecipes.metrics.names import printed

if TYPE_CHECKING:
    from kerasrecipes.comparison.loss_surface import Descents


def compare_runs(names: Sequence[str], *, as_json: bool) -> None:
    """Compare finished runs in a table and on a page with curves."""
    from kerasrecipes.comparison import sweep
    from kerasrecipes.runs import run as runs

    if len(names) < 2:
        raise UserError(
            "comparing takes at least two runs, or a recipe and the values of a setting: name=a,b,c"
        )
    _tell_comparison(
        [sweep.entry(runs.find(name)) for name in names], "Runs side by side", as_json=as_json
    )


def compare_settings(
    name: str, values: Mapping[str, str], *, repeats: int, as_json: bool, **said: Any
) -> None:
    """Train a recipe for each value of its settings, then compare."""
    registry.find(name)
    with quiet_start():
        from kerasrecipes.comparison import sweep
        from kerasrecipes.comparison.loss_surface import Descents

        choices = sweep.alternatives(registry.load(name), values)
    varied = [setting for setting, found in choices.items() if len(found) > 1]
    if not varied and repeats < 2:
        raise UserError(
            "nothing differs; give a setting several values, such as activation=tanh,relu, or --repeats 3"
        )
    entries, descents = [], Descents(varied)
    for changes, finished in sweep.train(
        name, choices, repeats=repeats, observers=(), descents=descents, **said
    ):
        entries.append(sweep.entry(finished))
        if not as_json:
            label = "  ".join(f"{key}={short(changes[key])}" for key in [*varied, "seed"])
            figures = "  ".join(
                f"{key} {printed(key, value)}" for key, value in finished.metrics["test"].items()
            )
            out.print(f"{label}  {figures}", markup=False)
    title = f"{Path(name).stem}: {', '.join(varied) or 'seeds'} compared"
    _tell_comparison(entries, title, by=varied, as_json=as_json, descents=descents)


def _tell_comparison(
    entries: Sequence[Any],
    title: str,
    *,
    by: Sequence[str] = (),
    as_json: bool,
    descents: Descents | None = None,
) -> None:
    from kerasrecipes.comparison import page as pages
    from kerasrecipes.comparison import sweep

    gathered = pages.groups(entries, by) if by else None
    rows = pages.table(entries)
    if as_json:
        print(json.dumps({"runs": rows, "groups": gathered}, indent=2, default=str))
        return
    shown = plain_table(
        *(f"  {name}" if not number else name for number, name in enumerate(rows[0]))
    )
    for row in rows:
        shown.add_row(*(_cell(name, value) for name, value in row.items()))
    out.print()
    out.print(shown)
    if gathered:
        out.print(f"\n{pages.verdict(gathered, pages.metric(entries))}", markup=False)
    out.print(
        f"report  {sweep.write(entries, title, by, descents.pictures() if descents else ())}",
        markup=False,
    )


def _cell(name: str, value: Any) -> str:
    return (
        printed(name, value)
        if isinstance(value, float)
        else ""
        if value is None
        else f"  {value}"
        if name == "run"
        else str(value)
    )
