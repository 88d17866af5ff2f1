"""Sequences with a class as users have them: FASTA files, CSV tables, and UCI's form."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.dna import bases
from kerasrecipes.data.dna.similar import groups
from kerasrecipes.data.files import Utf8Stream, first_bytes, is_regular, natural_key
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import split_of
from kerasrecipes.data.text.classification import LabelledTexts, TextTableSource, splits_of
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SUFFIXES = (".fasta", ".fa", ".fas", ".fna", ".ffn", ".frn")
_LARGEST_GROUP = 0.5  # of the sequences; with a larger one no split by groups is left to draw
_SAMPLE, _LOOKED_AT = 2**16, 4  # bytes and lines by which a table without a suffix is known
_CELL = re.compile(r"[,;\t|]\s*[ACGTUNRYSWKMBDHV]{8,}\s*(?:[,;\t|]|$)", re.IGNORECASE)
_NAMED_CLASS = re.compile(r"\b(?:class|label|target)\s*[=:]\s*([^\s|;,]+)", re.IGNORECASE)


def records(source: str | Path | bytes) -> Iterator[tuple[str, str]]:
    """Read a FASTA file.

    Args:
        source: its path, or its content.

    Yields:
        The header of each sequence without `>`, and its letters in one line.

    Raises:
        UserError: if it cannot be read, or letters come before the first header.
    """
    header: str | None = None
    lines: list[str] = []
    raw = Utf8Stream(source if isinstance(source, bytes) else str(source))
    for line in io.TextIOWrapper(io.BufferedReader(raw), "utf-8"):
        line = line.strip()
        if line.startswith(">"):
            if header is not None:
                yield header, "".join(lines)
            header, lines = line[1:].strip(), []
        elif header is not None:
            lines.append(line)
        elif line and not line.startswith(";"):
            raise UserError(
                f"expected a FASTA file, whose first line is '>NAME', received '{excerpt(line)}'"
            )
    if header is not None:
        yield header, "".join(lines)


class KnownSequences:
    """Sequences with a class, in capitals; those with unknown letters are left out and counted.

    Args:
        pairs: sequences and classes, and more that is handed on; read once.
        notes: sentences for the user, which gain one on what is left out.
    """

    def __init__(self, pairs: Iterable[Sequence[Any]], notes: list[str]):
        self.pairs, self.notes = pairs, notes

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        count, broken = 0, []
        for number, (sequence, *rest) in enumerate(self.pairs, start=1):
            try:
                yield bases.decode(bases.encode(sequence)), *rest
                count += 1
            except UserError as error:
                broken.append(f"sequence {number}: {error}")
        if broken and not count:
            raise UserError(broken[0])
        if broken:
            left = f"{len(broken):,} sequence{'s' * (len(broken) > 1)}"
            self.notes.append(f"left out {left} with unknown letters ({broken[0]})")


@dataclass(frozen=True)
class SequenceTable(TextTableSource):
    """The user's own table of sequences and classes, such as UCI's `class,name,sequence`."""

    summary: str = (
        "a CSV or UCI file of your own with a column of sequences and one of classes "
        "(--data splice.data)"
    )
    example: ClassVar[str] = "splice.data --text COLUMN --target COLUMN"

    def load(self, request: Request) -> Splits:
        """Read sequences and classes; missing splits are drawn, near-duplicates on one side.

        Raises:
            UserError: if a file is not a table, a column is not there, or there is nothing to
                learn.
        """
        path = self.path_of(request)
        tables, info = self.tables(path, request)
        return sequences_of(
            {name: (table, table.notes) for name, table in tables.items()}, request, info, str(path)
        )

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a table by its suffix, or has a cell of DNA in its first lines;
        or a folder of tables named by their splits.
        """
        return super().accepts(path) or _has_sequences(Path(path).expanduser())


