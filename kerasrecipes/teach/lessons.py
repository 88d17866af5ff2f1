"""Lessons: what a person brought along to learn from, as a folder that `kerasrecipes run` reads.

    saved_models/taught/2026-11-22-153012/
        lesson.json  examples.csv  00001.png  00002.png  …

Files have numbers for names: what came from outside, names of classes and of files, stands in the
table and is never part of a path.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from kerasrecipes import files
from kerasrecipes.data.csv_reader import read
from kerasrecipes.data.images import decoding
from kerasrecipes.errors import UserError, excerpt, unknown
from kerasrecipes.runs.run import home, new_folder

Kind = Literal["drawings", "photographs", "texts", "table"]
KINDS: tuple[str, ...] = get_args(Kind)
TABLE = "examples.csv"
FORMAT = 1
# Of each class: three are needed for three splits, with fewer than these nothing is judged.
LEAST = {"drawings": 5, "photographs": 8, "texts": 8}
LEAST_ROWS = 20
MOST_EXAMPLES = 5_000
MOST_CLASSES = 50
LONGEST_NAME = 60  # characters of a class's name
LONGEST_TEXT = 20_000  # characters


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What is to be learned.

    Args:
        kind: of the examples.
        counts: number of examples of each class, in their order; empty for a table.
        target: of a table, the column that is to be predicted.
        rows: number of a table's rows.
    """

    kind: Kind
    counts: Mapping[str, int] = field(default_factory=dict)
    target: str | None = None
    rows: int = 0

    @property
    def count(self) -> int:
        """Number of examples."""
        return sum(self.counts.values()) or self.rows


def folder() -> Path:
    """Return the folder of all lessons."""
    return home() / "taught"


def newest() -> Path | None:
    """Return the folder of the newest lesson, if there is one."""
    found = [path.parent for path in folder().glob("*/lesson.json")]
    return max(found, key=lambda path: path.name, default=None)


def load(path: Path) -> Lesson:
    """Load what a lesson's folder says of it.

    Args:
        path: of the folder.

    Returns:
        The lesson.

    Raises:
        UserError: if it is damaged.
    """
    try:
        document = json.loads((path / "lesson.json").read_bytes())
        if document.pop("format") != FORMAT or document["kind"] not in KINDS:
            raise ValueError
        return Lesson(**document)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path / 'lesson.json'} is damaged") from error


