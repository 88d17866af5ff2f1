"""Tables by their TensorFlow Datasets name; a prepared one is read without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import SMALL_SHARES
from kerasrecipes.data.tables.sources import ROLES, divide_rows
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {
    "titanic": "1,309 passengers of the Titanic, who survived",
    "wine_quality": "4,898 white wines by eleven measurements, their grade",
    "diamonds": "53,940 diamonds by weight, cut, color and measures, their price",
    "penguins": "334 penguins by four measurements, three species",
}


class TableTfds(TfdsSource):
    """A table of TensorFlow Datasets."""

    roles: ClassVar[tuple[str, ...]] = ROLES
    kinds: ClassVar[bool] = True

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download; all its rows are divided anew.

        Raises:
            UserError: if it is available in neither way, with what was tried, within seconds.
        """
        return _read(self.builder(), request)


def _read(builder: Any, request: Request) -> Splits:
    import tensorflow_datasets as tfds

    features = builder.info.features
    rows = [
        dict(_flat(record)) for split in builder.info.splits for record in Records(builder, split)
    ]
    if not rows:
        raise UserError(f"{builder.name} has no rows")
    classes = {
        name: part.names
        for name, part in _flat(features)
        if isinstance(part, tfds.features.ClassLabel)
    }
    table = {name: _column([row[name] for row in rows], classes.get(name)) for name in rows[0]}
    return divide_rows(table, request, target=_target(builder), shares=SMALL_SHARES)


def _target(builder: Any) -> str:
    """Return the name of the set's own target: what it calls its label, else its last column."""
    import tensorflow_datasets as tfds

    label = builder.info.supervised_keys[1] if builder.info.supervised_keys else None
    if isinstance(label, str):
        return label
    columns = list(_flat(builder.info.features))
    classes = [name for name, part in columns if isinstance(part, tfds.features.ClassLabel)]
    return classes[-1] if classes else columns[-1][0]


def _flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested dictionaries by name; a vector has a column for each number."""
    if hasattr(tree, "items"):  # a dictionary, or the features that describe one
        for name, part in tree.items():
            yield from _flat(part, name)
    elif isinstance(tree, np.ndarray) and tree.ndim == 1:
        yield from ((f"{prefix}_{number}", value) for number, value in enumerate(tree, 1))
    else:
        yield prefix, tree


def _column(cells: list[Any], classes: list[str] | None) -> np.ndarray:
    if classes is not None:
        # TFDS writes -1 where the class is unknown.
        return np.array([classes[cell] if cell >= 0 else None for cell in cells], dtype=object)
    if isinstance(cells[0], (bytes, str)):
        words = (
            cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells
        )
        return np.array([word.strip() or None for word in words], dtype=object)
    return np.array(cells, dtype=float)
