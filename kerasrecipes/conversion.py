"""Values of annotated types from the words of a command line or a file."""

from __future__ import annotations

import math
import re
import types
import typing
from dataclasses import MISSING
from typing import Any, Literal, Union

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?")

_TRUE, _FALSE, _NONE = {"true", "yes", "on", "1"}, {"false", "no", "off", "0"}, {"none", "null", ""}


class Duration(float):
    """Type of settings that are a time in seconds, which people write as 90s, 20m or 1h30m."""


def convert(value: Any, kind: Any) -> Any:
    """Value of a type, from a Python value or its spelling on the command line.

    Args:
        value: what was given.
        kind: an annotation: a type, a union, a `Literal` or a tuple.

    Returns:
        The value, or `dataclasses.MISSING` where it does not fit.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        # A number is tried before text, so that "8" is an int where both are allowed.
        ordered = sorted(arguments, key=lambda a: (a is str, typing.get_origin(a) is Literal))
        matches = (convert(value, argument) for argument in ordered)
        return next((match for match in matches if match is not MISSING), MISSING)
    if origin is Literal:
        return next((choice for choice in arguments if str(choice) == str(value)), MISSING)
    if origin is tuple:
        return _convert_tuple(value, arguments)
    converter = {
        bool: _to_bool,
        int: _to_int,
        float: _to_float,
        str: _to_str,
        Duration: _to_seconds,
        type(None): _to_none,
    }.get(kind)
    return converter(value) if converter else value


def _convert_tuple(value: Any, arguments: tuple[Any, ...]) -> Any:
    if isinstance(value, str):
        value = [part.strip() for part in value.strip("()[]").split(",") if part.strip()]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return MISSING
    repeated = len(arguments) == 2 and arguments[1] is Ellipsis
    if not repeated and len(value) != len(arguments):
        return MISSING
    kinds = [arguments[0]] * len(value) if repeated else arguments
    converted = tuple(convert(part, kind) for part, kind in zip(value, kinds, strict=True))
    return MISSING if MISSING in converted else converted


def _to_bool(value: Any) -> Any:
    if isinstance(value, str):
        word = value.lower()
        return True if word in _TRUE else False if word in _FALSE else MISSING
    return value if isinstance(value, bool) else MISSING


def _to_int(value: Any) -> Any:
    if isinstance(value, bool):
        return MISSING
    try:
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value):
            return int(value)  # without a detour over floats, which would round a long one
        number = value if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        return MISSING
    return int(number) if math.isfinite(number) and number == int(number) else MISSING


def _to_float(value: Any) -> Any:
    if isinstance(value, bool):
        return MISSING
    try:
        return float(value)
    except (TypeError, ValueError):
        return MISSING


def _to_seconds(value: Any) -> Any:
    """Convert a number of seconds, or a text such as 1h30m, to a plain float, which TOML holds."""
    matched = (
        _DURATION.fullmatch(value.replace(" ", "").lower()) if isinstance(value, str) else None
    )
    if matched is None or not any(matched.groups()):
        return _to_float(value)
    hours, minutes, seconds = (float(part or 0) for part in matched.groups())
    return 3600 * hours + 60 * minutes + seconds


def _to_str(value: Any) -> Any:
    return value if isinstance(value, str) else MISSING


def _to_none(value: Any) -> Any:
    return None if value is None or (isinstance(value, str) and value.lower() in _NONE) else MISSING


def choices(kind: Any) -> list[str]:
    """Values that a type allows by name.

    Args:
        kind: an annotation, such as `Literal["sgd", "adam"]`.

    Returns:
        The values as texts; none where the type has no `Literal`.
    """
    if typing.get_origin(kind) is Literal:
        return [str(choice) for choice in typing.get_args(kind)]
    if typing.get_origin(kind) in (Union, types.UnionType):
        return [choice for argument in typing.get_args(kind) for choice in choices(argument)]
    return []


def spelling(kind: Any) -> str:
    """Type as people write it.

    Args:
        kind: an annotation.

    Returns:
        A text such as `int`, `float`, `sgd|adam` or `int, …`.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return "|".join(spelling(argument) for argument in arguments)
    if origin is Literal:
        return "|".join(str(choice) for choice in arguments)
    if origin is tuple:
        return ", ".join(
            "…" if argument is Ellipsis else spelling(argument) for argument in arguments
        )
    if kind is type(None):
        return "none"
    if kind is Duration:
        return "duration"
    return getattr(kind, "__name__", str(kind))
