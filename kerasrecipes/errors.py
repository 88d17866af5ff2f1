"""Errors that the user can mend, each told in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """A mistake in what the user asked for or brought along.

    Its message says what was wrong, what was received and what would be right, in one sentence. The
    command line prints it as one line and exits with status 2; from Python it is a `ValueError`.
    """


class Interrupted(UserError):
    """Training was stopped by the user or by the machine, and its state is saved."""


class RenamedWarning(FutureWarning):
    """A name was given by the spelling of an earlier version, which still works.

    The command line prints it as one line.
    """


def unknown(kind: str, name: str, candidates: Iterable[str]) -> UserError:
    """Error for a name that does not exist, with the nearest one that does.

    Args:
        kind: what the name should have named, such as `"recipe"`.
        name: what was received.
        candidates: every name that would be right.

    Returns:
        The error, to be raised by the caller.
    """
    candidates = [str(candidate) for candidate in candidates]
    nearest = difflib.get_close_matches(name, candidates, n=1, cutoff=0.5)
    if nearest:
        return UserError(f"unknown {kind} '{name}'; did you mean '{nearest[0]}'?")
    choices = ", ".join(candidates) if candidates else "there is none"
    return UserError(f"unknown {kind} '{name}'; choose from: {choices}")
