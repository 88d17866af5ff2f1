"""The command line: one function per verb.

TensorFlow and Keras load only when a verb needs them. Every mistake of the user's ends here in one
line.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes import backend, registry
from kerasrecipes.cli import flags
from kerasrecipes.cli.flags import PROGRAM, Parser
from kerasrecipes.errors import Interrupted, RenamedWarning, UserError
from kerasrecipes.version import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        argv: the words after the program's name; by default those of the process.

    Returns:
        The exit status: 0, 2 after a mistake of the user's, 130 after an interruption.
    """
    warnings.showwarning = _warn(warnings.showwarning)
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except UserError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 130 if isinstance(error, Interrupted) else 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _warn(otherwise: Callable[..., None]) -> Callable[..., None]:
    """Print a setting's new name as one line; other warnings go their usual way."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, RenamedWarning):
            print(f"{PROGRAM}: {message}", file=sys.stderr)
        else:
            otherwise(message, category, *place)

    return show


def _dispatch(argv: list[str]) -> int:
    parser = _parser()
    arguments, rest = parser.parse_known_args(argv)
    if not hasattr(arguments, "verb"):
        parser.print_help()
        return 0
    arguments.rest = rest
    if not arguments.takes_rest:
        flags.refuse(rest, arguments)
    if getattr(arguments, "backend", None):
        backend.choose(arguments.backend)
    return arguments.verb(arguments) or 0


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Keras recipes by name: train, look, mend, predict.",
        epilog=f"Begin with: {PROGRAM} run lenet",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", parser_class=Parser)
    for add in (
        _list,
        _show,
        _run,
        _tune,
        _evaluate,
        _predict,
        _compare,
        _diagnose,
        _export,
        _copy,
        _launch,
        _check,
    ):
        add(verbs)
    return parser


def _list(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "list", list_recipes, "images")
    parser.add_argument(
        "pattern", nargs="?", default="", metavar="PATTERN", help="part of a name, summary or topic"
    )


def list_recipes(arguments: argparse.Namespace) -> None:
    """List the recipes by topic."""
    found = registry.entries(arguments.pattern)
    if not found:
        raise UserError(
            f"no recipe has '{arguments.pattern}' in its name, summary or topic; try: {PROGRAM} list"
        )
    width = max(len(entry.name) for entry in found)
    for number, entry in enumerate(found):
        if number == 0 or entry.topic != found[number - 1].topic:
            print(f"{chr(10) if number else ''}{entry.topic}")
        print(f"  {entry.name:<{width}}  {entry.summary}")


def _show(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "show", show, "lenet", rest=True)
    parser.add_argument("name", metavar="NAME", help="a recipe, or a page of your own")
    flags.add_data(parser, "data that the table of layers is for; by default the embedded data")
    flags.add_backend(parser)


def show(arguments: argparse.Namespace) -> None:
    """Explain a recipe: its page, settings, data, layers and search space."""
    from kerasrecipes.cli import console

    values = flags.assignments(arguments)
    registry.find(arguments.name)
    with console.quiet_start():
        recipe = registry.load(arguments.name)
    console.show_recipe(
        arguments.name, recipe, data=arguments.data, options=flags.options(arguments), values=values
    )


def _run(verbs: Any) -> None:
    parser = flags.add_verb(
        verbs, "run", run, "lenet --data mnist --epochs 5 activation=relu", rest=True
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="a recipe, or a page of your own")
    parser.add_argument(
        "settings", nargs="*", metavar="name=value", help="settings of the recipe; see 'show'"
    )
    flags.add_data(
        parser, "a data set's name, or the path of your own data; by default the embedded data"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="use only N training examples, for a quick trial"
    )
    parser.add_argument(
        "--config", metavar="FILE.toml", help="settings from a file, such as an earlier run's"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="resolve everything and build, but train nothing"
    )
    parser.add_argument(
        "--gradcheck", action="store_true", help="first compare automatic with numeric gradients"
    )
    parser.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with an interrupted run"
    )
    flags.add_strategy(parser)
    flags.add_backend(parser)
    flags.add_training(parser)


def run(arguments: argparse.Namespace) -> None:
    """Train a recipe, evaluate it and write a report."""
    from kerasrecipes.cli import console

    arguments.rest = [*arguments.settings, *arguments.rest]
    said = {**flags.assignments(arguments), **flags.training(arguments)}
    if arguments.resume is not None:
        if said or arguments.data or arguments.config:
            raise UserError("a resumed run keeps its data and settings; give --resume without them")
        hosts = flags.hosts(arguments)
        console.resume(
            arguments.name, arguments.resume or None, strategy=arguments.strategy, hosts=hosts
        )
        return
    if arguments.name is None:
        raise UserError(f"which recipe? choose from: {', '.join(registry.names())}")
    console.run(
        arguments.name,
        dry=arguments.dry_run,
        gradcheck=arguments.gradcheck,
        hosts=flags.hosts(arguments),
        data=arguments.data,
        config=arguments.config,
        limit=arguments.limit,
        strategy=arguments.strategy,
        options=flags.options(arguments),
        **said,
    )


def _tune(verbs: Any) -> None:
    parser = flags.add_verb(
        verbs, "tune", tune, "lenet --trials 20 --workers 2 --time 30m", rest=True
    )
    parser.add_argument("name", metavar="NAME", help="a recipe, or a page of your own")
    parser.add_argument(
        "settings", nargs="*", metavar="name=value", help="settings that are not searched over"
    )
    flags.add_data(
        parser, "a data set's name, or the path of your own data; by default the embedded data"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="use only N training examples, for a quick trial"
    )
    parser.add_argument(
        "--config", metavar="FILE.toml", help="settings that all trials share, from a file"
    )
    flags.add_search(parser)
    parser.add_argument(
        "--strategy", metavar="NAME", help="how each trial is spread over devices; by default auto"
    )
    flags.add_backend(parser)
    flags.add_training(parser)


def tune(arguments: argparse.Namespace) -> None:
    """Search for the settings that serve best, in parallel; what is found is a configuration for
    'run'.

    Nothing is lost when it is stopped: --resume goes on, running trials from their checkpoints;
    --trials and --time may then be raised and --workers and --chief chosen anew, all else stays. On
    several machines that share the folder of runs, start one with --chief host:port and the others
    with --join host:port, to which only --workers is added.
    """
    from kerasrecipes.cli import console

    arguments.rest = [*arguments.settings, *arguments.rest]
    said = {**flags.assignments(arguments), **flags.training(arguments)}
    chosen = {name: getattr(arguments, name) for name in ("data", "config", "limit", "strategy")}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    chosen |= {"options": options} if (options := flags.options(arguments)) else {}
    console.tune(arguments.name, **flags.search(arguments), **chosen, **said)


def _evaluate(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "evaluate", evaluate, "lenet --data mnist")
    parser.add_argument(
        "run", metavar="RUN", help="a run's folder, or a recipe's name for its best run"
    )
    flags.add_data(parser, "other data; by default the test split of the run's own")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_strategy(parser)
    flags.add_backend(parser)


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure a trained model on its test split, or on other data."""
    from kerasrecipes.cli import console

    where = flags.where(arguments)
    console.evaluate(
        arguments.run,
        data=arguments.data,
        options=flags.options(arguments),
        as_json=arguments.json,
        **where,
    )


