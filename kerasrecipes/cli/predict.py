"""The verb `predict`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import chosen_strategy, line, quiet_start
from kerasrecipes.errors import UserError

if TYPE_CHECKING:
    pass

_SHOWN = 20  # files that are listed


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "predict", execute, "lenet photo.png scans/ --json", rest=True)
    flags.add_run(parser)
    what = "raw input: files, folders, text, or - for standard input; none to generate"
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help=what)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--output",
        metavar="PATH",
        help="file for the answers (.json, .csv, .html, or of their kind: .png, .wav, .mid, .txt), "
        "or a folder for a file of each",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace files of --output that are there"
    )
    flags.add_strategy(parser)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Answer for your own input, or generate without any.

    Further flags are options of the recipe's own, such as --top 3 or --count 16.
    """
    from kerasrecipes import api
    from kerasrecipes.runs import finding

    # As bytes, for standard input may be an image as well as a text.
    inputs = [sys.stdin.buffer.read() if word == "-" else word for word in arguments.inputs]
    options, hosts = _options(arguments.rest), flags.hosts(arguments)
    run = flags.found_run(arguments)
    with quiet_start():
        _ = run.recipe  # its page imports Keras
        strategy = chosen_strategy(arguments.strategy or "auto", hosts)
    answers = api.predict(
        run, inputs, strategy=strategy, output=arguments.output, force=arguments.force, **options
    )
    if arguments.json:
        if strategy.is_chief:
            rows = [answer.to_dict() for answer in answers]
            print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif answers.files:
        for path in answers.files[:_SHOWN]:
            line(str(path))
        if len(answers.files) > _SHOWN:
            more = f"{len(answers.files) - _SHOWN:,} more in {answers.files[-1].parent}"
            line(f"… and {more}")
    else:
        # Without `--top` the most probable class is enough.
        lines = [answer.line(int(options.get("top", 1))) for answer in answers]
        # Texts of several lines are set apart.
        line(("\n\n" if any("\n" in text for text in lines) else "\n").join(lines))
    if strategy.is_chief and not arguments.json:
        # Not among the answers, which another program may read.
        print(f"from {finding.origin(run)}", file=sys.stderr)
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
