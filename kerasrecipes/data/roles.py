"""Columns of the user's data: which role each has, and what it is to be taken for.

`--column target=price` gives a column a role; `--column zip=category` says what a column holds.
`--text` and `--target` are short forms of their roles.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kerasrecipes.errors import UserError, excerpt, unknown

ROLES = {
    "text": "the texts, or the language to translate from",
    "target": "what is to be predicted",
    "weight": "how much each example counts in training",
    "image": "the names of image files",
    "age": "ages in years",
    "gender": "genders",
    "emotion": "emotions",
    "split": "train, validation or test, for each row",
    "time": "when each row was",
    "series": "which series each row belongs to",
    "audio": "the names of recordings",
    "sentence": "which sentence each word belongs to",
    "speaker": "who speaks; nobody does in two splits",
    "person": "who is shown; nobody is in two splits",
    "slots": "a tag for each word of a text, with spaces between",
    "context": "the texts that questions are about",
    "question": "what is asked",
}
# What a column can be taken for, with a word for several of them.
KINDS = {
    "number": "numbers",
    "category": "categories",
    "boolean": "yes or no",
    "date": "dates",
    "text": "texts",
    "id": "ids",
    "ignore": "ignored",
}
# Options of the data that are roles themselves.
SHORT_FORMS = ("text", "target")
_ALIASES = {
    "caption": "target",
    "label": "target",
    "intent": "target",
    "answer": "target",
    "source": "text",
    "sample_weight": "weight",
}


@dataclass(frozen=True)
class Columns:
    """What the user said about columns.

    Args:
        roles: the column of each role, as it was named.
        kinds: what columns are to be taken for, by their names.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


def check(options: Mapping[str, Any], roles: Collection[str], kinds: bool, what: str) -> None:
    """Refuse roles and kinds that a source has no use for, before it reads anything.

    Args:
        options: options of the data.
        roles: the roles that the source knows.
        kinds: whether its columns are taken for numbers, categories and so on.
        what: the data, for messages.

    Raises:
        UserError: if a role or a kind does not exist, or is none of this source.
    """
    for role in SHORT_FORMS:
        if options.get(role) and role not in roles:
            raise _useless(f"--{role} {options[role]}", roles, what)
    for left, right in _said(options):
        role = _ALIASES.get(left, left)
        if role in roles or (kinds and right in KINDS):
            continue
        if role in ROLES or right in KINDS:
            raise _useless(f"--column {left}={right}", roles, what)
        raise _neither(left, right, roles, kinds)


def _neither(left: str, right: str, roles: Collection[str], kinds: bool) -> UserError:
    """Error for a column that is given neither a role nor a kind that there is."""
    as_kind, as_role = (
        unknown("kind of a column", right, KINDS),
        unknown("role of a column", left, roles),
    )
    if not kinds:
        return as_role
    # What is misspelt is told by what it is nearest to.
    for error in (as_kind, as_role):
        if "did you mean" in str(error):
            return error
    return UserError(
        f"unknown kind '{excerpt(right)}' of the column '{excerpt(left)}'; kinds are "
        f"{', '.join(KINDS)}; or give a role, as in target=COLUMN: {', '.join(roles)}"
    )


def named(options: Mapping[str, Any], names: Sequence[str], roles: Collection[str]) -> Columns:
    """Return what the user said about the columns of a table.

    Args:
        options: options of the data: `text`, `target`, and `column` with a mapping.
        names: names of all columns.
        roles: the roles that the source knows.

    Raises:
        UserError: if a column does not exist, or a role is given twice.
    """
    found = {role: str(options[role]) for role in SHORT_FORMS if options.get(role)}
    kinds: dict[str, str] = {}
    for left, right in _said(options):
        role = _ALIASES.get(left, left)
        # A column may be called `text`: then `text=category` says what it holds.
        if right in KINDS and (left in names or role not in roles) and right not in names:
            kinds[find(names, left)] = right
        elif role in roles:
            if found.get(role, right) != right:
                raise _twice(role, found[role], right)
            found[role] = right
        else:
            raise unknown("role of a column", left, roles)
    return Columns(found, kinds)


