"""Templates of answers: sentences with slots in braces, "I wake you[ on {day}] at {time}."

What stands in square brackets is said only if its slots are there.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from kerasrecipes.data.files import read_text
from kerasrecipes.errors import UserError, unknown

_SLOT = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


def read_templates(path: str | Path, intents: Collection[str]) -> dict[str, str]:
    """Read the templates of a file.

    Args:
        path: of a JSON or TOML file with a sentence for each intent.
        intents: that there are.

    Returns:
        The sentences by intent; intents that the file lacks are absent.

    Raises:
        UserError: if it is not such a file, or names an intent that there is not.
    """
    text, toml = read_text(Path(path).expanduser()), str(path).lower().endswith(".toml")
    try:
        found = tomllib.loads(text) if toml else json.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "TOML" if toml else "JSON"
        raise UserError(f"{path} is not {kind}: {str(error)[:120]}") from None
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise UserError(
            f"{path}: expected a sentence for each intent, such as "
            '{"wake": "I wake you at {time}."}'
        )
    for name in found:
        if name not in intents:
            raise unknown("intent", name, intents)
    return found


def slots_of(template: str) -> list[str]:
    """Return the names of the slots that a template needs, in order, each once."""
    return list(dict.fromkeys(_SLOT.findall(_OPTIONAL.sub("", template))))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its slots filled, or, where some are missing, what it wants to know.

    Args:
        template: such as `I wake you at {time}.`.
        values: text of each slot that was found.
    """
    missing = [name for name in slots_of(template) if name not in values]
    if missing:
        return f"Please tell me: {', '.join(readable(name) for name in missing)}."

    def optional(match: re.Match[str]) -> str:
        there = all(name in values for name in _SLOT.findall(match[1]))
        return match[1] if there else ""

    return _SLOT.sub(lambda match: values[match[1]], _OPTIONAL.sub(optional, template))


def readable(name: str) -> str:
    """Write a name of files as words: `depart_date.day_name` is "depart date day name", and
    `flight#fare`, both at once, "flight + fare".
    """
    return " + ".join(re.sub(r"[\W_]+", " ", part).strip() for part in name.split("#"))
