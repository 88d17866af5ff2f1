"""Metadata of runs of earlier versions, which kept what preprocesses as entries of `facts`.

What such a run has written is read here, once, into the fields that hold it now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def without_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entries of an `info.json` with the facts of earlier versions in their fields.

    Args:
        values: entries by name, of any version.

    Returns:
        Entries of today; `facts` keeps what it had besides.
    """
    if "preprocessor" in values or not values.get("facts"):
        return dict(values)
    facts = dict(values["facts"])
    moved: dict[str, Any] = {
        name: facts.pop(earlier) for earlier, name in _FIELDS.items() if earlier in facts
    }
    for convert in _KINDS:
        preprocessor = convert(facts)
        if preprocessor is not None:
            moved["preprocessor"] = preprocessor
            break
    return {**values, **moved, "facts": facts}


def _image(facts: dict[str, Any]) -> dict[str, Any] | None:
    if "image" not in facts:
        return None
    found = {"kind": "image", "frame": facts.pop("image"), **_taken(facts, "ink", "base")}
    kernel = facts.pop("kernel", None)
    if kernel is not None:
        facts.pop("task", None)  # always the regression
        found |= {"kind": "edges", "kernel": kernel}
    return found


def _caption(facts: dict[str, Any]) -> dict[str, Any] | None:
    if not {"image", "tokenizer", "longest"} <= set(facts):
        return None
    return {
        "kind": "caption",
        "image": {"frame": facts.pop("image"), **_taken(facts, "base")},
        "max_length": facts.pop("longest"),
        **_taken(facts, "tokenizer", "weights", "alpha", "decoder"),
    }


def _taken(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    """Take entries out of the facts, where they are."""
    return {name: facts.pop(name) for name in names if name in facts}


# What was a fact, and the field that it is now.
_FIELDS = {"drawn": "drawn", "examples": "num_examples"}
_KINDS: tuple[Callable[[dict[str, Any]], dict[str, Any] | None], ...] = (
    # Captions first, as they are of images.
    _caption,
    _image,
)
