"""Translation: the user's own pairs of sentences in a table, of tabs, CSV or JSON lines."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kerasrecipes.data import roles
from kerasrecipes.data.csv_reader import unique_names
from kerasrecipes.data.files import is_regular
from kerasrecipes.data.row_files import SUFFIXES, RowFile, choose, unused, wanted, weight
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.text.translation import splits_of
from kerasrecipes.data.text.translation_files import lines
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request, Splits

_TABS = (".tsv", ".txt", ".tab")
# Usual names of the columns, the likeliest first; weights are only those that the user names.
_USUAL: dict[str, tuple[str, ...]] = {
    "text": ("source", "src", "source_text", "input", "question", "text", "sentence", "original"),
    "target": ("target", "tgt", "target_text", "output", "answer", "translation", "response"),
    "weight": (),
}
_NAMES = [name for names in _USUAL.values() for name in names]
_BOTH = ("text", "target")
# A first line with nothing but these names the languages of the columns.
_LANGUAGES = {
    *("arabic", "chinese", "czech", "danish", "dutch", "english", "finnish"),
    *("french", "german", "greek", "hebrew", "hindi", "hungarian", "indonesian"),
    *("italian", "japanese", "korean", "norwegian", "persian", "polish", "portuguese"),
    *("romanian", "russian", "spanish", "swedish", "turkish", "ukrainian", "vietnamese"),
    *("ar", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id"),
    *("it", "ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi", "zh"),
}
_LOOKED_AT = 1000  # lines, enough to tell ids from sentences, however large the file


@dataclass(frozen=True)
class PairFileSource(FileSource):
    """The user's own file with a sentence and its translation in each row.

    Lines with a tab, as Tatoeba and Anki write them with further columns, CSV or JSON lines.
    """

    summary: str = (
        "a file of your own with a sentence and its translation in each row: lines with a tab, CSV "
        "or JSON lines (--data spa.txt)"
    )
    example: ClassVar[str] = "spa.txt"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the pairs; `--target 1` translates to the first column of sentences.

        Columns are named by `--column text=question --column target=answer`, else by their usual
        names, else they are the first two that hold no numbers. `--column weight=count` says how
        much each pair counts in training.

        Raises:
            UserError: if there is no such file, or it has no two columns of sentences.
        """
        path = _table(self.path_of(request))
        options = request.options
        file: RowFile | _TabLines
        if _has_tab(path):
            file = _TabLines(path, wanted(options))
        else:
            file = RowFile(str(path), usual=_NAMES, wanted=wanted(options))
        texts = [name for name in file.names if not _are_numbers(file.cells[name])]
        if len(texts) < 2:
            raise UserError(f"{path} needs two columns of sentences, received {len(texts)}")
        columns, by = _sides(file, texts, request)
        # Without a header a column has the number that it has among those of sentences.
        words = {name: name if file.header else f"column {texts.index(name) + 1}" for name in texts}
        rows = file.rows([columns[role] for role in _USUAL if role in columns])
        pairs = [(source.strip(), target, *rest) for source, target, *rest in rows]
        weights = [weight(row[2], columns["weight"]) for row in pairs if len(row) > 2]
        return splits_of(
            {"train": [(row[0], row[1]) for row in pairs]},
            request,
            (words.get(columns["text"], ""), words.get(columns["target"], "")),
            str(path),
            [*file.notes, *(unused(file.names, columns) if file.header else ())],
            weights={"train": weights} if weights else None,
            columns=(columns, by) if file.header else ({}, ""),
        )

    def accepts(self, path: str) -> bool:
        """Whether `path` is a file with tabs, CSV or JSON lines, or a folder with one such file."""
        try:
            return bool(_table(Path(path).expanduser()))
        except UserError:
            return False


def _table(path: Path) -> Path:
    if path.is_dir():
        files = [
            file
            for file in sorted(path.iterdir())
            if not file.name.startswith(("_", ".")) and _is_table(file)
        ]
        if len(files) != 1:
            raise UserError(
                f"the folder {path} holds {len(files)} files of pairs, with tabs, CSV or JSON "
                "lines; name one of them"
            )
        return files[0]
    if not _is_table(path):
        raise UserError(f"{path} is no table of pairs: its first lines have no tab")
    return path


