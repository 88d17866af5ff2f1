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
    moved |= _taken(facts, "task", "inputs", "target")
    if "table" in facts:
        moved.setdefault("columns", {"target": ", ".join(facts["table"]["targets"])})
    baselines = _taken(facts, "best_perplexity", "bigram_perplexity")
    if baselines:
        moved["baselines"] = baselines
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


def _table(facts: dict[str, Any]) -> dict[str, Any] | None:
    if "table" not in facts:
        return None
    facts.pop("features", None)  # follow from the columns
    return {"kind": "table", **facts.pop("table")}


def _text(facts: dict[str, Any]) -> dict[str, Any] | None:
    if not {"tokenizer", "text"} <= set(facts):
        return None
    return {"kind": "text", **facts.pop("text"), **_taken(facts, "tokenizer", "vectors")}


def _tags(facts: dict[str, Any]) -> dict[str, Any] | None:
    if not {"tokenizer", "letters"} <= set(facts):
        return None
    letters = facts.pop("letters")
    return {
        "kind": "tags",
        "characters": letters.get("tokenizer"),
        "characters_per_word": letters["length"],
        **_taken(facts, "tokenizer", "vectors"),
    }


def _language_model(facts: dict[str, Any]) -> dict[str, Any] | None:
    if "tokenizer" not in facts:
        return None
    return {"kind": "language_model", **_taken(facts, "tokenizer", "vectors")}


def _translation(facts: dict[str, Any]) -> dict[str, Any] | None:
    if "source_tokenizer" not in facts:
        return None
    return {
        "kind": "translation",
        "source": facts.pop("source_tokenizer"),
        "target": facts.pop("target_tokenizer"),
        "source_characters": facts.pop("source_letters"),
        **_taken(facts, "longest_source", "longest_target"),
    }


def _taken(facts: dict[str, Any], *names: str) -> dict[str, Any]:
    """Take entries out of the facts, where they are."""
    return {name: facts.pop(name) for name in names if name in facts}


# What was a fact, and the field that it is now.
_FIELDS = {
    "columns": "columns",
    "drawn": "drawn",
    "examples": "num_examples",
    "languages": "languages",
    "source_size": "source_vocabulary_size",
    "spans": "spans",
}
_KINDS: tuple[Callable[[dict[str, Any]], dict[str, Any] | None], ...] = (
    # What has more entries comes before what has some of them too.
    _caption,
    _image,
    _table,
    _text,
    _tags,
    _language_model,
    _translation,
)