def column_of(options: Mapping[str, Any], role: str) -> str | None:
    """Return the column that the user gave a role, by `--target` or `--column target=…`, as it was
    named.

    Args:
        options: options of the data.
        role: such as `target`.

    Raises:
        UserError: if it was given to two.
    """
    found = str(options[role]) if role in SHORT_FORMS and options.get(role) else None
    for left, right in _said(options):
        if _ALIASES.get(left, left) == role:
            if found not in (None, right):
                raise _twice(role, str(found), right)
            found = right
    return found


def find(names: Sequence[str], word: str, what: str = "column") -> str:
    """Return the name of a column that the user named, or counted from 1 or back from -1.

    Args:
        names: of all columns.
        word: the name, in any case, or the number.
        what: the column's part, for messages.

    Raises:
        UserError: if there is no such column.
    """
    # Names go before numbers, as a column may be called 3.
    exact = [name for name in names if name == word] or [
        name for name in names if name.lower() == word.lower()
    ]
    if exact:
        return exact[0]
    try:
        number = int(word)
    except ValueError:
        raise unknown(what, word, names) from None
    if not 1 <= abs(number) <= len(names):
        raise UserError(f"there is no {what} {number}; the table has {len(names)}")
    return names[number - 1] if number > 0 else names[number]


def parse(words: Sequence[str]) -> dict[str, str]:
    """Return the two sides of each `LEFT=RIGHT` that `--column` was given.

    Raises:
        UserError: if a word has no two sides, or says another thing about the same column.
    """
    found: dict[str, str] = {}
    for word in words:
        # The name of a column may have an equals sign itself, and no kind has one.
        left, equals, right = word.rpartition("=")
        if right not in KINDS:
            left, equals, right = word.partition("=")
        if not (left.strip() and equals and right.strip()):
            raise UserError(
                f"--column {word}: give a role and a column, such as weight=count, "
                "or a column and what it holds, such as zip=category"
            )
        left, right = left.strip(), right.strip()
        if found.setdefault(left, right) != right:
            raise UserError(f"--column says both {left}={found[left]} and {left}={right}; give one")
    return found


def divide(
    given: Mapping[str, Any], settings: Collection[str] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide what was given by name into options of the data and the rest.

    Args:
        given: `target`, `text` and `column` among others; `column` is a mapping, or one or several
            texts as on the command line, such as `"weight=count"`.
        settings: names that are the recipe's own settings, and so no options.

    Returns:
        The options, and what is left.

    Raises:
        UserError: if `column` has no two sides.
    """
    names = [name for name in (*SHORT_FORMS, "column") if name in given and name not in settings]
    options = {name: given[name] for name in names if given[name] is not None}
    column = options.get("column")
    if column is not None and not isinstance(column, Mapping):
        options["column"] = parse([column] if isinstance(column, str) else list(column))
    return options, {name: value for name, value in given.items() if name not in names}


def headline(columns: Mapping[str, str], by: str) -> str:
    """Return which columns a run learns from and predicts, empty where the data has none.

    Args:
        columns: column by role.
        by: what decided it: `name`, `place`, `cells`, or empty where the user did.
    """
    why = {
        "name": "by its name; --target takes another",
        "place": "the last column; --target takes another",
        "cells": "by its cells; --target takes another",
    }.get(by)
    parts = [f"{role} '{column}'" for role, column in columns.items()]
    return ", ".join(parts) + (f" ({why})" if why and parts else "")


def taken(columns: Mapping[str, str]) -> list[str]:
    """Return a note on the columns that were taken, empty where there are none.

    Args:
        columns: column by role.
    """
    named = ", ".join(f"{role} '{excerpt(column)}'" for role, column in columns.items())
    return [f"columns by their roles: {named}"] if named else []


def _said(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    said = options.get("column") or {}
    if not isinstance(said, Mapping):
        raise UserError(f"the option column must be a table of names, received {said!r}")
    return [(str(left), str(right)) for left, right in said.items()]


def _twice(role: str, one: str, other: str) -> UserError:
    return UserError(f"two columns are to be the {role}: '{one}' and '{other}'; give one")


def _useless(given: str, roles: Collection[str], what: str) -> UserError:
    known = f"it knows {', '.join(roles)}" if roles else "it has no columns to name"
    return UserError(f"{given} means nothing for {what}: {known}")
