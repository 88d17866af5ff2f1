"""The report of a search: one HTML file that opens offline."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes.metrics import names as spelling
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import written
from kerasrecipes.reports import formatting
from kerasrecipes.reports.html import render
from kerasrecipes.reports.statistics import significantly_different
from kerasrecipes.reports.style import Picture, picture
from kerasrecipes.tuning import figures, importance
from kerasrecipes.tuning.records import ranked

if TYPE_CHECKING:
    from kerasrecipes.tuning.results import Tuning

_ROWS = 50  # trials in the table, the best first


def html(tuning: Tuning) -> str:
    """Return the report.

    Args:
        tuning: a search that is over.

    Returns:
        A whole HTML document. Everything that is not ours is escaped.
    """
    plan, records = tuning.plan, tuning.records("search")
    name = Path(plan.recipe).stem
    statuses = [record["status"] for record in records]
    parts = [formatting.counted(len(records), "trial")]
    parts += [
        f"{statuses.count(s)} {s}" for s in ("ended early", "paused", "failed") if s in statuses
    ]
    seconds = spelling.duration(tuning.state["seconds"])
    searched = f"{formatting.sentence(plan.method)} search on {plan.base['data']}"
    columns, trials = _table(tuning)
    functions = (figures.over_time, figures.best_curves, figures.parallel)
    drawn = ((function, function(records, plan.objective, plan.maximize)) for function in functions)
    return render(
        "search.html",
        title=f"{name}, tuned",
        subtitle=f"{searched}: {', '.join(parts)}, in {seconds}.",
        kicker="Report of a search",
        tiles=_tiles(tuning),
        settings=_settings(tuning),
        sentences=sentences(tuning),
        repeated=_repeated(tuning),
        figures=[picture(function, figure) for function, figure in drawn if figure is not None],
        importance=_importance(records),
        columns=columns,
        trials=trials[:_ROWS],
        more=max(0, len(trials) - _ROWS),
        commands=_commands(tuning),
    )


def sentences(tuning: Tuning) -> list[str]:
    """Return in sentences what the search found, how far chance helped, and whether the recipe's
    defaults were beaten.
    """
    plan, best = tuning.plan, tuning.winner
    name, label = plan.objective, spelling.label(plan.objective)
    found = [f"Trial {best['id']} had the best {label}, {written(name, best['score'])}."]
    if tuning.run is not None and tuning.run.finished:
        found.append(
            "On the test examples, which no trial has seen, its model was evaluated once: "
            f"{summary.sentence(tuning.run.metrics)}."
        )
    winner, defaults = tuning.repeated("winner"), tuning.repeated("defaults")
    if winner:
        found.append(_optimism(tuning, winner, name))
    if tuning.kept_defaults:
        found.append(
            "These are the recipe's defaults, which the search tries first: "
            "no other trial did better."
        )
    elif winner and defaults:
        found.append(_verdict(tuning, winner, defaults, name))
    return found


def _spread(name: str, values: Sequence[float]) -> str:
    return formatting.spread(
        name, statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None
    )


def _optimism(tuning: Tuning, winner: Sequence[float], name: str) -> str:
    seeds = formatting.counted(len(winner), "fresh seed")
    told = f"With {seeds} its settings reach {_spread(name, winner)}"
    if tuning.optimism is None:
        return f"{told} on the validation examples, which no fold held."
    count = formatting.counted(len(tuning.records("search")), "trial")
    if tuning.optimism <= 0:
        return f"{told}: the best of {count} was not flattered by chance."
    points = (
        f"{100 * tuning.optimism:.2f} points"
        if spelling.is_share(name)
        else spelling.number(tuning.optimism)
    )
    return (
        f"{told}: the best of {count} was flattered by {points}, as the best of many noisy ones is."
    )


def _verdict(tuning: Tuning, winner: Sequence[float], defaults: Sequence[float], name: str) -> str:
    better = tuning.plan.better(statistics.fmean(winner), statistics.fmean(defaults))
    told = f"The recipe's defaults reach {_spread(name, defaults)} with the same seeds"
    with warnings.catch_warnings():  # Equal scores of all seeds are no mistake.
        warnings.simplefilter("ignore", RuntimeWarning)
        clear = min(len(winner), len(defaults)) > 1 and significantly_different(winner, defaults)
    if clear:
        return f"{told}: tuning {'beat' if better else 'did not beat'} them."
    return f"{told}: whether tuning beat them cannot be told from chance."


def _tiles(tuning: Tuning) -> list[tuple[str, str]]:
    """Name and value of the results in large print, the best trial's first."""
    objective = tuning.plan.objective
    label = f"{spelling.label(objective)} of the best trial"
    tiles = [(label, written(objective, tuning.winner["score"]))]
    if tuning.run is not None and tuning.run.finished:
        test = tuning.run.metrics["test"]
        name = objective.removeprefix("val_")
        shown = name if name in test else next(iter(test))
        label = f"{spelling.label(shown)} on the test examples"
        tiles.append((label, written(shown, test[shown])))
    for kind, label in (("winner", "with fresh seeds"), ("defaults", "the recipe's defaults")):
        if tuning.repeated(kind):
            tiles.append((label, _spread(objective, tuning.repeated(kind))))
    return tiles


