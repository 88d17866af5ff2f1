"""The page of a search: one HTML file that opens offline."""

from __future__ import annotations

import math
import statistics
import warnings
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes.reports import formatting
from kerasrecipes.reports.html import page, picture, section, table
from kerasrecipes.reports.statistics import told_apart
from kerasrecipes.reports.style import caption, png
from kerasrecipes.tuning import figures

if TYPE_CHECKING:
    from kerasrecipes.tuning.results import Tuning

_ROWS = 50  # trials in the table, the best first


def html(tuning: Tuning) -> str:
    """Write the page.

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
    seconds = formatting.duration(tuning.state["seconds"])
    subtitle = f"{formatting.sentence(plan.method)} search on {tuning.plan.base['data']}: {', '.join(parts)}, in {seconds}."
    body = [
        _tiles(tuning),
        section(
            "What was found", [_settings(tuning), _list(sentences(tuning)), *_repeated(tuning)]
        ),
        section("Trials", _pictures(tuning)),
        section("Which settings mattered", _importance(records)),
        section("All trials", [_table(tuning)]),
        section("Go on from here", [_command(*command) for command in _commands(tuning)]),
    ]
    whole = "\n".join(filter(None, body))
    return page(title=f"{name}, tuned", subtitle=subtitle, kicker="Report of a search", body=whole)


def sentences(tuning: Tuning) -> list[str]:
    """Say what the search found, how far chance helped, and whether the page's defaults were
    beaten.
    """
    plan, best = tuning.plan, tuning.winner
    name = _measure(plan.objective)
    label = formatting.label(plan.objective)
    found = [
        f"Trial {best['id']} had the best {label}, {formatting.measured(name, best['score'])}."
    ]
    if tuning.run is not None and tuning.run.finished:
        test = ", ".join(
            f"{formatting.label(n)} {formatting.measured(n, v)}"
            for n, v in tuning.run.metrics["test"].items()
        )
        found.append(
            f"On the test examples, which no trial has seen, its model was judged once: {test}."
        )
    winner, defaults = tuning.repeated("winner"), tuning.repeated("defaults")
    if winner:
        found.append(_optimism(tuning, winner, name))
    if tuning.kept_defaults:
        found.append(
            "These are the page's defaults, which the search tries first: no other trial did better."
        )
    elif winner and defaults:
        found.append(_verdict(tuning, winner, defaults, name))
    return found


def _measure(objective: str) -> str:
    return objective.removeprefix("val_")


def _spread(name: str, values: Sequence[float]) -> str:
    return formatting.spread(
        name, statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None
    )


def _optimism(tuning: Tuning, winner: Sequence[float], name: str) -> str:
    told = f"With {formatting.counted(len(winner), 'fresh seed')} its settings reach {_spread(name, winner)}"
    if tuning.optimism is None:
        return f"{told} on the validation examples, which no fold held."
    count = formatting.counted(len(tuning.records("search")), "trial")
    if tuning.optimism <= 0:
        return f"{told}: the best of {count} was not flattered by chance."
    points = (
        f"{100 * tuning.optimism:.2f} points"
        if formatting.is_share(name)
        else formatting.number(tuning.optimism)
    )
    return (
        f"{told}: the best of {count} was flattered by {points}, as the best of many noisy ones is."
    )


def _verdict(tuning: Tuning, winner: Sequence[float], defaults: Sequence[float], name: str) -> str:
    better = tuning.plan.better(statistics.fmean(winner), statistics.fmean(defaults))
    told = f"The page's defaults reach {_spread(name, defaults)} with the same seeds"
    with warnings.catch_warnings():  # Equal scores of all seeds are no mistake.
        warnings.simplefilter("ignore", RuntimeWarning)
        clear = min(len(winner), len(defaults)) > 1 and told_apart(winner, defaults)
    if clear:
        return f"{told}: tuning {'beat' if better else 'did not beat'} them."
    return f"{told}: whether tuning beat them cannot be told from chance."


def _tiles(tuning: Tuning) -> str:
    name, best = _measure(tuning.plan.objective), tuning.winner
    values = [
        (
            formatting.measured(name, best["score"]),
            formatting.label(tuning.plan.objective) + " of the best trial",
            "first",
        )
    ]
    if tuning.run is not None and tuning.run.finished:
        test = tuning.run.metrics["test"]
        shown = name if name in test else next(iter(test))
        values.append(
            (
                formatting.measured(shown, test[shown]),
                f"{formatting.label(shown)} on the test examples",
                "",
            )
        )
    for kind, label in (("winner", "with fresh seeds"), ("defaults", "the page's defaults")):
        if tuning.repeated(kind):
            values.append((_spread(name, tuning.repeated(kind)), label, ""))
    tiles = "".join(
        f'<div class="{kind}"><div class="value">{escape(value)}</div>'
        f'<div class="name">{escape(formatting.sentence(label))}</div></div>\n'
        for value, label, kind in values
    )
    return f'<section class="card result">\n{tiles}</section>'


def _settings(tuning: Tuning) -> str:
    defaults = tuning.defaults
    rows = [
        [n, formatting.plain(_rounded(v)), formatting.plain(defaults.get(n))]
        for n, v in tuning.settings.items()
    ]
    return f'<div class="card">\n{table(["Setting", "Found", "Page"], rows)}\n</div>'


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _list(texts: Sequence[str]) -> str:
    return f'<ul class="notes">{"".join(f"<li>{escape(text)}</li>" for text in texts)}</ul>'


def _repeated(tuning: Tuning) -> list[str]:
    groups = {
        kind: tuning.repeated(kind) for kind in ("winner", "defaults") if tuning.repeated(kind)
    }
    if not groups:
        return []
    drawn = figures.repeated(groups, tuning.plan.objective, tuning.winner["score"])
    return [picture(("repeated", caption(figures.repeated), png(drawn)))]


def _pictures(tuning: Tuning) -> list[str]:
    given = (tuning.records("search"), tuning.plan.objective, tuning.plan.maximize)
    found = []
    for function in (figures.over_time, figures.best_curves, figures.parallel):
        if (figure := function(*given)) is not None:
            found.append(picture((function.__name__, caption(function), png(figure))))
    return found


def _importance(records: Sequence[dict[str, Any]]) -> list[str]:
    found = figures.importance(records)
    if found is None:
        return ["<p>The trials are too few, or too much alike, to tell.</p>"]
    shares, explained = found
    told = f"{caption(figures.importance_figure)} It explains {100 * explained:.0f} % of the order of unseen trials."
    return [picture(("importance", told, png(figures.importance_figure(shares))))]


def _table(tuning: Tuning) -> str:
    records = tuning.records("search")
    order = figures.ranked(records, tuning.plan.maximize)
    order += [record for record in records if record["score"] is None]
    names = list(dict.fromkeys(name for record in records for name in record["settings"]))
    rows = []
    for record in order[:_ROWS]:
        score = (
            "–"
            if record["score"] is None
            else formatting.measured(_measure(tuning.plan.objective), record["score"])
        )
        failed = record["status"] == "failed"
        status = (
            f"failed: {formatting.shortened(record['reason'], 60)}" if failed else record["status"]
        )
        chosen = [formatting.plain(_rounded(record["settings"].get(name))) for name in names]
        rows.append(
            [record["id"], score, str(record["epochs"]), *chosen, status.replace(" ", "\u00a0")]
        )
    whole = table(
        ["Trial", formatting.label(tuning.plan.objective), "epochs", *names, "how it ended"],
        rows,
        numbers=(1, 2),
    )
    more = f"<p>{len(order) - _ROWS} more stand in trials.csv.</p>" if len(order) > _ROWS else ""
    return f'<div class="card">\n{whole}\n{more}</div>'


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


def _command(label: str, command: str) -> str:
    return f'<div class="command"><p>{escape(label)}</p><pre>{escape(command)}</pre></div>'
