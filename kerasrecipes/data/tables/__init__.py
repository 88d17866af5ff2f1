"""Tables: where rows come from, and how they are prepared for a model.

A recipe names its sources by these functions; what they need is imported when they are called:

    data={"iris": tables.sklearn("iris"), "titanic": tables.tfds("titanic"), "csv": tables.csv()}
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def sklearn(name: str) -> Source:
    """Return the source of a table that comes with scikit-learn.

    Args:
        name: `iris`, `wine`, `breast_cancer` or `diabetes`.

    Raises:
        UserError: if there is no such table.
    """
    from kerasrecipes.data.tables.sources import SklearnTable

    return SklearnTable(name)


def csv() -> Source:
    """Return the source that reads the user's own CSV file."""
    from kerasrecipes.data.tables.sources import CsvFile

    return CsvFile()


def tfds(name: str) -> Source:
    """Return the source of a table by its TensorFlow Datasets name, such as `titanic`."""
    from kerasrecipes.data.tables.tfds_tables import SUMMARIES, TableTfds

    return TableTfds(name, SUMMARIES.get(name, f"the table {name} (TensorFlow Datasets)"))
