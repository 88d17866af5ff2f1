"""Sources of labelled texts: the user's tables and folders.
`kerasrecipes.data.text.classification_encoding` makes numbers of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data.files import natural_key, read_text, text_files
from kerasrecipes.data.splits import split
from kerasrecipes.data.text.store import TextExamples, TextStore
from kerasrecipes.data.text.tables import SUFFIXES, TextTable
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Info, Request, Splits

SHARES = (0.8, 0.1, 0.1)
FEWEST = 10  # texts to learn from and to judge by
_SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
_UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")  # a folder of these is no class

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """The user's own CSV, TSV or JSON lines file, or a folder of such files named train, validation
    and test.
    """

    summary: str = "a CSV, TSV or JSON lines file of your own (--data reviews.csv --text COLUMN --target COLUMN)"

    def load(self, request: Request) -> Splits:
        """Read texts and labels in constant memory; what is not divided is divided by the seed.

        Raises:
            UserError: if a file is no table, a column is not there, or there is nothing to learn.
        """
        if not request.path:
            raise UserError(
                "a table of texts needs a path: --data reviews.csv --text COLUMN --target COLUMN"
            )
        path = Path(request.path).expanduser()
        files = _split_files(path) if path.is_dir() else {"train": path}
        columns = (request.fitted.facts.get("columns") if request.fitted else None) or {}
        wanted = {
            name: request.options.get(name) or columns.get(name) for name in ("text", "target")
        }
        notes: list[str] = []
        parts = {}
        for name, file in files.items():
            table = TextTable(str(file), **wanted)
            wanted = {"text": table.text, "target": table.target}
            parts[name] = _Labelled(table)
            notes += [note for note in table.notes if note not in notes]
        return completed(parts, request, Info(facts={"columns": wanted}), str(path), notes)

    def accepts(self, path: str) -> bool:
        """Take a file with a usual suffix, and a folder of such files named by their splits."""
        place = Path(path).expanduser()
        if place.is_dir():
            return "train" in _split_files(place)
        return place.suffix.lower() in SUFFIXES and place.is_file()

    def reachable(self) -> str | None:
        """Say that a path is needed."""
        return "needs --data with the path of a CSV, TSV or JSON lines file"


@dataclass(frozen=True)
class Folder:
    """The user's own folder with a subfolder for each class and in it a file for each text."""

    summary: str = (
        "a folder with a subfolder of text files per class, with or without train, validation, test"
    )

    def load(self, request: Request) -> Splits:
        """Read the files; what is not divided is divided by the seed.

        Raises:
            UserError: if there is no such folder, or it does not hold texts of at least two
                classes.
        """
        if not request.path:
            raise UserError("the source folder needs a path: --data path/to/folder")
        root = Path(request.path).expanduser()
        splits = {
            _SPLITS[place.name.lower()]: place
            for place in _inside(root)
            if place.name.lower() in _SPLITS
        }
        splits = splits if "train" in splits and _inside(splits["train"]) else {"train": root}
        notes: list[str] = []
        parts = {name: _Labelled(_FolderTexts(place, notes)) for name, place in splits.items()}
        return completed(parts, request, Info(), str(root), notes)

    def accepts(self, path: str) -> bool:
        """Take a folder that holds a text file in a subfolder."""
        place = Path(path).expanduser()
        return place.is_dir() and any(text_files(inside) for inside in _inside(place))

    def reachable(self) -> str | None:
        """Tell that nothing is needed but the folder."""
        return None


def table() -> Table:
    """Make the source that reads the user's own table of texts."""
    return Table()


def folder() -> Folder:
    """Make the source that reads the user's own folder of text files."""
    return Folder()


class _FolderTexts:
    """The texts of a folder with a subfolder for each class."""

    def __init__(self, root: Path, notes: list[str]):
        self.root, self.notes = root, notes
        self.files = {place.name: text_files(place) for place in _inside(root)}
        for name in [name for name in self.files if name.lower() in _UNLABELLED]:
            notes.append(
                f"ignored {_counted(len(self.files.pop(name)), 'text')} without a label in {name}"
            )
        if not any(self.files.values()):
            raise UserError(
                f"{root} holds no text files in subfolders; one subfolder of them per class is needed"
            )

    def __iter__(self) -> Iterator[tuple[str, str]]:
        broken = []
        for label, files in self.files.items():
            for file in files:
                try:
                    yield read_text(file), label
                except UserError as error:
                    broken.append(str(error))
        if broken:
            self.notes.append(f"skipped {_counted(len(broken), 'file')}: {broken[0]}")


class _Labelled:
    """TextExamples with their labels as words, without those that lack one or the other.

    Args:
        pairs: texts and labels, read once; its `notes` gain what was left out.
    """

    def __init__(self, pairs: Any):
        self.counts: Counter[str] = Counter()
        without = Counter[str]()
        numbers: dict[str, int] = {}

        def kept() -> Iterator[tuple[str, int]]:
            for text, label in pairs:
                if not label or not text.strip():
                    without["label" if not label else "text"] += 1
                    continue
                self.counts[label] += 1
                yield text, numbers.setdefault(label, len(numbers))

        self.examples, self.labels = TextExamples.of(kept()), list(numbers)
        self.notes = [
            *pairs.notes,
            *(f"left out {_counted(n, 'row')} without a {what}" for what, n in without.items()),
        ]

    def numbered(self, classes: Sequence[str]) -> TextExamples:
        """Number the classes anew; texts of others are left out."""
        position = {label: number for number, label in enumerate(classes)}
        table = np.array([position.get(label, -1) for label in self.labels] or [-1])
        numbers = table[self.examples.y] if len(self.examples) else np.array([], int)
        known = np.flatnonzero(numbers >= 0)
        return TextExamples(self.examples.x.select(known), numbers[known])


