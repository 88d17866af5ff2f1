"""The kinds of answers by name, and plain dictionaries of a page as answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Box, Boxes, Film, Image, Mask, Point, Points
from kerasrecipes.answers.sound import Audio, Midi, Note, Segment, Transcript
from kerasrecipes.answers.words import (
    Chance,
    Failure,
    Label,
    Labels,
    Quote,
    Reply,
    Table,
    Text,
    Tokens,
    Value,
    Word,
)
from kerasrecipes.errors import UserError

KINDS: dict[str, type[Answer]] = {
    kind.kind: kind
    for kind in (
        *(Answer, Failure, Label, Labels, Value, Text, Quote, Tokens, Reply),
        *(Image, Film, Mask, Boxes, Points, Audio, Midi, Transcript, Table),
    )
}

# Which entry shows of what kind a plain dictionary is; the first that is there decides.
_BY_ENTRY: dict[str, type[Answer]] = {
    "error": Failure,
    "reply": Reply,
    "words": Tokens,
    "label": Label,
    "value": Value,
    "values": Value,
    "probabilities": Labels,
    "mask": Mask,
    "boxes": Boxes,
    "points": Points,
    "image": Image,
    "frames": Film,
    "samples": Audio,
    "melody": Midi,
    "columns": Table,
    "segments": Transcript,
    "context": Quote,
    "text": Text,
}
_PARTS: dict[str, type[Any]] = {
    "probabilities": Chance,
    "words": Word,
    "boxes": Box,
    "points": Point,
    "melody": Note,
    "segments": Segment,
}


def as_answer(value: Answer | Mapping[str, Any]) -> Answer:
    """Turn a page's plain dictionary into an answer of its kind.

    Args:
        value: an answer, which is returned as it is; or its entries, such as
            `{"input": "a.png", "label": "cat", "probability": 0.9}`. `kind` decides where it is
            given, else the first entry that only one kind has.

    Returns:
        The answer; entries that its kind does not have are its `details`.

    Raises:
        UserError: if entries do not make an answer of the kind.
    """
    if isinstance(value, Answer):
        return value
    if not isinstance(value, Mapping):
        raise UserError(
            "'predict' of a recipe returns answers or dictionaries; received "
            f"{type(value).__name__}"
        )
    given = dict(value)
    by_entry = next((kind for name, kind in _BY_ENTRY.items() if name in given), Answer)
    kind: type[Any] = KINDS.get(given.pop("kind", ""), by_entry)
    if kind is Value and "values" in given:
        given["by_target"] = given.pop("values")
    known = {item.name for item in fields(kind)}
    details = {name: entry for name, entry in given.items() if name not in known}
    own = {name: entry for name, entry in given.items() if name in known}
    own["details"] = {**own.get("details", {}), **details}
    try:
        return kind(**{name: _parts(name, entry) for name, entry in own.items()})
    except (TypeError, ValueError) as error:
        raise UserError(f"the recipe's answer is not of the kind '{kind.kind}': {error}") from error


def _parts(name: str, entry: Any) -> Any:
    """Make the parts of an answer from plain dictionaries or sequences."""
    part = _PARTS.get(name)
    if part is None or not isinstance(entry, Iterable) or isinstance(entry, (str, bytes)):
        return entry
    return tuple(part(**item) if isinstance(item, Mapping) else part(*item) for item in entry)