def _has_sequences(file: Path) -> bool:
    """Return whether each of the first lines of a file has a cell of letters of DNA alone."""
    if not is_regular(file):
        return False
    try:
        lines = first_bytes(file, _SAMPLE).decode("utf-8", "replace").splitlines()[:_LOOKED_AT]
    except UserError:
        return False
    lines = [line for line in lines if line.strip() and not line.startswith(">")]
    return len(lines) > 1 and all(map(_CELL.search, lines))


@dataclass(frozen=True)
class FastaSource(FileSource):
    """The user's own FASTA files."""

    summary: str = (
        "FASTA files of your own: a file for each class, or one whose headers end in the class "
        "(>name promoter, or class=promoter)"
    )
    example: ClassVar[str] = "path/to/sequences.fa"

    def load(self, request: Request) -> Splits:
        """Read sequences and classes; missing splits are drawn, near-duplicates on one side.

        Raises:
            UserError: if there are no such files, or nothing in them to learn.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no file or folder {root}")
        parts: dict[str, list[Path]] = {}
        if root.is_dir():
            for file in fasta_files(root):
                # The split is told by the file's name, or that of its folder.
                split = split_of((file.stem, file.parent.name)) or "train"
                parts.setdefault(split, []).append(file)
        else:
            parts = {"train": [root]}
        if not parts:
            raise UserError(f"{root} holds no FASTA files ({', '.join(SUFFIXES)})")
        read = {name: (_labelled(files), list[str]()) for name, files in parts.items()}
        return sequences_of(read, request, Info(), str(root))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a FASTA file, or a folder with some."""
        place = Path(path).expanduser()
        return bool(fasta_files(place)) if place.is_dir() else _is_fasta(place)


def fasta_files(root: Path) -> list[Path]:
    """Return the FASTA files in a folder and in those below it, in natural order."""
    return sorted(filter(_is_fasta, root.rglob("*")), key=lambda file: natural_key(str(file)))


def _is_fasta(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES and is_regular(file) and not file.name.startswith(".")


def _labelled(files: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """Yield sequences and classes: of the headers, or where one file is one class its name."""
    by_file = len(files) > 1
    for file in files:
        for header, sequence in records(file):
            yield sequence, file.stem if by_file else _class_in(header)


def _class_in(header: str) -> str:
    """Return the class that a header names; empty where it has a name alone."""
    if found := _NAMED_CLASS.search(header):
        return found[1]
    words = header.replace("|", " ").split()
    return words[-1] if len(words) > 1 else ""


def sequences_of(
    parts: Mapping[str, tuple[Iterable[Sequence[Any]], list[str]]],
    request: Request,
    info: Info,
    origin: str,
) -> Splits:
    """Return splits of labelled sequences; where some are drawn, near-duplicates stay together.

    Args:
        parts: sequences and classes, and notes on them, by split; `train` at least.
        request: the seed, and the training whose model is to be evaluated.
        info: metadata of the data so far.
        origin: file, folder or set that the sequences are from, for messages.

    Raises:
        UserError: if there are too few sequences or classes, or none has letters of DNA alone.
    """
    texts = {
        name: LabelledTexts(KnownSequences(pairs, notes), notes)
        for name, (pairs, notes) in parts.items()
    }
    told: list[str] = []

    def together(examples: TextExamples) -> np.ndarray:
        found = groups(list(examples.x))
        largest = max(Counter(found.tolist()).values(), default=0)
        if largest > _LARGEST_GROUP * len(found):
            told.append(
                f"{largest:,} of {len(found):,} sequences are nearly the same; they are divided "
                "all the same, and the score says nothing about others"
            )
            return np.arange(len(found))
        many = len(found) - len(np.unique(found))
        if many:
            told.append(f"{many:,} sequences resemble others, and share their split")
        return found

    splits = splits_of(texts, request, info, origin, groups=together, what="sequence")
    return replace(splits, notes=(*splits.notes, *dict.fromkeys(told)))
