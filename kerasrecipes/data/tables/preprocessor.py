"""Preprocessing of the rows of a table as in a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from kerasrecipes.data import csv_reader
from kerasrecipes.data.tables import columns as encodings
from kerasrecipes.data.tables.columns import EncodedColumn
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor


@dataclass(frozen=True, kw_only=True)
class TablePreprocessor(Preprocessor):
    """Rows of a table to the features that a model was trained on.

    A source says what a table's columns are; `fit` adds how they are encoded.

    Args:
        targets: names of the columns to predict.
        order: names of all columns of the training's file, in their order.
        kinds: what each of them holds and how it is written; runs of version 0.1.0 have none.
        named: whether the names are the user's own.
        columns: how the columns that the model takes are encoded.
    """

    kind: ClassVar[str] = "table"
    inputs: ClassVar[str] = "tables"

    targets: tuple[str, ...]
    order: tuple[str, ...]
    kinds: tuple[ColumnKind, ...] = ()
    named: bool = True
    columns: tuple[EncodedColumn, ...] = ()

    def fit(self, rows: Mapping[str, np.ndarray]) -> tuple[TablePreprocessor, list[str]]:
        """Fit the encoding of the columns on training rows.

        Args:
            rows: columns by name, float64 with NaN or objects with `None`.

        Returns:
            A preprocessor that encodes; and a sentence for each column that is left out.

        Raises:
            UserError: if no column is of use.
        """
        columns, notes = encodings.fit(rows, {kind.name: kind for kind in self.kinds})
        if not columns:
            raise UserError("the table has no column to learn from: " + "; ".join(notes))
        return replace(self, columns=tuple(columns)), notes

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that the model takes, such as `age` or `city=Lyon`."""
        return tuple(encodings.features(self.columns))

    def encode(self, rows: Mapping[str, np.ndarray]) -> np.ndarray:
        """Encode rows that are read already.

        Args:
            rows: columns by name, float64 with NaN or objects with `None`; of the training's kinds
                or of others, which are converted.

        Returns:
            `(rows, features)` float32.

        Raises:
            UserError: if a column is not there.
        """
        missing = [column.name for column in self.columns if column.name not in rows]
        if missing:
            raise UserError(f"the rows lack the column '{missing[0]}'; received {', '.join(rows)}")
        fitted = {one.name: encodings.as_fitted(rows[one.name], one) for one in self.columns}
        return encodings.encode(fitted, self.columns)

    def __call__(self, source: str | bytes) -> tuple[np.ndarray, dict[int, list[str]]]:
        """Read and encode the rows of a CSV file.

        Columns are found by their names where the file has a header, else by their order; targets
        may be there or not.

        Args:
            source: path of the file, or its content.

        Returns:
            `(rows, features)` float32; and notes on odd cells by the row's number.

        Raises:
            UserError: if the file is not a table, has no rows, or lacks a column.
        """
        # A name of the training in the first row shows that it is a header, whatever the cells
        # hold.
        known = frozenset(column.name.lower() for column in self.columns)
        cells = csv_reader.read(source, known=known)
        if len(cells) == 0:
            named = source if isinstance(source, str) else "standard input"
            raise UserError(f"{named} holds no rows")
        positions = (
            self._by_name(cells.names) if cells.names else self._by_order(len(cells.columns))
        )
        rows: dict[str, np.ndarray] = {}
        notes: dict[int, list[str]] = {}
        kinds = {kind.name: kind for kind in self.kinds}
        for column, position in zip(self.columns, positions, strict=True):
            # Without its kind a column's numbers are read as this file writes them.
            kind = kinds.get(column.name) or ColumnKind(
                column.name, "number", decimal=cells.decimal
            )
            rows[column.name], odd = encodings.typed(cells.arrays[position], column, kind)
            for row, note in odd.items():
                notes.setdefault(row, []).append(note)
        return encodings.encode(rows, self.columns), notes

    def _by_name(self, names: Sequence[str]) -> list[int]:
        lower = [name.lower() for name in names]
        indices = {name: lower.index(name) for name in lower} | {
            name: index
            for index, name in enumerate(names)  # the exact spelling goes first
        }
        missing = [column.name for column in self.columns if column.name.lower() not in lower]
        if missing:
            raise UserError(f"the rows lack the column '{missing[0]}'; received {', '.join(names)}")
        return [indices.get(one.name, indices[one.name.lower()]) for one in self.columns]

    def _by_order(self, count: int) -> list[int]:
        """Return the columns' indices in a file without header, which has all columns of the
        training or all but the targets.
        """
        everything = list(self.order)
        for order in (everything, [name for name in everything if name not in self.targets]):
            if len(order) == count:
                return [order.index(column.name) for column in self.columns]
        without = len(everything) - len(self.targets)
        raise UserError(
            f"the rows have {count} columns; expected {without}, "
            f"or {len(everything)} with the target"
        )
