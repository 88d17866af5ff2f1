"""The command line: one file per verb, each with its parser, its action and what it prints.

TensorFlow and Keras load only when a verb needs them, rich only when a line is printed. Every
mistake of the user's ends here in one line.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from kerasrecipes import backend

# The verbs' modules become names of this package, so `list` and `copy` are modules here.
from kerasrecipes.cli import (
    check,
    compare,
    copy,
    diagnose,
    evaluate,
    export,
    flags,
    launch,
    list,
    predict,
    run,
    show,
    tune,
)
from kerasrecipes.cli.flags import PROGRAM, Parser
from kerasrecipes.errors import Interrupted, RenamedWarning, UserError
from kerasrecipes.version import __version__

# In the order in which help lists them.
VERBS = (list, show, run, tune, evaluate, predict, compare, diagnose, export, copy, launch, check)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        argv: the words after the program's name; by default those of the process.

    Returns:
        The exit status: 0, 2 after a mistake of the user's, 130 after an interruption.
    """
    usual = warnings.showwarning
    warnings.showwarning = _as_lines(usual)
    try:
        return _dispatch(sys.argv[1:] if argv is None else argv)
    except UserError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        # 128 + SIGINT, as shells report a program that was interrupted.
        return 130 if isinstance(error, Interrupted) else 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; what is still buffered must not raise at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    finally:
        warnings.showwarning = usual


def _as_lines(otherwise: Callable[..., None]) -> Callable[..., None]:
    """Print a setting's new name as one line; other warnings go their usual way."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, RenamedWarning):
            print(f"{PROGRAM}: {message}", file=sys.stderr)
        else:
            otherwise(message, category, *place)

    return show


def _dispatch(argv: Sequence[str]) -> int:
    parser = _parser()
    # Words that no argument takes may be settings or the recipe's own flags: the verb decides.
    arguments, rest = parser.parse_known_args(argv)
    # Only a verb's parser sets `execute`.
    if not hasattr(arguments, "execute"):
        parser.print_help()
        return 0
    arguments.rest = rest
    if not arguments.takes_rest:
        flags.refuse(rest, arguments)
    # Keras reads its backend once, when it is imported: the choice comes before the verb runs.
    if getattr(arguments, "backend", None):
        backend.choose(arguments.backend)
    return arguments.execute(arguments) or 0


def _parser() -> Parser:
    parser = Parser(
        prog=PROGRAM,
        description="Keras recipes by name: train, look, mend, predict.",
        epilog=f"Begin with: {PROGRAM} run lenet",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", parser_class=Parser)
    for verb in VERBS:
        verb.add(verbs)
    return parser
