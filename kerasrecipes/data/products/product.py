"""Products brought to what a model takes: a row of numbers, words, and photographs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes import memory
from kerasrecipes.data import csv_reader
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.frames import Frame, as_image
from kerasrecipes.data.tables.prepare import moments
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.info import Info
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

INPUTS = ("table", "text", "photos")
SEPARATORS = ";|"  # between the names of several photographs in a cell

MOST_WORDS = 64  # of a description that are read
_MOST_PHOTOS = 6  # of a product


@dataclass(frozen=True, kw_only=True)
class ProductPreprocessor(Preprocessor):
    """Rows, descriptions and photographs of products as a training takes them.

    Args:
        target: name of the column that is predicted.
        table: of the other columns; `None` if the model reads none.
        text: names of the columns with descriptions.
        words: of these; `None` if the model reads none.
        photos: names of the columns with names of image files.
        size: `(height, width)` of photographs in pixels.
        most: photographs of a product; 0 if the model sees none.
        log_price: mean and standard deviation of the prices' logarithms among training examples.
    """

    kind: ClassVar[str] = "products"
    inputs: ClassVar[str] = "products"

    target: str
    table: TablePreprocessor | None = None
    text: tuple[str, ...] = ()
    words: TextPreprocessor | None = None
    photos: tuple[str, ...] = ()
    size: tuple[int, int] = (64, 64)
    most: int = 0
    log_price: tuple[float, float] = (0.0, 1.0)

    def fit(
        self, train: Arrays, inputs: Sequence[str], size: int
    ) -> tuple[ProductPreprocessor, list[str]]:
        """Fit what encodes each input on training products.

        Args:
            train: raw products.
            inputs: those that the model is to read, of `INPUTS`; those that the data lacks are left
                out.
            size: height and width of photographs in pixels.

        Returns:
            The preprocessor, and notes.

        Raises:
            UserError: if none of the inputs is there.
        """
        notes: list[str] = []
        table = words = None
        if "table" in inputs and self.table is not None and train.x["table"]:
            table, notes = self.table.fit(train.x["table"])
        if "text" in inputs and self.text:
            texts = [text for text in train.x["text"] if text]
            words = TextPreprocessor.fit(texts, max_length=MOST_WORDS) if texts else None
        most = max((len(found) for found in train.x["photos"]), default=0)
        most = min(most, _MOST_PHOTOS) if "photos" in inputs else 0
        if table is None and words is None and not most:
            raise UserError(f"the data has nothing of {', '.join(inputs)} to learn from")
        logs = np.log(train.y)
        log_price = float(logs.mean()), float(logs.std()) or 1.0
        fitted = replace(
            self, table=table, words=words, size=(size, size), most=most, log_price=log_price
        )
        return fitted, notes

    @property
    def columns(self) -> tuple[Any, ...]:
        """The columns of the table that the model reads, as they are encoded."""
        return self.table.columns if self.table is not None else ()

    @property
    def read(self) -> tuple[str, ...]:
        """The inputs that the model reads, of `INPUTS`."""
        there = {"table": self.table, "text": self.words, "photos": self.most}
        return tuple(name for name in INPUTS if there[name])

    def encode(self, x: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Encode raw products.

        Args:
            x: `table`, columns by name; `text`, descriptions or `None`; `photos`, for each product
                a tuple of image files, or of pixels.

        Returns:
            `table` `(products, features)` float32, `text` `(products, 64)` int32, `photos`
            `(products, photographs, height, width, 3)` uint8, those that the model reads. What is
            missing is 0.
        """
        found: dict[str, np.ndarray] = {}
        if self.table is not None:
            found["table"] = self.table.encode(x["table"])
        if self.words is not None:
            found["text"] = self._tokens(x["text"])
        if self.most:
            found["photos"] = self._pixels(x["photos"])
        return found

    def _tokens(self, texts: Sequence[str | None]) -> np.ndarray:
        assert self.words is not None
        found = np.zeros((len(texts), MOST_WORDS), np.int32)
        # A text without words would be an unknown one, and none is missing.
        there = [number for number, text in enumerate(texts) if text]
        tokens = self.words.rows([str(texts[number]) for number in there])
        for number, row in zip(there, tokens, strict=True):
            found[number, : len(row)] = row[:MOST_WORDS]
        return found

    def _pixels(self, photos: Sequence[Sequence[Any]]) -> np.ndarray:
        frame = Frame(size=self.size, channels=3, resize="crop")
        memory.require(len(photos) * self.most * math.prod(self.size) * 3, "the photographs")
        found = np.zeros((len(photos), self.most, *self.size, 3), np.uint8)

        def fill(place: tuple[int, int]) -> None:
            source = photos[place[0]][place[1]]
            image = as_image(source) if isinstance(source, np.ndarray) else decode(source)
            # Black is what is missing.
            found[place] = np.maximum(frame.render(image), 1)

        places = [
            (row, n) for row, own in enumerate(photos) for n in range(min(len(own), self.most))
        ]
        list(workers().map(fill, places))
        return found

    def __call__(self, source: str | bytes) -> tuple[dict[str, np.ndarray], dict[int, list[str]]]:
        """Read and encode the products of a CSV file; descriptions and photographs may be missing.

        Args:
            source: path of the file, beside which photographs are looked for, or its content.

        Returns:
            What `encode` returns, and notes by the row's number.

        Raises:
            UserError: if the file is not a table, has no rows, or lacks a column of the table.
        """
        names = [*(c.name for c in self.columns), *self.text, *self.photos, self.target]
        cells = csv_reader.read(source, known=frozenset(name.lower() for name in names))
        if not len(cells):
            raise UserError(f"{csv_reader.shown(source)} holds no rows")
        known = {name.lower(): number for number, name in enumerate(cells.names or [])}
        columns: list[Any] = cells.columns
        by_name = {n: columns[known[n.lower()]] for n in names if n.lower() in known}
        found: dict[str, np.ndarray] = {}
        notes: dict[int, list[str]] = {}
        if self.table is not None:
            found["table"], notes = self.table(source)
        if self.words is not None:
            found["text"] = self._tokens(joined([by_name.get(n) for n in self.text], len(cells)))
        if self.most:
            folder = Path(source).expanduser().parent if isinstance(source, str) else None
            photos: list[tuple[str, ...]] = []
            for row in range(len(cells)):
                words = [by_name[n][row] for n in self.photos if n in by_name]
                own, missing = photographs(words, folder)
                if missing:
                    notes.setdefault(row, []).append(f"there is no image {', '.join(missing[:3])}")
                photos.append(own)
            found["photos"] = self._pixels(photos)
        return found, notes

    def decode(self, output: np.ndarray) -> float:
        """Return the price of a model's output, `(1,)`."""
        return float(np.asarray(output).reshape(-1)[0])