def _settings(tuning: Tuning) -> list[tuple[str, str, str]]:
    """Each setting, what was found, and the recipe's default."""
    return [
        (name, formatting.plain(_rounded(value)), formatting.plain(tuning.defaults.get(name)))
        for name, value in tuning.settings.items()
    ]


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _repeated(tuning: Tuning) -> Picture | None:
    kinds = {kind: tuning.repeated(kind) for kind in ("winner", "defaults")}
    groups = {kind: scores for kind, scores in kinds.items() if scores}
    if not groups:
        return None
    drawn = figures.repeated(groups, tuning.plan.objective, tuning.winner["score"])
    return picture(figures.repeated, drawn)


def _importance(records: Sequence[dict[str, Any]]) -> Picture | None:
    found = importance.importance(records)
    if found is None:
        return None
    shares, explained = found
    note = f"It explains {100 * explained:.0f} % of the order of unseen trials."
    figure = importance.importance_figure(shares)
    return picture(importance.importance_figure, figure, name="importance", note=note)


def _table(tuning: Tuning) -> tuple[list[str], list[list[str]]]:
    """Headings, and a row for each trial: the best first, those without a score last."""
    records, objective = tuning.records("search"), tuning.plan.objective
    order = ranked(records, tuning.plan.maximize)
    order += [record for record in records if record["score"] is None]
    names = list(dict.fromkeys(name for record in records for name in record["settings"]))
    rows = []
    for record in order:
        score, status = written(objective, record["score"]), record["status"]
        if status == "failed":
            status = f"failed: {formatting.shortened(record['reason'], 60)}"
        chosen = [formatting.plain(_rounded(record["settings"].get(name))) for name in names]
        rows.append(
            [record["id"], score, str(record["epochs"]), *chosen, status.replace(" ", "\u00a0")]
        )
    return ["Trial", spelling.label(objective), "epochs", *names, "how it ended"], rows


def _commands(tuning: Tuning) -> list[tuple[str, str]]:
    name, config = tuning.plan.recipe, tuning.config
    found = [("Train with what was found", f"kerasrecipes run {name} --config {config}")]
    if tuning.run is not None:
        found.append(
            ("Use the best trial's model", f"kerasrecipes predict {tuning.run.path} INPUT")
        )
    done = len(tuning.records("search"))
    if tuning.plan.method == "hyperband" and done < (tuning.plan.trials or math.inf):
        return found  # Its schedule is spent.
    return [
        *found,
        ("Search on", f"kerasrecipes tune {name} --resume {tuning.folder} --trials {2 * done}"),
    ]
