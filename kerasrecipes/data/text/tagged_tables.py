"""Tagged sentences in CSV, TSV or JSON lines: a word in each row, or a sentence with its tags."""

from __future__ import annotations

import ast
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kerasrecipes.data.duplicates import notes_of, value_hashes
from kerasrecipes.data.files import first_bytes, is_regular
from kerasrecipes.data.row_files import SUFFIXES, RowFile, choose, unused, wanted
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits
from kerasrecipes.data.text.tagging import TaggedExamples, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request, Splits

# Usual names of the columns, the likeliest first.
_USUAL: dict[str, tuple[str, ...]] = {
    "text": ("word", "words", "token", "tokens", "form", "text", "sentence"),
    "target": ("tag", "tags", "ner_tags", "ner", "pos_tags", "upos", "pos", "label", "labels"),
    "sentence": ("sentence #", "sentence_id", "sent_id", "sentence_number", "sentence_idx"),
}
_NAMES = [name for names in _USUAL.values() for name in names]
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_SENTENCE_WORDS = 1.5  # words of a cell, on average, from which on cells are whole sentences


@dataclass(frozen=True)
class TaggedTableSource(FileSource):
    """The user's own table of words and tags."""

    summary: str = (
        "CSV, TSV or JSON lines with a word and its tag in each row, or a sentence and its tags "
        "(--data words.csv --target Tag)"
    )
    example: ClassVar[str] = "words.csv --target Tag"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read a file, or those of a folder that are named by their splits.

        With a word in each row `--column sentence=COLUMN` tells the sentences apart: a cell that is
        new begins one, and an empty cell goes on with the last. In JSON lines words and tags may be
        lists.

        Raises:
            UserError: if there is no such file, no such columns, or a sentence has more tags than
                words.
        """
        path = self.path_of(request)
        files = _by_split(path) if path.is_dir() else {"train": path}
        parts, notes = {}, list[str]()
        known: Mapping[str, str] = request.trained_info.columns if request.trained_info else {}
        by = ""
        for name, file in files.items():
            table = _TaggedTable(file, request.options, known)
            # The columns of the first file are those of all.
            known, by = table.columns, by or table.by
            parts[name] = table.examples()
            notes += [*table.file.notes, *unused(table.file.names, table.columns)]
        if not any(map(len, parts.values())):
            raise UserError(f"there are no sentences in '{path}'")
        made, drawn = make_splits(parts, request)
        hashes = {
            name: value_hashes(
                (tuple(words), tuple(tags))
                for words, tags in zip(part.words, part.tags, strict=True)
            )
            for name, part in made.items()
        }
        notes = [*dict.fromkeys(notes), *drawn, *notes_of(hashes, "sentence")]
        return splits_of(made, request.trained_info, notes, columns=(known, by))

    def accepts(self, path: str) -> bool:
        """Whether `path` is a table, or a folder of tables that are named by their splits."""
        found = Path(path).expanduser()
        if found.is_dir():
            return "train" in _by_split(found)
        return _is_table(found)


class _TaggedTable:
    """Words and tags of a file.

    Args:
        path: of the file.
        options: the user's columns by role.
        known: columns of an earlier file.

    Raises:
        UserError: if it has no such columns.

    Attributes:
        file: the rows.
        columns: name of the column of each role.
        by: what decided the tags' column: `name`, `place`, or empty where the user did.
    """

    def __init__(self, path: Path, options: Mapping[str, Any], known: Mapping[str, str]):
        said = [*known.values(), *wanted(options)]
        self.file = RowFile(str(path), usual=_NAMES, wanted=said)
        chosen = choose(self.file.names, _USUAL, options, known)
        found, names = dict(chosen.columns), self.file.names
        # Where `sentence` and `word` are columns, the one numbers what the other is of.
        if "sentence" not in found and "text" in found and not self._whole(found["text"]):
            ids = [name for name in chosen.free if name.lower() == "sentence"]
            found |= dict(zip(["sentence"], ids, strict=False))
        left = [name for name in names if name not in found.values()]
        self.by = "" if "target" in chosen.said else "name" if "target" in found else "place"
        for role, place in (("text", 0), ("target", -1)):
            if role not in found:
                if not left:
                    raise UserError(
                        f"{path} has the columns {', '.join(names)}; one with words and one with "
                        "their tags are needed"
                    )
                found[role] = left.pop(place)
        if found["text"] == found["target"]:
            raise UserError(f"text and target are both the column '{found['text']}'; name two")
        self.columns = {role: found[role] for role in _USUAL if role in found}
        self.whole = self._whole(found["text"])
        if not self.whole and "sentence" not in found:
            raise UserError(
                f"{path} has a word in each row, and no column tells to which sentence it belongs; "
                "name one with --column sentence=COLUMN"
            )

    def _whole(self, name: str) -> bool:
        """Whether the cells of a column are whole sentences."""
        cells = [len(_listed(cell)) for cell in self.file.cells[name]]
        return sum(cells) >= _SENTENCE_WORDS * len(cells)

    def examples(self) -> TaggedExamples:
        """Return the sentences.

        Raises:
            UserError: if words and tags of a sentence differ in number, with the row.
        """
        sentences = self._sentences() if self.whole else self._joined()
        some = [(words, tags) for words, tags in sentences if words]
        return TaggedExamples([words for words, _ in some], [tags for _, tags in some])

    def _sentences(self) -> Iterator[tuple[list[str], list[str | None]]]:
        """Rows with a sentence and its tags."""
        columns = [self.columns["text"], self.columns["target"]]
        for number, (text, tag) in enumerate(self.file.rows(columns), 1):
            words, tags = _listed(text), _listed(tag)
            if len(words) != len(tags):
                raise UserError(
                    f"{self.file.path}, row {number}: {len(words)} words and {len(tags)} tags; "
                    "each word needs its tag"
                )
            yield words, list(tags)

    def _joined(self) -> Iterator[tuple[list[str], list[str | None]]]:
        """Rows with a word each, joined to sentences."""
        columns = [self.columns["text"], self.columns["target"], self.columns["sentence"]]
        rows = ((w.strip(), tag or None, of) for w, tag, of in self.file.rows(columns))
        numbered = _filled(rows)
        for _, some in itertools.groupby(numbered, key=lambda row: row[2]):
            kept = [(word, tag) for word, tag, _ in some if word]
            yield [word for word, _ in kept], [tag for _, tag in kept]


def _filled(
    rows: Iterable[tuple[str, str | None, str]],
) -> Iterator[tuple[str, str | None, str]]:
    """Rows of which an empty cell of the sentence goes on with the last."""
    last = ""
    for word, tag, of in rows:
        last = of or last
        yield word, tag, last


def _listed(cell: str) -> list[str]:
    """Words of a cell: a list as JSON or as Python writes it, or words with spaces between."""
    text = cell.strip()
    if text.startswith("[") and text.endswith("]"):
        for parse in (json.loads, ast.literal_eval):  # neither of which runs anything
            try:
                return [str(word) for word in parse(text)]
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    return text.split()


def _is_table(path: Path) -> bool:
    if path.suffix.lower() not in SUFFIXES or not is_regular(path):
        return False
    # Empty lines end sentences in the formats of CoNLL, which have tabs too.
    return b"\n\n" not in first_bytes(str(path), _SAMPLE).replace(b"\r", b"")


def _by_split(folder: Path) -> dict[str, Path]:
    """Tables of a folder by the splits that they are named by."""
    files: Sequence[Path] = sorted(filter(_is_table, folder.iterdir()))
    named = ((SPLIT_OF_WORD.get(file.stem.lower()), file) for file in files)
    return {name: file for name, file in named if name}
