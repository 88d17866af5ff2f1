"""The verb `evaluate`."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import chosen_strategy, console, line, plain_table, quiet_start
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, label_with_unit, printed

if TYPE_CHECKING:
    from kerasrecipes.runs.run import Run


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "evaluate", execute, "lenet --data mnist")
    flags.add_run(parser)
    flags.add_data(parser, "other data; by default the test split of the run's own")
    what = "k-fold evaluation: train the run's configuration anew on K parts of its data"
    parser.add_argument("--folds", type=int, metavar="K", help=what)
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_strategy(parser)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Measure a trained model on its test split or on other data, or its configuration by folds."""
    from kerasrecipes import api
    from kerasrecipes.runs import finding

    # Wrong hosts or a wrong name are refused before Keras loads.
    hosts, options = flags.hosts(arguments), flags.options(arguments)
    run = flags.found_run(arguments, options=options)
    with quiet_start():
        strategy = chosen_strategy(arguments.strategy or "auto", hosts)
    folds = arguments.folds
    watch = None if arguments.json else _print_fold
    result = api.evaluate(
        run, arguments.data, folds=folds, options=options, strategy=strategy, watch=watch
    )
    if arguments.json:
        # The console is quiet on the other workers, but `print` is not.
        if strategy.is_chief:
            print(json.dumps({**result, "origin": finding.origin(run)}, indent=2))
        return
    for note in result["notes"]:
        line(f"note: {note}")
    if folds is None:
        _print_result(run, arguments.data or run.config.data, result)
    else:
        _print_folds(run, result)


def _print_fold(number: int, run: Run) -> None:
    """Print the result of a fold as soon as it is there."""
    line(f"fold {number}  test {summary.sentence(run.metrics)}")


def _print_folds(run: Run, result: dict[str, Any]) -> None:
    """Print means with their spread beside those of the baseline."""
    from kerasrecipes.comparison.folds import sentence
    from kerasrecipes.reports.formatting import spread

    baseline = result.get("baseline")
    columns = ["mean ± std", *([f"baseline: {baseline['name']}"] if baseline else [])]
    table = plain_table("metric", *columns)
    for name, deviation in result["std"].items():
        cells = [spread(name, result[name], deviation)]
        if baseline:
            its = baseline["mean"].get(name)
            cells.append("" if its is None else spread(name, its, baseline["std"][name]))
        table.add_row(label(name), *cells)
    line()
    console().print(table)
    line(f"\n{sentence(result)}")
    line(f"{run.config.data}, {result['examples']:,} examples, each held out once")
    line(f"report  {result['report']}")


def _print_result(run: Run, data: str, result: dict[str, Any]) -> None:
    from kerasrecipes.runs import finding

    written = run.metrics
    known = {**written, "test": {n: v for n, v in result.items() if isinstance(v, (int, float))}}
    count = known["test"].pop("examples", None)
    baseline = result.get("baseline", {})
    known["baseline"] = {"name": baseline.get("name"), "test": baseline}
    # An agent is judged by what it does in its environment, which holds no examples.
    size = "" if count is None else f", {count:,} examples"
    line(f"{data}{size}: {summary.sentence(known)}")
    line(f"from {finding.origin(run)}")
    columns = ["model", f"baseline: {baseline['name']}"] if baseline else ["model"]
    table = plain_table("metric", *columns)
    for name, value in summary.ordered(known).items():
        cells = [printed(name, value)]
        if baseline:
            cells.append(printed(name, baseline[name]) if name in baseline else "")
        table.add_row(label_with_unit(name, written.get("unit")), *cells)
    line()
    console().print(table)
    for kind, heading in (("by_class", "class"), ("by_target", "target")):
        if result.get(kind):
            _print_rows(heading, result[kind])


def _print_rows(heading: str, rows: dict[str, dict[str, Any]]) -> None:
    columns = list(next(iter(rows.values())))
    table = plain_table(heading, *map(label, columns))
    for name, row in rows.items():
        table.add_row(name, *(printed(column, row[column]) for column in columns))
    line()
    console().print(table)