def _is_table(path: Path) -> bool:
    return _has_tab(path) or (path.suffix.lower() in SUFFIXES and is_regular(path))


def _has_tab(path: Path) -> bool:
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    if plain.suffix.lower() not in _TABS or not path.is_file():
        return False
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            return b"\t" in file.read(65536)  # a file that is not a table is not read whole
    except (OSError, EOFError, zlib.error):
        return False


def _sides(
    file: RowFile | _TabLines, texts: Sequence[str], request: Request
) -> tuple[dict[str, str], str]:
    """Return the columns by role, and what decided the target.

    Args:
        file: the file.
        texts: names of its columns of sentences.
        request: whose options name columns, and whose trained model had some.

    Raises:
        UserError: if the user names a column that is not there, or one column for both.
    """
    target = str(roles.column_of(request.options, "target") or "").removeprefix("column ")
    # Numbers count columns of sentences, of which ids are none.
    counted = int(target) if target.isdecimal() and target not in file.names else 0
    options = dict(request.options)
    if counted:
        del options["target"]
    trained = (request.trained_info.languages if request.trained_info else None) or ()
    if trained == ("column 2", "column 1") and not file.header and not counted:
        counted = 1
    chosen = choose(file.names, _USUAL, options, dict(zip(_BOTH, trained, strict=False)))
    found = dict(chosen.columns)
    if counted:
        if counted > 2:
            raise UserError(
                f"--target {counted}: the translation is in column 1 or 2; give one of them"
            )
        found["target"] = texts[counted - 1]
        found.setdefault("text", texts[2 - counted])
    by = "" if counted or "target" in chosen.said else "name" if "target" in found else "cells"
    for role in _BOTH:
        others = [name for name in texts if name not in found.values()]
        if role not in found and not others:
            raise UserError(f"there is no column of sentences beside '{found[_BOTH[0]]}'")
        found.setdefault(role, others[0] if others else "")
    if found["text"] == found["target"]:
        raise UserError(f"text and target are both the column '{found['text']}'; name two")
    return {role: found[role] for role in _USUAL if role in found}, by


def _are_numbers(cells: Sequence[str]) -> bool:
    return all(cell.strip().isdigit() for cell in cells)


class _TabLines:
    """Lines of sentences with tabs between, in which quotation marks are part of the text.

    Args:
        path: of the file, plain or `.gz`.
        wanted: columns that the user names.

    Attributes:
        names: of the columns; `column_1` and so on where there is no header.
        header: whether the first line holds the names.
        cells: the first cells of each column, by name.
        notes: sentences for the user on lines that are left out, complete after `rows`.
    """

    def __init__(self, path: Path, wanted: Sequence[str]):
        self.lines = [line.split("\t") for line in lines(path) if line.strip()]
        first = [" ".join(cell.split()) for cell in self.lines[0]]
        lower = {cell.lower() for cell in first}
        named = {word.lower() for word in wanted if not word.lstrip("-").isdecimal()}
        self.header = bool(lower & {*_NAMES, *named}) or all(
            cell.lower() in _LANGUAGES for cell in first
        )
        width = max(map(len, self.lines[:_LOOKED_AT]))
        numbered = [f"column_{number}" for number in range(1, width + 1)]
        self.names, self.notes = numbered, list[str]()
        if self.header:
            self.names, self.notes = unique_names([*first, *[""] * (width - len(first))])
            del self.lines[0]
        some = self.lines[:_LOOKED_AT]
        self.cells = {
            name: [row[index] for row in some if len(row) > index]
            for index, name in enumerate(self.names)
        }

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Iterate over the cells of some columns, of the lines that have them all."""
        indices = [self.names.index(name) for name in columns]
        whole = [row for row in self.lines if len(row) > max(indices)]
        if skipped := len(self.lines) - len(whole):
            self.notes.append(f"{skipped:,} lines without a tab are left out")
        return (tuple(row[index].strip() for index in indices) for row in whole)
