"""Products: what is sold, by photographs, a description and a row of a table.

A recipe names its sources by these functions; what they need is imported when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def products() -> Source:
    """Return the source that reads `--data products.csv --target price`, or a folder with one."""
    from kerasrecipes.data.products.tables import ProductTable

    return ProductTable()
