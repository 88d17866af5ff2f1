"""Tables of a report: all metrics beside those of the baseline, and metrics by class or target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, label_with_unit, maximizes
from kerasrecipes.reports import formatting

MOST_ROWS = 40  # of classes; with more, those with the lowest F1 are shown

# Beside the headline, those of these that there are first go into large print.
_TILES = (
    *("accuracy", "binary_accuracy", "sign_accuracy", "macro_f1", "roc_auc"),
    *("r2", "root_mean_squared_error", "median_absolute_error", "span_precision", "span_recall"),
)

Table = dict[str, Any]


def tiles(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the metrics that a report writes in large print.

    Args:
        metrics: content of a run's `metrics.json`.

    Returns:
        Metrics by name, the headline first; all where there is no baseline, whose table would list
        the others.
    """
    test = summary.ordered(metrics)
    if "baseline" not in metrics:
        return test
    first, others = next(iter(test), None), [name for name in _TILES if name in test]
    chosen = [name for name in dict.fromkeys([first, *others]) if name is not None][:2]
    return {name: test[name] for name in dict.fromkeys([*chosen, "loss"]) if name in test}


def beside_baseline(metrics: Mapping[str, Any]) -> Table | None:
    """Make the table of all metrics beside those of the baseline.

    Args:
        metrics: content of a run's `metrics.json`.

    Returns:
        What the macro `table` takes; the better of model and baseline is stressed. `None` where
        there is no baseline.
    """
    test, validation = summary.ordered(metrics), metrics.get("validation") or {}
    baseline = metrics.get("baseline")
    if not baseline or not test:
        return None
    other, unit = baseline.get("test", {}), metrics.get("unit")
    # Of answers such as translations the validation split has not been asked for.
    both = set(test) <= set(validation)
    rows, best = [], []
    for number, (name, value) in enumerate(test.items()):
        cells = [value, other.get(name), *([validation[name]] if both else [])]
        written = ["–" if cell is None else formatting.measured(name, cell) for cell in cells]
        rows.append([formatting.sentence(label_with_unit(name, unit)), *written])
        if cells[1] is not None and value != cells[1]:
            best.append((number, 1 if (value > cells[1]) == maximizes(name) else 2))
    columns = ["Metric", "Model", f"Baseline: {baseline['name']}"]
    columns += ["Model on validation"] if both else []
    return {"columns": columns, "rows": rows, "numbers": range(1, len(columns)), "best": best}


def by_name(metrics: Mapping[str, Any]) -> list[tuple[str, Table]]:
    """Make the tables of metrics by class and by target.

    Args:
        metrics: content of a run's `metrics.json`.

    Returns:
        A heading and what the macro `table` takes, of each table.
    """
    found = []
    kinds = (("by_class", "class", "classes"), ("by_target", "target", "targets"))
    for key, one, many in kinds:
        rows: dict[str, Mapping[str, Any]] = metrics.get(key) or {}
        if not rows:
            continue
        heading, shown = f"By {one}", list(rows)
        if len(rows) > MOST_ROWS:
            shown = sorted(rows, key=lambda name: rows[name].get("f1", 0))[:MOST_ROWS]
            heading += f": the {MOST_ROWS} of {len(rows):,} {many} with the lowest F1"
        names = list(rows[shown[0]])
        cells = [
            [formatting.shortened(name, 40), *(_cell(column, rows[name]) for column in names)]
            for name in shown
        ]
        columns = [formatting.sentence(text) for text in (one, *map(label, names))]
        found.append((heading, {"columns": columns, "rows": cells, "numbers": range(1, 9)}))
    return found


def _cell(name: str, row: Mapping[str, Any]) -> str:
    # R² of a target that does not change is not there.
    return formatting.measured(name, row[name]) if name in row else "–"
