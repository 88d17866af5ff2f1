"""HTML pages from templates: one file each that opens offline, needs no scripts and loads nothing
from elsewhere.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from kerasrecipes.reports import formatting

if TYPE_CHECKING:
    import jinja2


def render(template: str, **values: Any) -> str:
    """Write a page.

    Args:
        template: a file of `kerasrecipes/reports/templates`.
        values: what stands in the template; text is escaped there. All take `title`, `kicker` (a
            few words above it) and `subtitle` (a sentence below it, perhaps empty).

    Returns:
        A whole HTML document.
    """
    return _environment().get_template(template).render(values)


# One environment for all pages, for it keeps the compiled templates.
@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2  # only where a page is written

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("kerasrecipes.reports"),
        # jinja2 escapes nothing by default.
        autoescape=True,
        # A name that a template misspells is an error, not a gap in the page.
        undefined=jinja2.StrictUndefined,
        # Lines that hold only a tag leave no blank line in the page.
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "counted": formatting.counted,
        "plain": formatting.plain,
        "quantity": formatting.quantity,
        "sentence": formatting.sentence,
        "shape": formatting.shape,
    }
    return environment
