"""Text classification: labelled texts of the user's tables and folders, and of TFDS sets.

`kerasrecipes.data.text.classification_encoding` converts them to token ids.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.duplicates import notes_of
from kerasrecipes.data.files import is_regular, natural_key, read_text, text_files
from kerasrecipes.data.row_files import SUFFIXES
from kerasrecipes.data.sources import FileSource, TfdsSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, split_of, used_splits, words_of
from kerasrecipes.data.text.labelled_lines import LabelledLines, form_of
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.data.text.tables import ROLES, TextTable, is_table
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

MIN_TEXTS = 10  # labelled texts in the training split, before others are drawn from it

# Folders of texts without a label, such as those of IMDB's reviews: not a class.
_UNLABELLED = ("unsup", "unsupervised", "unlabeled", "unlabelled")


@dataclass(frozen=True)
class TextTableSource(FileSource):
    """The user's own CSV, TSV or JSON lines file, or a folder of such files, one for each split."""

    summary: str = (
        "a CSV, TSV or JSON lines file of your own "
        "(--data reviews.csv --text COLUMN --target COLUMN)"
    )
    example: ClassVar[str] = "reviews.csv --text COLUMN --target COLUMN"
    roles: ClassVar[tuple[str, ...]] = ROLES

    def load(self, request: Request) -> Splits:
        """Read texts and labels in constant memory; missing splits are drawn.

        Raises:
            UserError: if a file is not a table, a column is not there, or there is nothing to
                learn.
        """
        path = self.path_of(request)
        tables, info = self.tables(path, request)
        parts = {name: LabelledTexts(table, table.notes) for name, table in tables.items()}
        return splits_of(parts, request, info, str(path))

    @staticmethod
    def tables(path: Path, request: Request) -> tuple[dict[str, TextTable | LabelledLines], Info]:
        """Open a table, or those of a folder.

        Args:
            path: of a file, or of a folder with a file for each split.
            request: what the user said of columns, and those of an earlier training.

        Returns:
            The tables by their splits, and metadata with the names of the columns.

        Raises:
            UserError: if a file is not a table, or a column is not there.
        """
        files = _split_files(path) if path.is_dir() else {"train": path}
        # A trained model's columns, but for those that the user names now.
        trained = request.trained_info.columns if request.trained_info else {}
        columns: dict[str, str] = {}
        by, tables = "", {}
        for name, file in files.items():
            table: TextTable | LabelledLines
            if file.suffix.lower() not in SUFFIXES and form_of(file):
                table = LabelledLines(str(file))
            else:
                table = TextTable(str(file), request.options, columns or trained)
            # The columns of the first file are those of all.
            columns, by = table.columns, by or table.by
            tables[name] = table
        return tables, Info(columns=columns, columns_by=by)

    def accepts(self, path: str) -> bool:
        """Whether `path` is a table by its suffix or, without one, by its first lines; or a folder
        of tables named by their splits.
        """
        found = Path(path).expanduser()
        if found.is_dir():
            return "train" in _split_files(found)
        if not is_regular(found):
            return False
        return found.suffix.lower() in SUFFIXES or is_table(found) or form_of(found) is not None


@dataclass(frozen=True)
class TextFolderSource(FileSource):
    """The user's own folder with a subfolder for each class and in it a file for each text."""

    summary: str = (
        "a folder with a subfolder of text files per class, with or without train, validation, test"
    )
    example: ClassVar[str] = "path/to/folder"

    def load(self, request: Request) -> Splits:
        """Read the files; missing splits are drawn.

        Raises:
            UserError: if there is no such folder, or it does not hold texts of at least two
                classes.
        """
        root = self.path_of(request)
        splits = {
            SPLIT_OF_WORD[folder.name.lower()]: folder
            for folder in _subfolders(root)
            if folder.name.lower() in SPLIT_OF_WORD
        }
        if "train" not in splits or not _subfolders(splits["train"]):
            splits = {"train": root}
        parts = {}
        for name, folder in splits.items():
            notes: list[str] = []
            parts[name] = LabelledTexts(_read_folder(folder, notes), notes)
        return splits_of(parts, request, Info(), str(root))

    def accepts(self, path: str) -> bool:
        """Whether `path` is a folder with text files in a subfolder."""
        root = Path(path).expanduser()
        return root.is_dir() and any(text_files(folder) for folder in _subfolders(root))


