"""Flags and settings that several verbs share, and the errors about them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from kerasrecipes import backend, settings
from kerasrecipes.data import roles
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.training_settings import Training

if TYPE_CHECKING:
    from kerasrecipes.runs.run import Run

PROGRAM = "kerasrecipes"

# In quotes: argparse's class cannot be subscripted at run time.
Verbs: TypeAlias = "argparse._SubParsersAction[Parser]"

# Names of parameters of the Python interface, which no setting can have.
_NO_SETTINGS = {
    *("config", "data", "limit", "observers", "options", "repeats", "strategy", "watch"),
    "whole_test",
}

# Prefix of the arguments that are fields of `Training`.
_TRAINING = "training."

# What other programs call our verbs.
_VERBS_ELSEWHERE = {
    **dict.fromkeys(("train", "fit", "start", "resume"), "run"),
    **dict.fromkeys(("eval", "test", "val", "validate", "score"), "evaluate"),
    **dict.fromkeys(("infer", "inference", "classify", "generate", "answer"), "predict"),
    **dict.fromkeys(("search", "hpo", "sweep", "optimize"), "tune"),
    **dict.fromkeys(("ls", "recipes", "models", "help"), "list"),
    **dict.fromkeys(("info", "describe", "summary", "cat"), "show"),
    **dict.fromkeys(("cp", "init", "new", "create"), "copy"),
    **dict.fromkeys(("convert", "save"), "export"),
}

# Addresses of all workers of a cluster, and which of them this process is.
Hosts: TypeAlias = tuple[Sequence[str], int | None]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def __init__(self, **options: Any):
        # Abbreviated flags would take those that are meant for the recipe.
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise an error that names the help to read.

        Raises:
            UserError: always.
        """
        raise UserError(f"{message}; see: {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if not isinstance(action, argparse._SubParsersAction) or value in action.choices:
            return super()._check_value(action, value)
        # In place of argparse's error, which lists all verbs and suggests none.
        if meant := _VERBS_ELSEWHERE.get(value):
            raise UserError(f"unknown verb '{value}'; did you mean '{meant}'?")
        raise unknown("verb", str(value), list(action.choices))


def refuse_empty(arguments: argparse.Namespace) -> None:
    """Refuse arguments that are given and empty, as an unset variable of the shell leaves them.

    Args:
        arguments: what was parsed.

    Raises:
        UserError: if there is one.
    """
    for name, value in vars(arguments).items():
        words = value if isinstance(value, list) else [value]
        if name in ("rest", "typed") or "" not in words:
            continue
        if name == "inputs":
            raise UserError("an input is empty; give a file, a text, or - for standard input")
        flag = name.removeprefix(_TRAINING).replace("_", "-")
        raise UserError(f"'{flag}' is given but empty; leave it out, or give it a value")


def add_verb(
    verbs: Verbs,
    name: str,
    execute: Callable[[argparse.Namespace], int | None],
    example: str,
    rest: bool = False,
) -> Parser:
    """Add a verb's parser; its help is the docstring of the function that executes it.

    Args:
        verbs: what verbs are added to.
        name: of the verb.
        execute: called with the parsed arguments; returns the exit status or `None`.
        example: the words of a command behind the verb.
        rest: whether words that no argument takes go to the verb, as `arguments.rest`.

    Returns:
        The parser, to which the verb adds its arguments.
    """
    summary, details = settings.summary(execute), (execute.__doc__ or "").partition("\n\n")[2]
    parser = verbs.add_parser(
        name,
        help=summary.rstrip("."),
        description=f"{summary} {' '.join(details.split())}",
        epilog=f"Example: {PROGRAM} {name} {example}",
    )
    parser.set_defaults(execute=execute, takes_rest=rest, parser=parser)
    return parser


def refuse(rest: Sequence[str], arguments: argparse.Namespace) -> None:
    """Refuse words that no argument took, if there are any.

    Args:
        rest: words that no argument took, in their order.
        arguments: what was parsed; its `parser` knows the flags of the verb.

    Raises:
        UserError: with the nearest flag that exists.
    """
    if not rest:
        return
    if rest[0].startswith("-"):
        known = [flag for action in arguments.parser._actions for flag in action.option_strings]
        # Compared without the value of `--flag=value`.
        raise unknown("flag", rest[0].partition("=")[0], known)
    raise UserError(f"'{rest[0]}' is not expected here; see: {arguments.parser.prog} --help")


def assignments(arguments: argparse.Namespace) -> dict[str, str]:
    """Settings by name from the words `name=value` that no argument took.

    Raises:
        UserError: if another word is left, or a name cannot be that of a setting.
    """
    words = [word for word in arguments.rest if not word.startswith("-") and "=" in word]
    refuse([word for word in arguments.rest if word not in words], arguments)
    given = dict(settings.split_assignment(word) for word in words)
    for name in given:
        if name in _NO_SETTINGS:
            raise UserError(f"'{name}' is not a setting; see: {arguments.parser.prog} --help")
    return given


def add_run(parser: Parser) -> None:
    """Add the argument that names a run."""
    what = "a run's folder, or a recipe's name for its best run"
    parser.add_argument("run", metavar="RUN", help=what)
    add_trust(parser)


def add_trust(parser: Parser) -> None:
    """Add `--trust`."""
    what = "run the Python page that the folder names, although it is not one of kerasrecipes"
    parser.add_argument("--trust", action="store_true", help=what)


def found_run(arguments: argparse.Namespace, **options: Any) -> Run:
    """Find the run that the user names.

    Args:
        arguments: with `run` and `trust`.
        **options: of `kerasrecipes.api.find`.

    Returns:
        The run, whose page is trusted where the user says so.

    Raises:
        UserError: if there is none.
    """
    from kerasrecipes import api

    run = api.find(arguments.run, **options)
    if arguments.trust:
        run.trust()
    return run


def add_backend(parser: Parser) -> None:
    """Add `--backend`."""
    # Without `choices`: the error of `backend.choose` names the nearest backend.
    parser.add_argument("--backend", metavar="|".join(backend.BACKENDS), help="what Keras runs on")


def add_strategy(parser: Parser) -> None:
    """Add the flags of devices and hosts."""
    group = parser.add_argument_group("devices and hosts")
    group.add_argument(
        "--strategy",
        metavar="NAME",
        help="how the work is spread: auto (the default), cpu, gpu, mirrored, multiworker or tpu",
    )
    group.add_argument(
        "--hosts",
        metavar="HOST:PORT,…",
        help="every worker's address, where neither TF_CONFIG nor SLURM tells",
    )
    group.add_argument("--rank", type=int, metavar="I", help="which of the hosts this is, from 0")


def hosts(arguments: argparse.Namespace) -> Hosts | None:
    """Addresses of the cluster that `--hosts` gives, and which of them this process is.

    Raises:
        UserError: if there is a rank without hosts.
    """
    if arguments.rank is not None and not arguments.hosts:
        raise UserError(f"--rank {arguments.rank} needs --hosts, the addresses of all workers")
    return (arguments.hosts.split(","), arguments.rank) if arguments.hosts else None


def add_data(parser: Parser, help: str) -> None:
    """Add `--data` and the options that come with it.

    Args:
        parser: of the verb.
        help: of `--data`.
    """
    parser.add_argument("--data", metavar="NAME|PATH", help=help)
    parser.add_argument("--text", metavar="COLUMN", help="column of a table that holds texts")
    parser.add_argument(
        "--target", metavar="COLUMN", help="column of a table that is to be predicted"
    )
    parser.add_argument(
        "--column",
        metavar="ROLE=COLUMN|COLUMN=KIND",
        action="append",
        help="the column of a role (text, target, weight), or what a column holds "
        f"({', '.join(roles.KINDS)}), such as weight=count or zip=category; may come several times",
    )


def add_recipe(parser: Parser, settings: str, config: str, *, optional: bool = False) -> None:
    """Add what says which recipe is to be trained: its name, settings, data and a file of them.

    Args:
        parser: of the verb.
        settings: help of the words `name=value`.
        config: help of `--config`.
        optional: whether the recipe's name may be missing.
    """
    what = "a recipe, or a page of your own"
    parser.add_argument("name", nargs="?" if optional else None, metavar="NAME", help=what)
    parser.add_argument("settings", nargs="*", metavar="name=value", help=settings)
    what = "a data set's name, or the path of your own data; by default the embedded data"
    add_data(parser, what)
    what = "use only N training examples, for a quick trial"
    parser.add_argument("--limit", type=int, metavar="N", help=what)
    parser.add_argument("--config", metavar="FILE.toml", help=config)


def options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Options of the data that were given, by name.

    Raises:
        UserError: if `--column` was given no two sides.
    """
    named = {"text": arguments.text, "target": arguments.target}
    columns = roles.parse(arguments.column) if arguments.column else None
    return {name: value for name, value in {**named, "column": columns}.items() if value}


def add_training(parser: Parser, without: Collection[str] = ()) -> None:
    """Add a flag for each field of `Training`.

    Args:
        parser: of the verb.
        without: fields whose flag means something else to this verb.
    """
    group = parser.add_argument_group(
        "training", "each recipe has defaults of its own, which 'show' tells"
    )
    for item in settings.of_dataclass(Training):
        if item.name in without:
            continue
        # A switch without a value means true; `--switch false` turns it off.
        switch: dict[str, Any] = {"nargs": "?", "const": "true"} if "bool" in item.kind else {}
        kind = item.kind
        group.add_argument(
            "--" + item.name.replace("_", "-"),
            dest=f"{_TRAINING}{item.name}",
            # Absent unless given: a default here would overrule the recipe's.
            default=argparse.SUPPRESS,
            metavar=kind if "|" in kind else kind.replace("bool", "true|false").upper(),
            help=item.help,
            **switch,
        )


def training(arguments: argparse.Namespace) -> dict[str, str]:
    """Fields of `Training` that were given, by name."""
    given = vars(arguments).items()
    return {
        name.removeprefix(_TRAINING): value for name, value in given if name.startswith(_TRAINING)
    }
