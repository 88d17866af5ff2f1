"""Tagged sentences in the column formats of the CoNLL shared tasks.

CoNLL-U has ten columns between tabs and numbers its words; CoNLL-2003 and its kin have a word first
and its tag last, with spaces or tabs between. In both an empty line ends a sentence.

Reference:
    [CoNLL-U Format](https://universaldependencies.org/format.html);
    [Introduction to the CoNLL-2003 Shared Task](https://aclanthology.org/W03-0419/)
    (Tjong Kim Sang and De Meulder, 2003)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kerasrecipes.data import roles
from kerasrecipes.data.duplicates import notes_of, value_hashes
from kerasrecipes.data.files import read_text
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits
from kerasrecipes.data.text.tagging import TaggedExamples, splits_of
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import SPLITS, Request, Splits

CONLLU_COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")
CONLL2003_COLUMNS = ("word", "pos", "chunk", "ner")

# CoNLL-2003 calls its splits train, testa and testb.
_SPLIT_OF_WORD = SPLIT_OF_WORD | {"devel": "validation", "testa": "validation", "testb": "test"}
_SUFFIXES = (
    ".conllu",
    ".conll",
    ".bio",
    ".iob",
    ".iob2",
    ".txt",
    ".tsv",
    ".train",
    ".testa",
    ".testb",
)
_NO_TRAINING_FILE = "'{}' has no file with train in its name, such as en-ud-train.conllu"


@dataclass(frozen=True)
class ConllSource(FileSource):
    """The user's own files of words and tags; `--target` names the column of tags."""

    summary: str = (
        "CoNLL-U or CoNLL-2003, a file or a folder with train, dev and test "
        "(--data FOLDER --target xpos)"
    )
    example: ClassVar[str] = "FOLDER --target xpos"
    roles: ClassVar[tuple[str, ...]] = ("target",)

    def load(self, request: Request) -> Splits:
        """Read the files; missing splits are drawn.

        The tags of CoNLL-U are those of the column `upos`, of other files those of the last column.

        Raises:
            UserError: if a line is malformed, with file and number, or there are no sentences.
        """
        path, target = self.path_of(request), roles.column_of(request.options, "target")
        parts = {
            name: _joined([read(file, target) for file in files])
            for name, files in _files_by_split(path).items()
        }
        if not any(len(part) for part in parts.values()):
            raise UserError(f"there are no sentences in '{path}'")
        if "train" not in parts and request.trained_info is None:
            raise UserError(_NO_TRAINING_FILE.format(path))
        made, notes = make_splits(parts, request)
        hashes = {
            name: value_hashes(
                (tuple(words), tuple(tags))
                for words, tags in zip(part.words, part.tags, strict=True)
            )
            for name, part in made.items()
        }
        repeated = notes_of(hashes, "sentence")
        return splits_of(made, request.trained_info, [*notes, *repeated])

    def accepts(self, path: str) -> bool:
        """Whether `path` is a file, or a folder with a file that may hold tagged sentences."""
        found = Path(path).expanduser()
        return found.is_file() or (found.is_dir() and bool(_candidates(found)))


def read(path: Path, target: str | None = None) -> TaggedExamples:
    """Read a file in CoNLL-U or CoNLL-2003 format.

    Comments, multi-word tokens (`3-4`) and empty nodes (`3.1`) of CoNLL-U are skipped, and `_` is
    no tag; `-DOCSTART-` lines of other files are skipped.

    Args:
        path: path of the file.
        target: name of the column of tags, or its number from 1; by default `upos`, or the last.

    Returns:
        The sentences as words, with a tag for each word.

    Raises:
        UserError: if a line is not as its format wants it, with file and number.
    """
    # Not splitlines: words may hold other characters that Python takes for the end of a line.
    rows = [line.rstrip("\r") for line in read_text(path).split("\n")]
    lines = list(enumerate(rows, start=1))
    first = next((line for line in rows if line and not line.startswith("#")), "")
    if len(first.split("\t")) == len(CONLLU_COLUMNS):
        return _read_conllu(path, lines, _column(target, CONLLU_COLUMNS, "upos"))
    return _read_columns(path, lines, target)


def _read_conllu(path: Path, lines: Sequence[tuple[int, str]], column: int) -> TaggedExamples:
    sentences = _Sentences()
    for number, line in lines:
        if not line.strip():
            sentences.end()
            continue
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(CONLLU_COLUMNS):
            raise _broken(
                path, number, f"expected 10 columns with tabs between, received {len(cells)}"
            )
        if re.fullmatch(r"\d+-\d+|\d+\.\d+", cells[0]):
            continue  # a multi-word token, whose words follow, or an empty node
        if cells[0] != str(len(sentences.words) + 1):
            hint = "; is the empty line between two sentences missing?" if cells[0] == "1" else ""
            expected = f"expected the word's number {len(sentences.words) + 1}"
            raise _broken(path, number, f"{expected}, received '{cells[0]}'{hint}")
        if not cells[1]:
            raise _broken(path, number, "the word is empty")
        sentences.add(cells[1], None if cells[column] in ("_", "") else cells[column])
    return sentences.done()


