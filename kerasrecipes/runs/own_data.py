"""Data that is given as a Python object: where it lies beside the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kerasrecipes.runs.run import home


def named(data: Any) -> str | None:
    """Return the name by which a configuration has data.

    Args:
        data: a source's name, a path, `None` for the embedded data, or a Python object, which is
            written beside the runs; see `kerasrecipes.data.objects.store`.

    Returns:
        The name or the path; of an object the absolute path of its file.

    Raises:
        UserError: if the object is of no known kind, or its parts do not fit together.
    """
    if data is None or isinstance(data, str):
        return data
    if isinstance(data, Path):
        return str(data)
    from kerasrecipes.data import objects  # NumPy is not needed for names

    # Hidden, for the folder beside those of the recipes is none of a recipe.
    return str(objects.store(data, home() / ".data"))
