"""The verb `evaluate`."""

from __future__ import annotations

import argparse
import json

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import chosen_strategy, line, quiet_start
from kerasrecipes.metrics.names import printed


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
    run = api.find(arguments.run, options=options)
    with quiet_start():
        strategy = chosen_strategy(arguments.strategy or "auto", hosts)
    result = api.evaluate(run, arguments.data, options=options, strategy=strategy)
    if arguments.json:
        # The console is quiet on the other workers, but `print` is not.
        if strategy.is_chief:
            print(json.dumps({**result, "origin": finding.origin(run)}, indent=2))
        return
    del result["run"]
    notes, count = result.pop("notes"), result.pop("examples")
    for note in notes:
        line(f"note: {note}")
    metrics = ", ".join(f"{name} {printed(name, value)}" for name, value in result.items())
    line(f"{arguments.data or run.config.data}, {count:,} examples: {metrics}")
    line(f"from {finding.origin(run)}")
