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
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_strategy(parser)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Measure a trained model on its test split, or on other data."""
    from kerasrecipes import api
    from kerasrecipes.runs import finding

    # Wrong hosts or a wrong name are refused before Keras loads.
    hosts, options = flags.hosts(arguments), flags.options(arguments)
    run = flags.found_run(arguments, options=options)
    with quiet_start():
        strategy = chosen_strategy(arguments.strategy or "auto", hosts)
    result = api.evaluate(run, arguments.data, options=options, strategy=strategy)
    if arguments.json:
        # The console is quiet on the other workers, but `print` is not.
        if strategy.is_chief:
            print(json.dumps({**result, "origin": finding.origin(run)}, indent=2))
        return
    for note in result["notes"]:
        line(f"note: {note}")
    _print_result(run, arguments.data or run.config.data, result)


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
    from rich.text import Text  # a class may be called [b]

    columns = list(next(iter(rows.values())))
    table = plain_table(heading, *map(label, columns))
    for name, row in rows.items():
        table.add_row(Text(name), *(printed(column, row[column]) for column in columns))
    line()
    console().print(table)
