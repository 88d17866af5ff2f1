"""Callbacks that only watch: one that fails is left out, and the training goes on."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import keras

from kerasrecipes.errors import noted

AnyCallback = TypeVar("AnyCallback", bound=keras.callbacks.Callback)


def guarded(callback: AnyCallback, what: str, notes: list[str]) -> AnyCallback:
    """Let a callback's first failure become a note and its last call.

    Args:
        callback: which the training does not depend on; it is changed and returned.
        what: the callback, for people.
        notes: takes a sentence about the failure.

    Returns:
        The callback.
    """
    failed = False

    def guard(method: Callable[..., Any]) -> Callable[..., Any]:
        # Keras skips methods that are its own empty ones, which it knows by an attribute.
        @functools.wraps(method)
        def call(*args: Any, **keywords: Any) -> Any:
            nonlocal failed
            if failed:
                return None
            failed = True
            with noted(notes, what):
                result = method(*args, **keywords)
                failed = False
                return result
            return None

        return call

    for name in dir(type(callback)):
        if name.startswith("on_") or name in ("set_model", "state", "restore"):
            setattr(callback, name, guard(getattr(callback, name)))
    return callback