def joined(columns: Sequence[Any], count: int) -> list[str | None]:
    """Join the descriptions of several columns, row by row.

    Args:
        columns: cells, or `None` for a column that is not there.
        count: number of rows.

    Returns:
        A text for each row, `None` where all are missing.
    """
    there = [column for column in columns if column is not None]
    rows = ([str(column[row]) for column in there if column[row]] for row in range(count))
    return [" ".join(words) or None for words in rows]


def photographs(
    words: Sequence[str | None], folder: Path | None
) -> tuple[tuple[str, ...], list[str]]:
    """Find the photographs that cells name.

    Args:
        words: cells, each with one name or several.
        folder: in which they are looked for; `None` finds none.

    Returns:
        The paths of those that can be read, and the names of the others.
    """
    found, missing = [], []
    for word in words:
        text = word or ""
        for separator in SEPARATORS:
            text = text.replace(separator, "\n")
        for name in filter(None, (part.strip() for part in text.split("\n"))):
            path = folder / name.replace("\\", "/") if folder is not None else None
            if path is None or not path.is_file() or _unreadable(path):
                missing.append(name)
            else:
                found.append(str(path))
    return tuple(found), missing


def _unreadable(path: Path) -> bool:
    try:
        decode(path, 8)
    except UserError:
        return True
    return False


def prepare_products(
    splits: Splits, *, inputs: tuple[str, ...] = INPUTS, image_size: Count = 64
) -> Splits:
    """Encode the inputs that the model is to read.

    Args:
        splits: raw products; with `trained_info` they are encoded as in that training.
        inputs: of table, text and photos; those that the data lacks are left out.
        image_size: height and width of photographs in pixels.

    Returns:
        Splits whose inputs are a dictionary; prices are `(products, 1)` float32.

    Raises:
        UserError: if an input is not known, or none of them is there.
    """
    for name in inputs:
        if name not in INPUTS:
            raise unknown("input", name, INPUTS)
    trained = splits.trained_info
    raw: Any = splits.train
    notes: list[str] = []
    if trained is not None:
        preprocessor = ProductPreprocessor.of(trained)
    else:
        own = ProductPreprocessor.of(splits.info)
        preprocessor, notes = own.fit(raw, inputs, image_size)

    def encoded(part: Any) -> Arrays:
        return Arrays(preprocessor.encode(part.x), part.y.astype(np.float32)[:, None])

    prepared = splits.map(encoded)
    if trained is not None:
        return replace(prepared, info=trained)
    left = [name for name in inputs if name not in preprocessor.read]
    notes += [f"the data has no {name}" for name in left]
    info: Info = replace(splits.info, preprocessor=preprocessor, targets=(preprocessor.target,))
    train: Any = prepared.train
    if "table" in train.x:
        info = replace(info, inputs=moments(train.x["table"]))
    return replace(prepared, info=info, notes=(*splits.notes, *notes))