def _predict(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "predict", predict, "lenet photo.png scans/ --json", rest=True)
    parser.add_argument(
        "run", metavar="RUN", help="a run's folder, or a recipe's name for its best run"
    )
    parser.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="raw input: files, folders, text, or - for standard input",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_strategy(parser)
    flags.add_backend(parser)


def predict(arguments: argparse.Namespace) -> int:
    """Answer for your own input.

    Further flags are options of the recipe's own, such as --top 3.
    """
    from kerasrecipes.cli import console

    inputs = [sys.stdin.buffer.read() if word == "-" else word for word in arguments.inputs]
    options = flags.pairs(arguments.rest)
    return console.predict(
        arguments.run, inputs, options, as_json=arguments.json, **flags.where(arguments)
    )


def _compare(verbs: Any) -> None:
    parser = flags.add_verb(
        verbs, "compare", compare, "lenet activation=tanh,relu --repeats 3", rest=True
    )
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="runs, or one recipe to train for each value of a setting",
    )
    parser.add_argument("--repeats", type=int, default=1, metavar="N", help="seeds for each value")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_data(parser, "data to train on; by default the recipe's embedded data")
    parser.add_argument("--limit", type=int, metavar="N", help="use only N training examples")
    parser.add_argument(
        "--strategy", metavar="NAME", help="how the work is spread over devices; by default auto"
    )
    flags.add_backend(parser)
    flags.add_training(parser)


