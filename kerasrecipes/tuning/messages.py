"""Messages of workers on other machines, checked before the scheduler sees them.

A message is JSON with a call and its arguments. What is not as it has to be is refused alone, in
one sentence; nothing of it has then been acted upon.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 2**24  # of a message: the history of a long trial has a few
_MOST_ROWS = 100_000  # epochs of a trial
_MOST_METRICS = 500
_LONGEST_NAME = 200  # characters of a worker's, a metric's
LONGEST_REASON = 4000  # characters
_MOST_SECONDS = 1e9
_ENDINGS = ("done", "failed", "stopped", "killed")

Check = Callable[[Any], bool]


class Refused(ValueError):
    """A message that is not as it has to be."""


@dataclass(frozen=True)
class Message:
    """A call of a worker's that is as it has to be.

    Args:
        call: one of `CALLS`.
        arguments: of the call, by name.
        worker: who calls.
        session: of the chief that it is meant for.
        client: random text that tells the worker's connection from any other.
        number: of the message on that connection, each higher than the one before.
    """

    call: str
    arguments: Mapping[str, Any]
    worker: str
    session: str
    client: str
    number: int


def write(message: Message) -> bytes:
    """Return a message as it travels."""
    return json.dumps(vars(message)).encode()


def read(body: bytes) -> Message:
    """Return the message that was sent.

    Args:
        body: what was received, of any content.

    Raises:
        Refused: if anything of it is not as it has to be.
    """
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused("it is not JSON") from error
    _fields("the message", values, _MESSAGE)
    _fields(f"{values['call']}", values["arguments"], CALLS[values["call"]])
    if values["call"] == "end_trial":
        _outcome(values["arguments"]["outcome"])
    return Message(**values)


def _fields(what: str, values: Any, known: Mapping[str, Check]) -> None:
    if not isinstance(values, dict):
        raise Refused(f"{what} is not a table of values")
    if values.keys() != known.keys():
        raise Refused(f"{what} must have {', '.join(known) or 'no values'} and nothing else")
    _each(what, values, known)


def _each(what: str, values: Mapping[str, Any], known: Mapping[str, Check]) -> None:
    for name, value in values.items():
        if not known[name](value):
            raise Refused(f"{what} has a {name} that cannot be")


def _outcome(values: Any) -> None:
    if not isinstance(values, dict) or not _OUTCOME.keys() >= values.keys() >= {"ended"}:
        raise Refused(f"an outcome has 'ended' and values out of {', '.join(_OUTCOME)}")
    _each("the outcome", values, _OUTCOME)
    if values["ended"] == "done" and values.get("score") is None:
        raise Refused("the outcome of a trial that is done has no score")


# ------------------------------------------------------------------------------------------------
# values


def _number(value: Any) -> bool:
    """Whether a value is a number, a loss that has become NaN or infinite included."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and _fits(value)


def _fits(value: float) -> bool:
    try:
        float(value)
    except OverflowError:  # an integer of more digits than a float can have
        return False
    return True


def _finite(value: Any) -> bool:
    return _number(value) and math.isfinite(value)


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _text(pattern: str) -> Check:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _metrics(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_METRICS
        and all(len(name) <= _LONGEST_NAME and _number(one) for name, one in value.items())
    )


def _or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _step(value: Any) -> bool:
    return _whole(value, 1, _MOST_ROWS)


# Trial and lease, as `SearchState` numbers them.
_LEASE = _text(r"\d{4,9}\.\d{1,9}")

CALLS: dict[str, dict[str, Check]] = {
    "get_plan": {},
    "create_trial": {},
    "get_trial": {"lease": _LEASE},
    "update_trial": {"lease": _LEASE, "metrics": _metrics, "step": _step},
    "end_trial": {"lease": _LEASE, "outcome": lambda value: isinstance(value, dict)},
}

_MESSAGE: dict[str, Check] = {
    "call": lambda value: isinstance(value, str) and value in CALLS,
    "arguments": lambda value: isinstance(value, dict),
    "worker": _text(r"[\w.@:-]{1,200}"),
    "session": _text(r"[0-9a-f]{32}"),
    "client": _text(r"[0-9a-f]{32}"),
    "number": lambda value: _whole(value, 0, 2**53),
}

_OUTCOME: dict[str, Check] = {
    "ended": lambda value: isinstance(value, str) and value in _ENDINGS,
    "reason": _or_none(lambda value: isinstance(value, str) and len(value) <= LONGEST_REASON),
    "score": _or_none(_finite),
    "scores": _or_none(
        lambda value: (
            isinstance(value, list) and len(value) <= _MOST_ROWS and all(map(_finite, value))
        )
    ),
    "epochs": _or_none(lambda value: _whole(value, 0, _MOST_ROWS)),
    "begun": _or_none(lambda value: _whole(value, 0, _MOST_ROWS)),
    "seconds": _or_none(lambda value: _finite(value) and 0 <= value <= _MOST_SECONDS),
    "history": _or_none(
        lambda value: (
            isinstance(value, list) and len(value) <= _MOST_ROWS and all(map(_metrics, value))
        )
    ),
    **{name: lambda value: isinstance(value, bool) for name in ("blameless", "objective", "disk")},
}
