"""The words of the command line that verbs share: flags, settings, and complaints about them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from kerasrecipes import backend, settings
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Training

PROGRAM = "kerasrecipes"


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, allow_abbrev=False, **kwargs)

    def error(self, message: str) -> NoReturn:
        """Raise the complaint."""
        raise UserError(f"{message}; see: {self.prog} --help")


def add_verb(
    verbs: Any, name: str, function: Callable[..., int | None], example: str, rest: bool = False
) -> Parser:
    """Add a verb, explained by its function's docstring and an example."""
    summary, details = settings.summary(function), (function.__doc__ or "").partition("\n\n")[2]
    parser = verbs.add_parser(
        name,
        help=summary.rstrip("."),
        description=f"{summary} {' '.join(details.split())}",
        epilog=f"Example: {PROGRAM} {name} {example}",
    )
    parser.set_defaults(verb=function, takes_rest=rest, parser=parser)
    return parser


def refuse(rest: Sequence[str], arguments: argparse.Namespace) -> None:
    """Complain about words that no argument took, if there are any."""
    if not rest:
        return
    if rest[0].startswith("-"):
        flags = [flag for action in arguments.parser._actions for flag in action.option_strings]
        raise unknown("flag", rest[0].partition("=")[0], flags)
    raise UserError(f"'{rest[0]}' is not expected here; see: {arguments.parser.prog} --help")


def assignments(arguments: argparse.Namespace) -> dict[str, str]:
    """Take the words `name=value` from those that no argument took."""
    words = [word for word in arguments.rest if not word.startswith("-") and "=" in word]
    refuse([word for word in arguments.rest if word not in words], arguments)
    return dict(settings.split_assignment(word) for word in words)


def pairs(words: Sequence[str]) -> dict[str, str]:
    """Read `--name value` and `--switch` pairs."""
    pairs: dict[str, str] = {}
    name = None
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.removeprefix("--").partition("=")
            name = name.replace("-", "_")
            pairs[name] = value if equals else "true"
        elif name is None:
            raise UserError(f"'{word}' is not expected here; see: {PROGRAM} predict --help")
        else:
            pairs[name], name = word, None
    return pairs


def add_backend(parser: Parser) -> None:
    """Add `--backend`."""
    parser.add_argument("--backend", metavar="|".join(backend.BACKENDS), help="what Keras runs on")


def add_strategy(parser: Parser) -> None:
    """Add the flags that say on which devices and hosts."""
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


def hosts(arguments: argparse.Namespace) -> tuple[list[str], int | None] | None:
    """Read the cluster's addresses, and which of them this process is."""
    if arguments.rank is not None and not arguments.hosts:
        raise UserError(f"--rank {arguments.rank} needs --hosts, the addresses of all workers")
    return (arguments.hosts.split(","), arguments.rank) if arguments.hosts else None


def where(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read on which devices and hosts the work is to be done."""
    return {"strategy": arguments.strategy or "auto", "hosts": hosts(arguments)}


def add_data(parser: Parser, help: str) -> None:
    """Add `--data` and the options that come with it."""
    parser.add_argument("--data", metavar="NAME|PATH", help=help)
    parser.add_argument("--text", metavar="COLUMN", help="column of a table that holds texts")
    parser.add_argument(
        "--target", metavar="COLUMN", help="column of a table that is to be predicted"
    )


def options(arguments: argparse.Namespace) -> dict[str, str]:
    """Read the options of the data."""
    named = {"text": arguments.text, "target": arguments.target}
    return {name: column for name, column in named.items() if column}


def add_training(parser: Parser) -> None:
    """Add a flag for each field of `Training`."""
    group = parser.add_argument_group(
        "training", "each recipe has defaults of its own, which 'show' tells"
    )
    for item in settings.of_dataclass(Training):
        switch: dict[str, Any] = {"nargs": "?", "const": "true"} if "bool" in item.kind else {}
        group.add_argument(
            "--" + item.name.replace("_", "-"),
            dest=f"training.{item.name}",
            default=argparse.SUPPRESS,
            metavar=item.kind.replace("bool", "true|false").upper()
            if "|" not in item.kind
            else item.kind,
            help=item.help,
            **switch,
        )


def training(arguments: argparse.Namespace) -> dict[str, str]:
    """Read the fields of `Training` that were said."""
    prefix = "training."
    return {
        name.removeprefix(prefix): v
        for name, v in vars(arguments).items()
        if name.startswith(prefix)
    }


# -----------------------------------------------------------------------------------------------
# verbs


def add_search(parser: Parser) -> None:
    """Add the flags of a search."""
    group = parser.add_argument_group("search")
    group.add_argument(
        "--method", metavar="NAME", help="hyperband (the default), bayesian, random or grid"
    )
    group.add_argument(
        "--trials", metavar="N", help="the most trials; by default 20, or hyperband's own schedule"
    )
    group.add_argument("--time", metavar="TIME", help="the most time for the search, such as 30m")
    group.add_argument("--workers", metavar="N", help="trials at once; by default one per GPU")
    group.add_argument(
        "--objective", metavar="FIGURE", help="what to make better, such as val_loss"
    )
    what = "add or replace: name=choice(a,b), log(1e-4,1e-1), int(1,8) or float(0,0.5)"
    group.add_argument("--search", action="extend", nargs="+", metavar="ENTRY", help=what)
    group.add_argument(
        "--folds",
        metavar="K",
        help="judge by cross-validation over K parts of the training examples",
    )
    what = "fresh seeds for winner and defaults after the search; by default 3"
    group.add_argument("--repeats", metavar="N", help=what)
    group.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="go on with a search that was stopped",
    )
    group.add_argument(
        "--chief", metavar="HOST:PORT", help="let machines of a trusted network join here"
    )
    group.add_argument(
        "--join", metavar="HOST:PORT", help="work for a chief that writes to the same folder"
    )


def search(arguments: argparse.Namespace) -> dict[str, Any]:
    """Read the flags of a search that were said."""
    names = (
        "method",
        "trials",
        "time",
        "workers",
        "objective",
        "search",
        "folds",
        "repeats",
        "chief",
        "join",
    )
    said = {
        name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None
    }
    if arguments.resume is not None:
        said["resume"] = arguments.resume or True
    return said
