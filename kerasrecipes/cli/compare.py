"""The verb `compare`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kerasrecipes import registry
from kerasrecipes.cli import flags
from kerasrecipes.cli.output import console, line, plain_table, quiet_start, spelled
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, printed

if TYPE_CHECKING:
    from kerasrecipes.comparison.comparison import Comparison
    from kerasrecipes.runs.run import Run


MOST_SETTINGS = 5  # columns of a table in the terminal


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(
        verbs, "compare", execute, "lenet activation=tanh,relu --repeats 3", rest=True
    )
    what = "runs, or recipes to train, each for each value of a setting"
    parser.add_argument("runs", nargs="+", metavar="RUN", help=what)
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="seeds for each value")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_data(parser, "data to train on; by default the recipe's embedded data")
    what = "use only N training examples; several, 100,300,1000,all, draw a learning curve"
    parser.add_argument("--limit", metavar="N,…", help=what)
    what = "how the work is spread over devices; by default auto"
    parser.add_argument("--strategy", metavar="NAME", help=what)
    flags.add_backend(parser)
    flags.add_training(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Compare runs, or train a recipe for each value of a setting and compare those.

    A setting or a training flag takes several values with commas between, activation=tanh,relu or
    --batch-size 1,32,all. Several of them make a grid. Several numbers of examples, --limit
    100,300,all, make a learning curve on the same test examples. Several recipes with --data,
    --epochs or --time are trained and compared; without any of these their best runs are.
    """
    # argparse takes a run and name=value alike for a RUN, and leaves over what follows a flag.
    words = [*arguments.runs, *arguments.rest]
    arguments.rest = [word for word in words if "=" in word or word.startswith("-")]
    names = [word for word in words if word not in arguments.rest]
    values = {**flags.assignments(arguments), **flags.training(arguments)}
    given = (arguments.data, arguments.limit, arguments.strategy, flags.options(arguments))
    if values or arguments.repeats != 1 or any(given):
        # A wrong name is refused before Keras, which loads with the recipe.
        pages = [registry.find(name) for name in names]
        with quiet_start():
            for page in pages:
                registry.load(page)
    from kerasrecipes import api

    comparison = api.compare(
        *names,
        repeats=arguments.repeats,
        data=arguments.data,
        limit=arguments.limit,
        strategy=arguments.strategy,
        options=flags.options(arguments),
        # No progress bar: a line tells of each training when it has ended.
        observers=(),
        watch=None if arguments.json else _print_run,
        **values,
    )
    if arguments.json:
        document = {
            "runs": comparison.rows,
            "groups": comparison.groups,
            "learning_curve": comparison.learning_curve,
            "verdict": comparison.verdict,
            "notes": list(comparison.notes),
        }
        print(json.dumps(document, indent=2, default=str))
    else:
        _print_table(comparison)


def _print_run(settings: Mapping[str, Any], run: Run) -> None:
    """Print a training's settings and results as soon as it has ended."""
    values = "  ".join(f"{name}={spelled(value)}" for name, value in settings.items())
    line(f"{values}  test {summary.sentence(run.metrics)}")


def _print_table(comparison: Comparison) -> None:
    rows = comparison.rows
    # Every row has the same columns. A terminal has no room for all metrics; the page has them.
    main = next(name.removeprefix("validation ") for name in rows[0] if name.startswith("valid"))
    shown = [
        name
        for name in rows[0]
        if not name.startswith("test ") or name in (f"test {main}", "test loss")
    ]
    # Recipes differ in everything: so many columns would leave none room to be read.
    first = next(place for place, name in enumerate(shown) if name.startswith("valid"))
    hidden = shown[1:first] if first - 1 > MOST_SETTINGS else []
    shown = [name for name in shown if name not in hidden]
    # The first is `run`, which is indented like its heading.
    table = plain_table(f"  {shown[0]}", *map(_heading, shown[1:]))
    for row in rows:
        table.add_row(*(_cell(name, row[name]) for name in shown))
    line()
    console().print(table)
    if hidden:
        line(f"note: they differ in {len(hidden)} settings, which the report lists")
    for note in comparison.notes:
        line(f"note: {note}")
    if comparison.verdict:
        line(f"\n{comparison.verdict}")
    line(f"report  {comparison.write()}")


def _heading(name: str) -> str:
    split, _, metric = name.partition(" ")
    return f"{split} {label(metric)}" if split in ("test", "validation", "baseline") else name


def _cell(name: str, value: Any) -> str:
    if isinstance(value, float):
        return printed(name, value)
    if value is None:
        return ""
    return f"  {value}" if name == "run" else str(value)
