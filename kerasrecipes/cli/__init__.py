"""The command line: one file per verb, each with its parser, its action and what it prints.

TensorFlow and Keras load only when a verb needs them, rich only when a line is printed. Every
mistake of the user's ends here in one line.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from typing import Any

from kerasrecipes import backend, files, terminal

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
    output,
    predict,
    run,
    serve,
    show,
    teach,
    tune,
    zoo,
)
from kerasrecipes.cli.flags import PROGRAM, Parser
from kerasrecipes.errors import LINES, Interrupted, UserError, unknown
from kerasrecipes.version import __version__

# In the order in which help lists them.
VERBS = (
    list,
    show,
    run,
    tune,
    evaluate,
    predict,
    compare,
    diagnose,
    export,
    serve,
    teach,
    zoo,
    copy,
    launch,
    check,
)

# What these make lies in files: they go on when nobody reads what they print.
_LONG = (run.execute, tune.execute, compare.execute, launch.execute)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        argv: the words after the program's name; by default those of the process.

    Returns:
        The exit status: 0, 2 after a mistake of the user's, 130 after an interruption.
    """
    output.open_closed()
    terminal.forgive_encodings()
    usual = warnings.showwarning
    warnings.showwarning = _as_lines(usual)
    try:
        status = _dispatch(sys.argv[1:] if argv is None else argv)
        # Here an error can still be told, after the end Python only complains of it.
        sys.stdout.flush()
        return status
    except UserError as error:
        # Libraries and files may bring texts of several lines along.
        _say(" ".join(str(error).split()))
        # 128 + SIGINT, as shells report a program that was interrupted.
        return 130 if isinstance(error, Interrupted) else 2
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read the output has gone; what is still buffered must not raise at exit.
        output.silence(sys.stdout.fileno())
        return 0
    except OSError as error:
        # Of files and disks alone, which the user can mend.
        if error.errno is None:
            raise
        _say(files.failure(error))
        with suppress(OSError, ValueError):
            output.silence(sys.stdout.fileno())
        return 2
    finally:
        warnings.showwarning = usual


def _say(text: object) -> None:
    """Print a line of the program's own to standard error, if anybody hears it."""
    with suppress(OSError, ValueError):
        print(f"{PROGRAM}: {terminal.one_line(str(text))}", file=sys.stderr, flush=True)


def _as_lines(otherwise: Callable[..., None]) -> Callable[..., None]:
    """Print warnings that are meant for the user as one line; others go their usual way."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, LINES):
            _say(message)
        else:
            otherwise(message, category, *place)

    return show


def _dispatch(argv: Sequence[str]) -> int:
    parser = Parser(
        prog=PROGRAM,
        description="Keras recipes by name: train, look, mend, predict.",
        epilog=f"Begin with: {PROGRAM} run lenet",
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", parser_class=Parser)
    for verb in VERBS:
        verb.add(verbs)
    # Words that no argument takes may be settings or the recipe's own flags: the verb decides.
    arguments, rest = parser.parse_known_args(argv)
    # Only a verb's parser sets `execute`.
    if not hasattr(arguments, "execute"):
        if rest:
            raise unknown("flag", rest[0].partition("=")[0], ["--help", "--version"])
        parser.print_help()
        return 0
    arguments.rest, arguments.typed = rest, argv
    flags.refuse_empty(arguments)
    if not arguments.takes_rest:
        flags.refuse(rest, arguments)
    # Keras reads its backend once, when it is imported: the choice comes before the verb runs.
    if getattr(arguments, "backend", None):
        backend.choose(arguments.backend)
    with output.going_on() if arguments.execute in _LONG else nullcontext():
        return arguments.execute(arguments) or 0