def named(names: Any, least: int = 2) -> list[str]:
    """Check names of classes.

    Args:
        names: as they came.
        least: number of classes that are needed.

    Returns:
        The names, without white space around them.

    Raises:
        UserError: if there are too few, or one is empty, too long, or there twice.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("the names of the classes are missing")
    found = [" ".join(name.split()) for name in names]
    if not all(found):
        raise UserError("a class has no name yet; write one above its examples")
    if long := [name for name in found if len(name) > LONGEST_NAME or not name.isprintable()]:
        raise UserError(f"a class's name is too long or not a word: '{excerpt(long[0])}'")
    if twice := [name for name, n in Counter(map(str.lower, found)).items() if n > 1]:
        raise UserError(f"two classes are called '{twice[0]}'; give one of them another name")
    if len(found) < least:
        only = f"there is one class only, '{found[0]}'" if found else "there is no class yet"
        raise UserError(f"{only}; two are needed to tell one from the other")
    if len(found) > MOST_CLASSES:
        raise UserError(f"there are {len(found)} classes; {MOST_CLASSES} at most can be taught")
    return found


def of_images(kind: Kind, classes: Any, examples: Sequence[tuple[int, bytes]]) -> Path:
    """Write a lesson of drawings or photographs.

    Args:
        kind: `drawings` or `photographs`.
        classes: names of the classes.
        examples: the number of its class and the content of each image file.

    Returns:
        The lesson's folder.

    Raises:
        UserError: if classes or examples are too few, or a file is no image.
    """
    names, numbers = named(classes), [number for number, _ in examples]
    _check_counts(kind, names, numbers)
    suffix = ".png" if kind == "drawings" else ".jpg"  # what is inside decides how it is read
    with _written(Lesson(kind=kind, counts=_counts(names, numbers))) as path:
        rows = []
        for count, (number, content) in enumerate(examples, 1):
            file = f"{count:05}{suffix}"
            files.write_bytes(path / file, content)
            problem, _ = decoding.check(str(path / file))
            if problem:
                raise UserError(
                    f"example {count} of all, of the class '{names[number]}', is not an image that "
                    f"can be read: {problem}"
                )
            rows.append((file, names[number]))
        _write_table(path / TABLE, [("image", "label"), *rows])
    return path


def of_texts(classes: Any, texts: Any) -> Path:
    """Write a lesson of texts.

    Args:
        classes: names of the classes.
        texts: a list of texts for each class.

    Returns:
        The lesson's folder.

    Raises:
        UserError: if classes or texts are too few, or one is too long.
    """
    names = named(classes)
    if not isinstance(texts, list) or len(texts) != len(names):
        raise UserError("each class needs its texts")
    if not all(isinstance(text, str) for some in texts if isinstance(some, list) for text in some):
        raise UserError("texts are text")
    rows = [
        (text.strip(), name)
        for name, some in zip(names, texts, strict=True)
        for text in (some if isinstance(some, list) else [])
        if text.strip()
    ]
    if long := [text for text, _ in rows if len(text) > LONGEST_TEXT]:
        raise UserError(
            f"a text has {len(long[0]):,} characters; {LONGEST_TEXT:,} at most are read"
        )
    if any("\0" in text for text, _ in rows):
        raise UserError("what was given for a text is not text")
    numbers = [names.index(name) for _, name in rows]
    _check_counts("texts", names, numbers)
    with _written(Lesson(kind="texts", counts=_counts(names, numbers))) as path:
        _write_table(path / TABLE, [("text", "label"), *rows])
    return path


def columns(content: bytes) -> list[dict[str, Any]]:
    """Look at a table, for the choice of the column that is to be predicted.

    Args:
        content: of a CSV file.

    Returns:
        `name` and `example`, its first cell, of each column.

    Raises:
        UserError: if it is no table with a header, or has too few rows.
    """
    try:
        cells = read(content)
    except UserError as error:
        said = str(error).replace("standard input", "the file")
        raise UserError(f"this cannot be read as a CSV file: {said}") from error
    if cells.names is None:
        raise UserError("the table needs a first line with the names of its columns")
    if len(cells.names) < 2:
        raise UserError("the table has one column only; it needs one to predict and others to ask")
    if len(cells) < LEAST_ROWS:
        raise UserError(f"the table has {len(cells)} rows; {LEAST_ROWS} are needed at least")
    first = [column[0].as_py() for column in cells.arrays]
    return [
        {"name": name, "example": "" if cell is None else str(cell)[:60]}
        for name, cell in zip(cells.names, first, strict=True)
    ]


def of_table(content: bytes, target: Any) -> Path:
    """Write a lesson of a table.

    Args:
        content: of a CSV file.
        target: the column that is to be predicted.

    Returns:
        The lesson's folder.

    Raises:
        UserError: if it is no table, or has no such column, or the column has one value only.
    """
    names = [column["name"] for column in columns(content)]
    if target not in names:
        raise unknown("column", str(target), names)
    cells = read(content)
    values = {str(value) for value in cells.arrays[names.index(target)].unique().to_pylist()}
    if len(values) < 2:
        raise UserError(f"the column '{excerpt(target)}' has one value only: nothing to learn")
    with _written(Lesson(kind="table", target=target, rows=len(cells))) as path:
        files.write_bytes(path / TABLE, content)
    return path


def _check_counts(kind: str, names: Sequence[str], numbers: Sequence[int]) -> None:
    if len(numbers) > MOST_EXAMPLES:
        raise UserError(f"there are {len(numbers):,} {kind}; {MOST_EXAMPLES:,} at most are taken")
    if any(not 0 <= number < len(names) for number in numbers):
        raise UserError("an example belongs to no class")
    counts, least = _counts(names, numbers), LEAST[kind]
    for name, count in counts.items():
        if count < least:
            has = f"only {count} {kind[:-1] if count == 1 else kind}" if count else f"no {kind} yet"
            raise UserError(f"the class '{name}' has {has}; give each class {least} at least")


def _counts(names: Sequence[str], numbers: Sequence[int]) -> dict[str, int]:
    found = Counter(numbers)
    return {name: found[number] for number, name in enumerate(names)}


@contextmanager
def _written(lesson: Lesson) -> Iterator[Path]:
    """Context that makes a lesson's folder: whole when it ends, and not at all after an error."""
    files.make_folder(folder())
    path = new_folder(folder())
    try:
        yield path
        document = {"format": FORMAT, **asdict(lesson)}
        # Written last: a folder without it is no lesson.
        files.write_text(path / "lesson.json", json.dumps(document, ensure_ascii=False))
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise


def _write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    files.write_text(path, text.getvalue())