def _read_columns(
    path: Path, lines: Sequence[tuple[int, str]], target: str | None
) -> TaggedExamples:
    """Read CoNLL-2003's format, with any number of columns."""
    sentences, count, column = _Sentences(), 0, 0
    for number, line in lines:
        cells = _cells(line)
        if not cells or cells[0] == "-DOCSTART-":
            sentences.end()
            continue
        # A comment, unless it has as many cells as a word: "# O" is a tagged number sign.
        if line.startswith("#") and len(cells) != (count or 2):
            continue
        if not count:
            if len(cells) < 2:
                raise _broken(path, number, "expected a word and its tag, received one column")
            count = len(cells)
            # Files of other widths have no names that are agreed on; their columns have numbers.
            numbers = [str(number) for number in range(1, count + 1)]
            names = CONLL2003_COLUMNS if count == len(CONLL2003_COLUMNS) else numbers
            column = _column(target, names, -1)
        if len(cells) != count:
            raise _broken(
                path,
                number,
                f"expected {count} columns as in the lines before, received {len(cells)}",
            )
        sentences.add(cells[0], cells[column])
    return sentences.done()


def _cells(line: str) -> list[str]:
    """Split a line at its tabs, or where it has none at its spaces."""
    if not line.strip():
        return []
    # With tabs a word may hold spaces, as "New York" does, or be an empty cell.
    return line.split("\t") if "\t" in line.strip() else re.split(" +", line.strip(" "))


def _column(target: str | None, names: Sequence[str], default: str | int) -> int:
    """Index of the column of tags, by its name or by its number from 1."""
    if target is None:
        return names.index(default) if isinstance(default, str) else default
    if target.lower() in names:
        return names.index(target.lower())
    numbers = [str(number) for number in range(1, len(names) + 1)]
    if target in numbers:
        return numbers.index(target)
    raise unknown("column of tags", target, names)


def _broken(path: Path, number: int, what: str) -> UserError:
    return UserError(f"{path}, line {number}: {what}")


class _Sentences:
    """Collects words and tags until a sentence ends."""

    def __init__(self) -> None:
        self.sentences: list[tuple[list[str], list[str | None]]] = []
        self.words: list[str] = []
        self.tags: list[str | None] = []

    def add(self, word: str, tag: str | None) -> None:
        self.words.append(word)
        self.tags.append(tag)

    def end(self) -> None:
        if self.words:
            self.sentences.append((self.words, self.tags))
            self.words, self.tags = [], []

    def done(self) -> TaggedExamples:
        self.end()
        return TaggedExamples(
            [words for words, _ in self.sentences], [tags for _, tags in self.sentences]
        )


def _candidates(folder: Path) -> list[Path]:
    """Files of a folder that may hold sentences, by their names."""
    return [
        file
        for file in sorted(folder.iterdir())
        if file.is_file()
        and not file.name.startswith(".")
        and file.suffix.lower() in _SUFFIXES
        # A .txt is as likely a licence or a readme.
        and (_split_of(file) or file.suffix != ".txt")
    ]


def _split_of(file: Path) -> str | None:
    """Name of the split that a file holds, by the file's name."""
    words = re.split(r"[^a-z0-9]+", file.name.lower())
    found = {_SPLIT_OF_WORD.get(word) for word in words}
    return next((name for name in SPLITS if name in found), None)


def _files_by_split(path: Path) -> dict[str, list[Path]]:
    """Files of each split; a file alone is all training, from which the others are drawn."""
    if not path.is_dir():
        return {"train": [path]}
    files = _candidates(path)
    if len(files) == 1:
        return {"train": files}
    named: dict[str, list[Path]] = {}
    for file in files:
        if name := _split_of(file):
            named.setdefault(name, []).append(file)
    if "train" not in named and "test" not in named:
        received = ", ".join(file.name for file in files[:5]) or "none"
        raise UserError(f"{_NO_TRAINING_FILE.format(path)}; received {received}")
    return named


def _joined(parts: Sequence[TaggedExamples]) -> TaggedExamples:
    return TaggedExamples(
        [words for part in parts for words in part.words],
        [tags for part in parts for tags in part.tags],
    )
