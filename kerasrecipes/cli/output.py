"""How the command line writes: one console, tables, figures, and silence while libraries load."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from kerasrecipes import backend
from kerasrecipes.errors import UserError

if TYPE_CHECKING:
    from kerasrecipes.strategies import Strategy

Hosts = (
    tuple[Sequence[str], int | None] | None
)  # addresses of all workers, and which of them this is

# Where output goes into a file or a pipe, lines are not folded to the width of a terminal that is
# not there.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 140)


@contextmanager
def quiet_start(devices: bool = True) -> Iterator[None]:
    """Keep back what TensorFlow's libraries write to the terminal while they load; show it if they
    fail.

    Args:
        devices: whether this process takes hold of the devices, which is when they have much to
            say.
    """
    backend.require_known()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.get_logger().setLevel("ERROR")
            yield
            if devices and keras.backend.backend() == "tensorflow":
                tf.config.list_logical_devices()
        except BaseException as error:
            if not isinstance(error, UserError):
                kept.seek(0)
                os.write(saved, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


def chosen_strategy(name: str, hosts: Hosts = None) -> Strategy:
    """Choose how work is spread; of several workers the first speaks for all."""
    from kerasrecipes import strategies

    addresses, rank = hosts or (None, None)
    strategy = strategies.select(name, hosts=addresses, rank=rank)
    out.quiet = not strategy.is_chief
    return strategy


def heading(text: str) -> None:
    """Print a heading."""
    out.print(f"\n[bold]{text}[/]")


def plain_table(*columns: str) -> Table:
    """Make a plain table, whose first column is never folded."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    return table


def short(value: Any) -> str:
    """Write a setting's value as one gives it."""
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
