"""The verb `predict`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import chosen_strategy, line, quiet_start
from kerasrecipes.errors import UserError


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "predict", execute, "lenet photo.png scans/ --json", rest=True)
    flags.add_run(parser)
    what = "raw input: files, folders, text, or - for standard input"
    parser.add_argument("inputs", nargs="+", metavar="INPUT", help=what)
    parser.add_argument("--json", action="store_true", help="print JSON")
    flags.add_strategy(parser)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Answer for your own input.

    Further flags are options of the recipe's own, such as --top 3.
    """
    from kerasrecipes import api
    from kerasrecipes.runs import finding

    # As bytes, for standard input may be an image as well as a text.
    inputs = [sys.stdin.buffer.read() if word == "-" else word for word in arguments.inputs]
    options, hosts = _options(arguments.rest), flags.hosts(arguments)
    run = api.find(arguments.run)
    with quiet_start():
        _ = run.recipe  # its page imports Keras
        strategy = chosen_strategy(arguments.strategy or "auto", hosts)
    answers = api.predict(run, inputs, strategy=strategy, **options)
    if not arguments.json:
        for answer in answers:
            line(answer_line(answer))
        if strategy.is_chief:
            # Not among the answers, which another program may read.
            print(f"from {finding.origin(run)}", file=sys.stderr)
    elif strategy.is_chief:
        print(json.dumps(answers, indent=2, ensure_ascii=False))
    # A failed input has its error in its answer; the call has failed if all of them have.
    return 2 if answers and all("error" in answer for answer in answers) else 0


def _options(words: Sequence[str]) -> dict[str, str]:
    """Options of the recipe's own from `--name value`, `--name=value` and `--switch`."""
    options: dict[str, str] = {}
    name = None
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.removeprefix("--").partition("=")
            name = name.replace("-", "_")
            # If the next word is a value, it replaces this one.
            options[name] = value if equals else "true"
        elif name is None:
            raise UserError(f"'{word}' is not expected here; see: {flags.PROGRAM} predict --help")
        else:
            options[name], name = word, None
    return options


def answer_line(answer: Mapping[str, Any]) -> str:
    """Write an answer in a line: the input, then what the model predicts for it."""
    if "error" in answer:
        return f"{answer.get('input', '')}  error: {answer['error']}"
    parts = [str(answer[name]) for name in ("input", "label", "value", "text") if name in answer]
    if "probability" in answer:
        parts.append(f"{100 * answer['probability']:.1f} %")
    return "  ".join([*parts, *(f"({note})" for note in answer.get("notes", ()))])
