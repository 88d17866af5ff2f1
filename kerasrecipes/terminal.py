"""Text for terminals: what users, their files and other machines call things is printed as it is,
never obeyed.

Brackets are no markup, control characters are shown and not sent, and what a stream's encoding
lacks is replaced.
"""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# Controls but the line's end and the tabulator, of which a terminal would obey some; and what turns
# the direction of a line or ends it without being its end.
_CONTROLS = [*range(9), *range(11, 32), *range(127, 160)]
_CONTROLS += [0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_SHOWN = {code: chr(code).encode("unicode_escape").decode() for code in _CONTROLS}


def visible(text: str) -> str:
    r"""Return a text whose control characters are written out, such as `\x1b`.

    Args:
        text: of any content; ends of lines and tabulators stay.
    """
    return text.translate(_SHOWN)


def one_line(text: str) -> str:
    """Return a text in one line without control characters.

    Args:
        text: of any content.
    """
    return visible(" ".join(text.splitlines()) if "\n" in text or "\r" in text else text)


def new_console(**options: Any) -> Console:
    """Return a console that prints texts as they are; what is to be bold is a `rich.text.Text`.

    Args:
        options: of `rich.console.Console`.
    """
    # rich is imported with the first line, for listing and help do without it.
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        def render_str(self, text: str, **given: Any) -> Text:
            return super().render_str(visible(text), **given)

    return Plain(highlight=False, markup=False, emoji=False, **options)


def forgive_encodings() -> None:
    """Let standard output and error replace what their encoding lacks, in place of an error.

    That is a name of a file whose bytes are no UTF-8, too.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