@dataclass(frozen=True)
class TfdsTexts(TfdsSource):
    """Labelled texts of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `imdb_reviews`.
        summary: what it holds, in a line.
    """

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it.

        Raises:
            UserError: if it is not available, with what was tried, or is not a set of labelled
                texts.
        """
        builder = self.builder()
        names = self.splits_to_load(builder.info.splits, request)
        text, label = _features(builder)
        classes = _CLASSES.get(self.name, builder.info.features[label].names)

        def pairs(split: str) -> Iterator[tuple[str, str]]:
            for record in Records(builder, split):
                if record[label] >= 0:  # -1 marks an example without a label
                    yield record[text].decode("utf-8", "replace"), classes[int(record[label])]

        parts = {name: LabelledTexts(pairs(name)) for name in names}
        return splits_of(parts, request, Info(), self.name)


SUMMARIES = {
    "imdb_reviews": "50,000 reviews of films, negative or positive",
    "genomics_ood": "1,000,000 reads of 250 bases from the genomes of ten kinds of bacteria",
    "ag_news_subset": "127,600 news articles of four kinds",
    "yelp_polarity_reviews": "598,000 reviews of businesses, bad or good",
    "sentiment140": "1,600,000 tweets, negative or positive",
}
# Names of classes that TFDS calls "neg" and "pos", or "1" and "2".
_CLASSES = {
    "imdb_reviews": ("negative", "positive"),
    "yelp_polarity_reviews": ("negative", "positive"),
}


class LabelledTexts:
    """Texts of one split with their labels as words; those that lack one or the other are left out.

    Args:
        pairs: texts and labels, or these and a weight; an iterator is read once, in constant
            memory.
        notes: sentences for the user, which reading the pairs may extend.

    Attributes:
        counts: number of texts of each label.
        examples: the texts, with indices into `labels`.
        labels: the labels in the order of their first text.
        notes: sentences for the user, with what was left out.
    """

    def __init__(self, pairs: Iterable[tuple[Any, ...]], notes: Sequence[str] = ()):
        self.counts: Counter[str] = Counter()
        without = Counter[str]()
        indices: dict[str, int] = {}
        weights = array("f")

        def complete() -> Iterator[tuple[str, int]]:
            # Not unpacked with a star, which makes a list for each of a million rows.
            for row in pairs:
                text, label = row[0], row[1]
                if not label or not text.strip():
                    without["label" if not label else "text"] += 1
                    continue
                self.counts[label] += 1
                if len(row) > 2:
                    weights.append(row[2])
                yield text, indices.setdefault(label, len(indices))

        self.examples, self.labels = TextExamples.of(complete()), list(indices)
        if weights:
            # With a mean of 1, for a learning rate suits gradients of one size.
            self.examples.weight = np.array(weights) / max(1e-30, float(np.mean(weights)))
        self.notes = [
            *notes,
            *(f"left out {_counted(n, 'row')} without a {what}" for what, n in without.items()),
        ]

    def of_classes(self, classes: Sequence[str]) -> TextExamples:
        """Return the texts of some classes, with their indices in `classes`."""
        position = {label: index for index, label in enumerate(classes)}
        table = np.array([position.get(label, -1) for label in self.labels] or [-1])
        indices = table[self.examples.y] if len(self.examples) else np.array([], int)
        known = np.flatnonzero(indices >= 0)
        weight = None if self.examples.weight is None else self.examples.weight[known]
        return TextExamples(self.examples.x.select(known), indices[known], weight)


def splits_of(
    parts: Mapping[str, LabelledTexts],
    request: Request,
    info: Info,
    origin: str,
    *,
    groups: Callable[[TextExamples], np.ndarray] | None = None,
    what: str = "text",
) -> Splits:
    """Return splits of labelled texts; missing ones are drawn, stratified by label or in groups.

    A class that only validation or test texts have is left out there and noted: nothing can be
    learned of it.

    Args:
        parts: texts by the name of their split; `train` at least.
        request: the seed, and the training whose model is to be evaluated.
        info: metadata of the data so far.
        origin: file, folder or set that the texts are from, for messages.
        groups: from texts to the group of each, `(texts,)`; a group is never divided.
        what: a text is, for messages.

    Raises:
        UserError: if there are too few texts or classes; or for a trained model, if it has no such
            class.
    """
    if request.trained_info is not None:
        return _splits_to_judge(parts, request, request.trained_info, origin)
    train = parts["train"]
    classes = tuple(sorted(train.counts, key=natural_key))
    _check_classes(train.counts, origin)
    given = {name: part.of_classes(classes) for name, part in parts.items()}
    made: Mapping[str, Any]
    labels = None if groups else lambda texts: texts.y
    made, drawn = make_splits(given, request, labels=labels, groups=groups)
    notes = _notes(parts)
    for name, part in parts.items():
        notes += [
            f"left out {_counted(part.counts[label], what)} of the class '{label}' in {name}: "
            "there is none in train to learn it from"
            for label in sorted(set(part.counts) - set(classes))
        ]
    # With fewer than 3 texts, a class is in no drawn split but the training split.
    few = [label for label in classes if train.counts[label] < 3]
    notes += [f"class '{label}' has {_counted(train.counts[label], what)} only" for label in few]
    repeated = notes_of({name: texts.x.hashes() for name, texts in made.items()}, what)
    notes = [*notes, *drawn, *repeated]
    return Splits(**made, info=replace(info, classes=classes), notes=tuple(notes))


def _splits_to_judge(
    parts: Mapping[str, LabelledTexts], request: Request, trained_info: Info, origin: str
) -> Splits:
    """Return the split on which a trained model is evaluated, with the model's class indices."""
    used = used_splits([name for name, part in parts.items() if len(part.examples)], request)
    if not used:
        raise UserError(f"{origin} holds no texts")
    part, classes = parts[used[0]], trained_info.classes or ()
    for label in sorted(set(part.counts) - set(classes), key=natural_key):
        raise unknown("class", label, classes)
    made: Mapping[str, Any]
    made, _ = make_splits({used[0]: part.of_classes(classes)}, request)
    return Splits(**made, info=trained_info, notes=tuple(_notes(parts)))