def completed(
    parts: dict[str, _Labelled], request: Request, info: Info, place: str, notes: Sequence[str] = ()
) -> Splits:
    """Name the classes, and draw the splits that are not there.

    A class that occurs in validation or test alone is left out there and noted: nothing can be
    learned of it.

    Args:
        parts: by split; `train` at least.
        request: gives the seed, and the training whose model is to be judged.
        info: of the data, as far as it is known.
        place: where the texts are from, for messages.
        notes: what is to be told already.

    Raises:
        UserError: if there are too few texts or classes; or for a model that is there, if it has no
            such class.
    """
    notes = [*notes, *(note for part in parts.values() for note in part.notes if note not in notes)]
    if request.fitted is not None:
        return _to_judge(parts, request.fitted, place, notes)
    train = parts["train"]
    classes = tuple(sorted(train.counts, key=natural_key))
    _check_classes(train.counts, place)
    for name, part in parts.items():
        for label in sorted(set(part.counts) - set(classes)):
            notes.append(
                f"left out {_counted(part.counts[label], 'text')} of the class '{label}' in {name}: "
                "there is none in train to learn it from"
            )
    given = {name: part.numbered(classes) for name, part in parts.items()}
    empty = TextExamples(
        TextStore(b"", np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros(0, np.int32)
    )
    divided = complete(given, request.seed)
    if not all(len(divided.get(name, empty)) for name in ("train", "validation", "test")):
        raise UserError(
            f"{place} holds too few texts to keep some for validation and test; three of a class at least"
        )
    few = [label for label in classes if train.counts[label] < 3]
    notes += [f"class '{label}' has {_counted(train.counts[label], 'text')} only" for label in few]
    return Splits(**divided, info=replace(info, classes=classes), notes=tuple(notes))


def complete(parts: dict[str, TextExamples], seed: int) -> dict[str, TextExamples]:
    """Draw the splits that are not there, stratified: of one piece a tenth each for validation and
    test.

    Where a test split is there, a twelfth of train makes the validation; where only a validation
    split is, half of it makes the test.
    """
    train, validation, test = (parts.get(name) for name in ("train", "validation", "test"))
    if validation is None and test is None:
        train, validation, test = (
            train.select(numbers) for numbers in split(train.y, SHARES, seed)
        )
    elif validation is None:
        train, validation = (
            train.select(numbers) for numbers in split(train.y, (11 / 12, 1 / 12), seed)
        )
    elif test is None:
        validation, test = (
            validation.select(numbers) for numbers in split(validation.y, (0.5, 0.5), seed)
        )
    return {"train": train, "validation": validation, "test": test}


def labelled(pairs: Iterable[tuple[str, str]]) -> _Labelled:
    """Write labelled texts down, in constant memory; those without a text or a label are left
    out.
    """
    return _Labelled(_Pairs(pairs))


@dataclass
class _Pairs:
    pairs: Pairs
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)


def _to_judge(
    parts: dict[str, _Labelled], fitted: Info, place: str, notes: Sequence[str]
) -> Splits:
    """Give the examples on which a trained model is judged: the test split, or all where there is
    none.
    """
    part = parts.get("test") or parts["train"]
    classes = fitted.classes or ()
    for label in sorted(set(part.counts) - set(classes), key=natural_key):
        raise unknown("class", label, classes)
    test = part.numbered(classes)
    if not len(test):
        raise UserError(f"{place} holds no texts")
    nothing = test.select(np.array([], int))
    return Splits(train=nothing, validation=nothing, test=test, info=fitted, notes=tuple(notes))


def _check_classes(counts: Counter[str], place: str) -> None:
    total = sum(counts.values())
    if total < FEWEST:
        raise UserError(f"{place} holds {total} labelled texts; at least {FEWEST} are needed")
    if len(counts) < 2:
        raise UserError(
            f"{place} holds only the class '{next(iter(counts))}'; at least two are needed"
        )
    if len(counts) > max(20, total // 3):
        many = f"{len(counts):,} different labels of {total:,} texts"
        raise UserError(
            f"{place} has {many}, too many for classes; name another column with --target"
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _inside(root: Path) -> list[Path]:
    if not root.is_dir():
        raise UserError(f"there is no folder {root}")

    def visible(p: Path) -> bool:
        return p.is_dir() and not p.name.startswith((".", "__MACOSX"))

    return sorted(filter(visible, root.iterdir()), key=lambda place: natural_key(place.name))


def _split_files(root: Path) -> dict[str, Path]:
    """Find the tables of a folder that are named by their splits."""
    files = sorted(
        place for place in root.iterdir() if place.suffix.lower() in SUFFIXES and place.is_file()
    )
    return {_SPLITS[place.stem.lower()]: place for place in files if place.stem.lower() in _SPLITS}
