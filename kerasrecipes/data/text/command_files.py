"""Commands with intents and slots in the user's own files.

Three forms are read: folders with `seq.in`, `seq.out` and `label`, as ATIS and SNIPS are passed on;
the JSON files of SNIPS, in which a text is cut into pieces with and without an entity; and tables
with a column of texts, one of tags and one of intents.

Reference:
    [Slot-Gated Modeling for Joint Slot Filling and Intent
    Prediction](https://aclanthology.org/N18-2118) (Goo et al., 2018); [Snips Voice
    Platform](https://arxiv.org/abs/1805.10190) (Coucke et al., 2018)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kerasrecipes.data.duplicates import notes_of, value_hashes
from kerasrecipes.data.files import read_text
from kerasrecipes.data.row_files import rows_of_roles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, split_of, splits_of, words_of
from kerasrecipes.data.text.assistant import OUTSIDE, Commands
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PARALLEL = ("seq.in", "seq.out", "label")

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
# Usual names of the columns, the likeliest first.
_USUAL = {
    "text": ("text", "utterance", "sentence", "command", "words", "query"),
    "slots": ("slots", "tags", "slot", "labels", "seq_out"),
    "target": ("intent", "label", "target", "class"),
}

Row = tuple[Sequence[str], Sequence[str], str]  # words, tags, intent


@dataclass(frozen=True)
class CommandSource(FileSource):
    """The user's own commands: ATIS's folders, SNIPS's JSON files, or tables."""

    summary: str = (
        "folders of seq.in, seq.out and label, SNIPS's JSON files, or a table of text, slots and "
        "intent"
    )
    example: ClassVar[str] = "atis/"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the files; missing splits are drawn, stratified by intent.

        Raises:
            UserError: if a command has not a tag for each word, with file and line, or there are no
                commands.
        """
        path, found = self.path_of(request), list[str]()
        parts = {
            name: _commands([row for file in files for row in read(file, request.options, found)])
            for name, files in files_by_split(path).items()
        }
        if not any(map(len, parts.values())):
            raise UserError(f"there are no commands in '{path}'")
        if "train" not in parts and request.trained_info is None:
            raise UserError(f"'{path}' has no training commands: name a file or folder train")
        made, notes = make_splits(parts, request, labels=lambda part: _indices(part.intents))
        hashes = {
            name: value_hashes(tuple(words) for words in part.words) for name, part in made.items()
        }
        return splits_of(
            made, Info(), [*dict.fromkeys(found), *notes, *notes_of(hashes, "command")]
        )

    def accepts(self, path: str) -> bool:
        """Whether `path` is a file or a folder of one of the three forms."""
        found = Path(path).expanduser()
        if found.is_dir():
            return bool(files_by_split(found))
        return found.is_file() and found.suffix.lower() in (*_TABLES, ".json")


def read(
    path: Path, options: Mapping[str, Any] | None = None, notes: list[str] | None = None
) -> list[Row]:
    """Read the commands of a file, or of a folder with three parallel files.

    Args:
        path: a folder with `seq.in`, `seq.out` and `label`; SNIPS's JSON; or a table.
        options: the user's columns of a table by role; by default found by their names.
        notes: sentences for the user, which gain those on a table's rows.

    Returns:
        Words, tags and intent of each command.

    Raises:
        UserError: if it is not of that form, or a command has not a tag for each word.
    """
    if path.is_dir():
        rows = _parallel(path)
    elif path.suffix.lower() == ".json":
        rows = _snips(path)
    else:
        rows = _table(path, options or {}, [] if notes is None else notes)
    return list(rows)


def files_by_split(path: Path) -> dict[str, list[Path]]:
    """Return what `read` is to read for each split; what is alone is all training.

    Args:
        path: a file, or a folder with files or folders that are named by their splits.
    """
    if not path.is_dir() or _is_parallel(path):
        return {"train": [path]}
    found: dict[str, list[Path]] = {}
    others = []
    # SNIPS has a folder for each intent.
    inner = [p for p in sorted(path.glob("*/*.json")) if not p.name.startswith(".")]
    for item in [*sorted(path.iterdir()), *inner]:
        if not (_is_parallel(item) or item.suffix.lower() in (*_TABLES, ".json")):
            continue
        if split := split_of(words_of(item.name)):
            found.setdefault(split, []).append(item)
        else:
            others.append(item)
    return {name: _whole(files) for name, files in found.items()} or (
        {"train": others} if others else {}
    )


def _whole(files: Sequence[Path]) -> list[Path]:
    """Leave out samples of files that are there whole, as SNIPS's `train_X.json` is of
    `train_X_full.json`.
    """
    whole = {f.with_name(f.name.replace("_full", "")) for f in files if "_full" in f.name}
    return [file for file in files if file not in whole]


def _is_parallel(path: Path) -> bool:
    return path.is_dir() and all((path / name).is_file() for name in PARALLEL)


def _commands(rows: Sequence[Row]) -> Commands:
    return Commands([r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows])


def _indices(intents: Sequence[str]) -> Any:
    import numpy as np

    return np.unique(intents, return_inverse=True)[1]


def _parallel(folder: Path) -> Iterator[Row]:
    # Not splitlines: words may hold other characters that Python takes for the end of a line.
    lines = [read_text(folder / name).rstrip("\n").split("\n") for name in PARALLEL]
    counts = [len(part) for part in lines]
    if len(set(counts)) > 1:
        told = ", ".join(f"{n:,} in {name}" for n, name in zip(counts, PARALLEL, strict=True))
        raise UserError(f"{folder}: the three files must have equally many lines, received {told}")
    for number, (text, tags, intent) in enumerate(zip(*lines, strict=True), 1):
        if text.strip() or tags.strip():
            yield _checked(f"{folder / 'seq.out'}, line {number}", text, tags, intent)


def _checked(where: str, text: str, tags: str, intent: str) -> Row:
    words, given, intent = text.split(), tags.split(), intent.strip()
    if len(words) != len(given):
        raise UserError(
            f"{where}: expected a tag for each of the {len(words)} words of "
            f"'{' '.join(words)[:60]}', received {len(given)}"
        )
    if not words or not intent:
        raise UserError(f"{where}: the {'intent' if words else 'text'} is empty")
    return words, given, intent


def _snips(path: Path) -> Iterator[Row]:
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON: {str(error)[:120]}") from None
    wanted = f'{path}: expected {{"intent": [{{"data": [{{"text": …, "entity": …}}]}}]}}'
    if not isinstance(content, dict):
        raise UserError(f"{wanted}, received a {type(content).__name__}")
    for intent, commands in content.items():
        for number, command in enumerate(commands if isinstance(commands, list) else [None], 1):
            try:
                pieces = [(piece["text"].split(), piece.get("entity")) for piece in command["data"]]
            except (TypeError, KeyError, AttributeError):
                raise UserError(
                    f"{wanted}; command {number} of {intent} has another form"
                ) from None
            words = [word for some, _ in pieces for word in some]
            tags = [
                OUTSIDE if entity is None else f"{'I' if place else 'B'}-{entity}"
                for some, entity in pieces
                for place, _ in enumerate(some)
            ]
            if words:
                yield words, tags, intent


def _table(path: Path, options: Mapping[str, Any], notes: list[str]) -> Iterator[Row]:
    for number, row in enumerate(rows_of_roles(path, _USUAL, options, notes), 1):
        words, tags, intent = row
        yield _checked(f"{path}, row {number}", words, tags, intent)