def _notes(parts: Mapping[str, LabelledTexts]) -> list[str]:
    return list(dict.fromkeys(note for part in parts.values() for note in part.notes))


def _check_classes(counts: Counter[str], origin: str) -> None:
    total = sum(counts.values())
    if total < MIN_TEXTS:
        raise UserError(f"{origin} holds {total} labelled texts; at least {MIN_TEXTS} are needed")
    if len(counts) < 2:
        raise UserError(
            f"{origin} holds only the class '{next(iter(counts))}'; at least two are needed"
        )
    # A column with nearly as many labels as texts holds names or numbers, not classes.
    if len(counts) > max(20, total // 3):
        many = f"{len(counts):,} different labels of {total:,} texts"
        raise UserError(
            f"{origin} has {many}, too many for classes; name another column with --target"
        )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _read_folder(root: Path, notes: list[str]) -> Iterator[tuple[str, str]]:
    """Iterate over the texts of a folder with a subfolder for each class; note what is left out."""
    files = {folder.name: text_files(folder) for folder in _subfolders(root)}
    for name in [name for name in files if name.lower() in _UNLABELLED]:
        notes.append(f"ignored {_counted(len(files.pop(name)), 'text')} without a label in {name}")
    if not any(files.values()):
        raise UserError(
            f"{root} holds no text files in subfolders; one subfolder of them per class is needed"
        )
    broken = []
    for label, some in files.items():
        for file in some:
            try:
                yield read_text(file), label
            except UserError as error:
                broken.append(str(error))
    if broken:
        notes.append(f"skipped {_counted(len(broken), 'file')}: {broken[0]}")


def _subfolders(root: Path) -> list[Path]:
    """Visible folders in a folder, in natural order."""
    if not root.is_dir():
        raise UserError(f"there is no folder {root}")
    folders = [
        folder
        for folder in root.iterdir()
        if folder.is_dir() and not folder.name.startswith((".", "__MACOSX"))
    ]
    return sorted(folders, key=lambda folder: natural_key(folder.name))


def _split_files(root: Path) -> dict[str, Path]:
    """Tables in a folder that are named by their splits, else files of labelled lines with the name
    of a split among the words of theirs, such as `TREC.train.all`.
    """
    files = [file for file in sorted(root.iterdir()) if is_regular(file)]
    found = {
        SPLIT_OF_WORD[file.stem.lower()]: file
        for file in files
        if file.suffix.lower() in SUFFIXES and file.stem.lower() in SPLIT_OF_WORD
    }
    if found:
        return found
    for file in files:
        split = split_of(words_of(file.name))
        if split and not file.name.startswith(".") and form_of(file):
            found.setdefault(split, file)
    return found


def _features(builder: Any) -> tuple[str, str]:
    """Names of the features with the text and with its class."""
    import tensorflow_datasets as tfds

    features = builder.info.features
    texts = [name for name in features if isinstance(features[name], tfds.features.Text)]
    classes = [name for name in features if isinstance(features[name], tfds.features.ClassLabel)]
    text, label = builder.info.supervised_keys or ((*texts, "")[-1], (*classes, "")[-1])
    if text not in texts or label not in classes:
        raise UserError(
            f"{builder.name} is not a set of classified texts; "
            f"its features are {', '.join(features)}"
        )
    return text, label
