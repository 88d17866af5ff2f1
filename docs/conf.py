"""The documentation site: `sphinx-build -W docs build/docs`, with the extra `[docs]`."""

import sys
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS.parent), str(DOCS)]

import generate  # noqa: E402 - found only now

from kerasrecipes.version import __version__  # noqa: E402

project = "kerasrecipes"
author = "the kerasrecipes authors"
copyright = author
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["**/README.md"]
suppress_warnings = ["myst.header"]  # pages that begin with a docstring have no level of their own

smartquotes_action = "qe"  # two hyphens begin a flag and are no dash

html_theme = "furo"
html_title = "kerasrecipes"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
napoleon_google_docstring = True
napoleon_use_ivar = True


def setup(app: Any) -> None:
    """Write the generated pages before Sphinx reads, and read docstrings as the code has them."""
    app.connect("builder-inited", lambda app: generate.pages(DOCS))
    app.connect("autodoc-process-docstring", generate.as_restructured)
