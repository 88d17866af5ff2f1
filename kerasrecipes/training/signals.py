"""Signals that end a training: Ctrl-C, and the SIGTERM by which a machine asks to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def terminable() -> Iterator[None]:
    """Context in which SIGTERM is Ctrl-C, as Python answers it, wherever nothing else does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        if before is not None:  # one that was not set from Python
            signal.signal(signal.SIGTERM, before)


@contextmanager
def stopping(request: Callable[[], None]) -> Iterator[None]:
    """Context in which the first Ctrl-C or SIGTERM calls `request`; a second one acts at once."""
    # Python lets the main thread alone set handlers of signals.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.getsignal(kind) for kind in kinds}

    def handle(number: int, frame: Any) -> None:
        request()
        for kind, handler in before.items():
            signal.signal(kind, handler)

    for kind in kinds:
        signal.signal(kind, handle)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
