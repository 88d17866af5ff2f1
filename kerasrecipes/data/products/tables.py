"""Products in a table: columns of numbers and categories, of descriptions, and of image files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.decoding import is_image
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.products.product import (
    SEPARATORS,
    ProductPreprocessor,
    joined,
    photographs,
)
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.tables import kinds as column_kinds
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.tables.targets import choose
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PRICES = ("price", "preis", "prix", "precio", "prezzo")

_TABLES = (".csv", ".tsv", ".txt")
_NAMED = 5  # files that a note names
# The set of houses has no header: bedrooms, bathrooms, area, zip code, price.
_HOUSES = ("bedrooms", "bathrooms", "area", "zipcode", "price")


@dataclass(frozen=True)
class ProductTable(FileSource):
    """A table of products, beside it their photographs; a folder with both."""

    summary: str = (
        "your own products: a CSV file with --target price, columns of text and of image files, "
        "or photographs named by the row, such as 12_front.jpg"
    )
    example = "products.csv --target price"
    roles: ClassVar[tuple[str, ...]] = ("target", "text", "image")
    kinds: ClassVar[bool] = True

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a table, or a folder with one."""
        place = Path(path).expanduser()
        return place.suffix.lower() in _TABLES[:2] or (place.is_dir() and bool(_tables(place)))

    def load(self, request: Request) -> Splits:
        """Read the rows, and find descriptions and photographs; no image is decoded yet.

        Cells may be missing, and photographs too; those that cannot be found or read are named in
        the notes, and so are rows without a price.

        Raises:
            UserError: if there is no such table, or it has no price.
        """
        path = self.path_of(request)
        if not path.exists():
            raise UserError(f"there is no file or folder {path}")
        if path.is_dir() and not _tables(path):
            raise UserError(f"{path} holds no table: expected a CSV file of products")
        table = _tables(path)[0] if path.is_dir() else path
        names, cells = _read(table)
        said = roles.named(request.options, names, self.roles)
        targets, _ = choose(names, said.roles.get("target") or _price(names, request))
        if len(targets) > 1:
            raise UserError(f"one price is predicted, received {', '.join(targets)}")
        notes: list[str] = []
        x, preprocessor = _columns(names, cells, targets[0], said, notes)
        paths = _photos(cells, names, preprocessor.photos, table, notes)
        prices = x["table"].pop(targets[0])
        known = np.isfinite(prices) & (np.nan_to_num(prices) > 0)
        if count := len(known) - int(known.sum()):
            notes.append(f"{count:,} rows without a price above 0 were left out")
        whole = Arrays({**x, "photos": paths}, prices).select(np.flatnonzero(known))
        parts, drawn = make_splits({"train": whole}, request)
        info = Info(preprocessor=preprocessor, columns={"target": targets[0]})
        return splits_of(parts, info, (*notes, *drawn))


def _tables(folder: Path) -> list[Path]:
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _TABLES]
    return [path for path in found if path.is_file() and not path.name.startswith(".")]


def _price(names: Sequence[str], request: Request) -> str | None:
    """Return the column that has a price's name, or that the training predicted."""
    trained = request.trained_info.preprocessor if request.trained_info else None
    if isinstance(trained, ProductPreprocessor):
        return trained.target
    return next((name for name in names if name.lower() in PRICES), None)


def _read(table: Path) -> tuple[list[str], list[Any]]:
    """Return names and Arrow arrays of the columns."""
    source: str | bytes = str(table)
    if table.suffix.lower() == ".txt":
        # Columns apart by spaces.
        lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
        source = "\n".join(",".join(line.split()) for line in lines).encode()
    cells = csv_reader.read(source)
    if not len(cells):
        raise UserError(f"{table} holds no rows")
    count = len(cells.arrays)
    houses = _HOUSES if table.stem.lower() == "housesinfo" and count == len(_HOUSES) else None
    numbered = [f"column_{number}" for number in range(1, count + 1)]
    return list(cells.names or houses or numbered), cells.arrays


def _columns(
    names: Sequence[str], arrays: Sequence[Any], target: str, said: roles.Columns, notes: list[str]
) -> tuple[dict[str, Any], ProductPreprocessor]:
    """Divide columns into those of a table, descriptions, and names of image files."""
    asked = {role: _several(said.roles.get(role)) for role in ("text", "image")}
    table: dict[str, np.ndarray] = {}
    kinds, text, photos = [], [], []
    for name, array in zip(names, arrays, strict=True):
        cells = csv_reader.words(array)
        if name in asked["image"] or (name != target and _is_images(cells)):
            photos.append(name)
            continue
        kind, values, told = column_kinds.decide(
            name, array, wanted=said.kinds.get(name), target=name == target
        )
        if name in asked["text"] or (kind.kind == "text" and not asked["text"]):
            text.append(name)
            continue
        kinds.append(kind)
        notes += told
        if kind.used or name == target:
            table[name] = values
    if table[target].dtype.kind != "f":
        raise UserError(f"'{target}' holds no numbers, and cannot be a price")
    own = TablePreprocessor(targets=(target,), order=tuple(names), kinds=tuple(kinds))
    preprocessor = ProductPreprocessor(
        target=target,
        table=own if len(table) > 1 else None,
        text=tuple(text),
        photos=tuple(photos),
    )
    column = {name: csv_reader.words(array) for name, array in zip(names, arrays, strict=True)}
    texts = joined([column[name] for name in text], len(arrays[0]))
    left = [kind for kind in kinds if kind.name != target]
    notes.append(column_kinds.described(left))
    if text or photos:
        said_of = [
            f"{'descriptions' if n in text else 'photographs'} in {n}" for n in text + photos
        ]
        notes.append(", ".join(said_of))
    return {"table": table, "text": np.array(texts, object)}, preprocessor


def _several(word: str | None) -> list[str]:
    return [name.strip() for name in (word or "").split(",") if name.strip()]


def _is_images(cells: np.ndarray) -> bool:
    some = [str(cell) for cell in cells[:200] if cell]
    first = [re.split(f"[{SEPARATORS}]", cell)[0].strip() for cell in some]
    return bool(some) and sum(is_image(Path(name)) for name in first) > 0.8 * len(some)


def _photos(
    arrays: Sequence[Any],
    names: Sequence[str],
    columns: Sequence[str],
    table: Path,
    notes: list[str],
) -> np.ndarray:
    """Return a tuple of paths for each row."""
    count = len(arrays[0])
    found = np.empty(count, object)
    found[:] = [()] * count
    missing: list[str] = []
    if columns:
        chosen = [csv_reader.words(arrays[list(names).index(name)]) for name in columns]
        for row in range(count):
            found[row], lost = photographs([column[row] for column in chosen], table.parent)
            missing += lost
    else:
        numbered: dict[int, list[str]] = {}
        for path in walk(table.parent)[0]:
            if match := re.match(r"(\d+)(?:[_-]|$)", path.stem):
                numbered.setdefault(int(match[1]), []).append(path.name)
        for number, own in numbered.items():
            if 1 <= number <= count:
                found[number - 1], lost = photographs(own, table.parent)
                missing += lost
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        notes.append(
            f"{len(missing):,} photographs are not there or broken: "
            f"{', '.join(missing[:_NAMED])}{more}"
        )
    return found
