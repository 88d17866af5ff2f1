"""The flags that say on what a benchmark runs; they are those of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kerasrecipes import backend, strategies
from kerasrecipes.cli import flags
from kerasrecipes.errors import UserError


def parsed(parser: argparse.ArgumentParser, spreads: bool = False) -> argparse.Namespace:
    """Add `--backend`, and `--strategy` where work can be spread, read the command line, and choose
    the backend.
    """
    flags.add_backend(parser)
    if spreads:
        flags.add_strategy(parser)
    arguments = parser.parse_args()
    if arguments.backend:
        with _in_a_line(parser.prog):
            backend.choose(arguments.backend)
    return arguments


def strategy(arguments: argparse.Namespace) -> strategies.Strategy:
    """Choose the strategy that was asked for."""
    with _in_a_line("benchmarks"):
        addresses, rank = flags.hosts(arguments) or (None, None)
        return strategies.select(arguments.strategy or "auto", hosts=addresses, rank=rank)


@contextmanager
def _in_a_line(program: str) -> Iterator[None]:
    try:
        yield
    except UserError as error:
        print(f"{program}: {error}", file=sys.stderr)
        sys.exit(2)
