"""Output of the command line: one console, tables, and silence while libraries load."""

from __future__ import annotations

import functools
import io
import os
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from kerasrecipes import backend, terminal
from kerasrecipes.errors import LINES, UserError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from kerasrecipes.cli.flags import Hosts
    from kerasrecipes.strategies import Strategy


@functools.cache
def console() -> Console:
    """The console that everything is printed to, texts as they are."""
    # Where output goes into a file or a pipe, lines are not folded to the width of a terminal that
    # is not there.
    return terminal.new_console(soft_wrap=True, width=None if sys.stdout.isatty() else 140)


def chosen_strategy(name: str, hosts: Hosts | None = None) -> Strategy:
    """Choose how the work is distributed; of several workers only the first prints.

    Args:
        name: of the strategy.
        hosts: of a cluster that is given by `--hosts`; by default the environment's.

    Returns:
        The strategy that `kerasrecipes.strategies.select` gives.
    """
    from kerasrecipes import strategies

    addresses, rank = hosts or (None, None)
    strategy = strategies.select(name, hosts=addresses, rank=rank)
    console().quiet = not strategy.is_chief
    return strategy


def line(text: str = "") -> None:
    """Print a line."""
    console().print(text)


def heading(text: str) -> None:
    """Print a heading."""
    console().print(f"\n{text}", style="bold")


def plain_table(*columns: str) -> Table:
    """Table without borders, whose first column is never folded."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for index, column in enumerate(columns):
        table.add_column(column, no_wrap=index == 0)
    return table


def spelled(value: Any) -> str:
    """Spell a setting's value as it is given on the command line."""
    if isinstance(value, (tuple, list)):
        return ",".join(map(str, value))
    return (
        "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


class _Forgiving(io.FileIO):
    """A stream whose reader may go away, or whose disk may fill: what is written then is lost."""

    def write(self, data: Any) -> int:
        """Write to the stream, or to nowhere."""
        try:
            return super().write(data)
        except OSError:
            silence(self.fileno())
            return memoryview(data).nbytes


def silence(descriptor: int) -> None:
    """Let all that is written to a file descriptor vanish."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


def open_closed() -> None:
    """Give a process that was started without standard streams some that lead nowhere.

    Otherwise the next file that is opened, such as a checkpoint, would get their numbers and what
    libraries print.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # it takes the lowest number that is free
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", closefd=False))  # noqa: SIM115


@contextmanager
def going_on() -> Iterator[None]:
    """Context in which work goes on when nobody reads its output any more: behind a closed pipe, on
    a full disk, after the terminal is gone.
    """
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    before = None
    if hangup is not None and threading.current_thread() is threading.main_thread():
        before = signal.signal(hangup, signal.SIG_IGN)
    streams = {}
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        # Another's stream, as of a notebook, is its own business.
        if stream is getattr(sys, f"__{name}__") and _number(stream) == descriptor:
            streams[name] = stream
            raw = io.BufferedWriter(_Forgiving(descriptor, "w", closefd=False))
            buffered = stream.line_buffering or stream.isatty()
            forgiving = io.TextIOWrapper(
                raw, stream.encoding, stream.errors, line_buffering=buffered
            )
            with suppress(OSError):
                stream.flush()
            setattr(sys, name, forgiving)
    try:
        yield
    finally:
        for name, stream in streams.items():
            getattr(sys, name).flush()
            setattr(sys, name, stream)
        if hangup is not None and before is not None:
            signal.signal(hangup, before)


def _number(stream: Any) -> int | None:
    try:
        return stream.fileno()
    except (AttributeError, OSError, ValueError):
        return None


@contextmanager
def quiet_start(devices: bool = True) -> Iterator[None]:
    """Hold back what TensorFlow's libraries write while they load; show it if they fail.

    What a setting is called now is shown afterwards.

    Args:
        devices: whether this process initialises the devices, which is when they write most.
    """
    backend.require_known()
    # TensorFlow's C++ code reads it when it loads; at 3 only fatal errors are logged.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    # The libraries write to the file descriptor, past Python's sys.stderr.
    saved = os.dup(2)
    show, renamed = warnings.showwarning, []

    def hold(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, LINES):
            renamed.append((message, category, *place))
        else:
            show(message, category, *place)

    warnings.showwarning = hold  # type: ignore[assignment]  # it takes what the other takes
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.get_logger().setLevel("ERROR")
            yield
            # After the block: a strategy chosen in it may hide devices, which must come first.
            if devices and keras.backend.backend() == "tensorflow":
                tf.config.list_logical_devices()
        except BaseException as error:
            # A mistake of the user's is told in one line, without what the libraries wrote.
            if not isinstance(error, UserError):
                kept.seek(0)
                with suppress(OSError):
                    os.write(saved, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            warnings.showwarning = show
            for warning in renamed:
                show(*warning)
