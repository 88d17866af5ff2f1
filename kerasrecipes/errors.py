"""Errors that the user can mend, each told in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


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


class Notice(UserWarning):
    """What the user should know although everything goes on, such as a damaged file left out.

    The command line prints it as one line.
    """


_LONGEST = 60  # characters of a foreign text in a message
_MOST = 20  # names that a message lists, which is to be a line

# Warnings that the command line prints as one line.
LINES = (RenamedWarning, Notice)


@contextmanager
def noted(notes: list[str], what: str) -> Iterator[None]:
    """Context whose failure becomes a note, for what decorates a result and must not lose it.

    Args:
        notes: takes a sentence about the failure.
        what: was to be done, as the subject of that sentence.

    Raises:
        Interrupted: if the user or the machine asked to stop.
    """
    try:
        yield
    except Interrupted:
        raise
    except Exception as error:
        lines = str(error).strip().splitlines() or ["no message"]
        notes.append(f"{what} failed and was left out: {type(error).__name__}: {lines[0][:300]}")


def excerpt(text: str) -> str:
    """Return the beginning of a text of the user's, in one line, for a message.

    Args:
        text: from a file or the command line.
    """
    # A long text is cut before its white space is looked for.
    short = " ".join(text[: _LONGEST + 1].split())
    return short if len(text) <= _LONGEST else short[: _LONGEST - 1] + "…"


def unknown(kind: str, name: str, candidates: Iterable[str]) -> UserError:
    """Error for a name that does not exist, with the nearest one that does.

    Args:
        kind: what the name should have named, such as `"recipe"`.
        name: what was received.
        candidates: every name that would be right.

    Returns:
        The error, to be raised by the caller.
    """
    # Names of columns come from files, and may be of any length and hold line breaks.
    name, *candidates = (excerpt(word) for word in (name, *map(str, candidates)))
    nearest = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    if nearest:
        return UserError(f"unknown {kind} '{name}'; did you mean '{nearest[0]}'?")
    if not candidates:
        head, of, rest = kind.partition(" of ")
        return UserError(f"unknown {kind} '{name}'; there are no {head}s{of}{rest} here")
    more = f" and {len(candidates) - _MOST} more" if len(candidates) > _MOST else ""
    choices = ", ".join(candidates[:_MOST]) + more
    return UserError(f"unknown {kind} '{name}'; choose from: {choices}")