def compare(arguments: argparse.Namespace) -> None:
    """Compare runs, or train a recipe for each value of a setting and compare those.

    A setting or a training flag takes several values with commas between, activation=tanh,relu or
    --batch-size 1,32,all. Several of them make a grid.
    """
    from kerasrecipes.cli import console

    words = [*arguments.runs, *arguments.rest]
    arguments.rest = [word for word in words if "=" in word or word.startswith("-")]
    names = [word for word in words if word not in arguments.rest]
    values = {**flags.assignments(arguments), **flags.training(arguments)}
    if not values and arguments.repeats == 1:
        console.compare_runs(names, as_json=arguments.json)
        return
    if len(names) != 1:
        raise UserError(
            f"one recipe is trained for each value; received {len(names)}: {', '.join(names)}"
        )
    said = {"data": arguments.data, "limit": arguments.limit, "strategy": arguments.strategy}
    console.compare_settings(
        names[0],
        values,
        repeats=arguments.repeats,
        as_json=arguments.json,
        options=flags.options(arguments),
        **said,
    )


def _diagnose(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "diagnose", diagnose, "saved_models/lenet/2026-11-22-153012")
    parser.add_argument(
        "run", metavar="RUN", help="a run's folder, or a recipe's name for its best run"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def diagnose(arguments: argparse.Namespace) -> None:
    """Say what went wrong in a training, how one can tell, and what to try."""
    from kerasrecipes.cli import console

    console.diagnose(arguments.run, as_json=arguments.json)


def _export(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "export", export, "lenet lenet.onnx")
    parser.add_argument(
        "run", metavar="RUN", help="a run's folder, or a recipe's name for its best run"
    )
    parser.add_argument(
        "target", metavar="FILE", help=".keras, .onnx, .tflite, or a folder for a SavedModel"
    )
    flags.add_backend(parser)


def export(arguments: argparse.Namespace) -> None:
    """Write a trained model for other programs, and make sure that it answers the same there."""
    from kerasrecipes.cli import console

    console.export(arguments.run, arguments.target)


def _copy(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "copy", copy, "lenet my_page.py")
    parser.add_argument("name", metavar="NAME", help="a recipe")
    parser.add_argument("target", metavar="PAGE.py", help="the page to write")


def copy(arguments: argparse.Namespace) -> None:
    """Copy a recipe's page to make it your own."""
    source, target = registry.find(arguments.name), Path(arguments.target)
    if target.suffix != ".py":
        raise UserError(
            f"a page is a Python file, received '{target}'; try: {target.with_suffix('.py')}"
        )
    try:
        with source.open("rb") as read, target.open("xb") as written:
            shutil.copyfileobj(read, written)
    except FileExistsError as error:
        raise UserError(
            f"'{target}' exists already and is left alone; choose another name"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write '{target}': {error.strerror}") from error
    path = target if target.is_absolute() else f"./{target}"
    print(f"{target} is yours; try: {PROGRAM} run {path}")


def _launch(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "launch", launch, "--processes 2 run lenet --epochs 5")
    parser.add_argument("--processes", type=int, required=True, metavar="N", help="how many")
    parser.add_argument(
        "words", nargs=argparse.REMAINDER, metavar="VERB …", help="what each of them is to do"
    )


def launch(arguments: argparse.Namespace) -> int:
    """Start several processes on this machine that work on one run together.

    If one of them dies, the others are ended; --resume then goes on.
    """
    from kerasrecipes.cli import console

    if not arguments.words:
        raise UserError(
            f"what is to be launched? such as: {PROGRAM} launch --processes 2 run lenet"
        )
    return console.launch(arguments.processes, arguments.words)


def _check(verbs: Any) -> None:
    parser = flags.add_verb(verbs, "check", check, "--json")
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_backend(parser)


def check(arguments: argparse.Namespace) -> None:
    """Check this machine: versions, devices, caches, data sets, and ten seconds of training as
    proof.
    """
    from kerasrecipes.cli import console

    if arguments.json:
        print(json.dumps(console.checked(), indent=2))
    else:
        console.check()
