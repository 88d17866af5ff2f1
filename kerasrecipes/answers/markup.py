"""Pieces of HTML for answers, with styles inline, since a notebook has no style sheet of ours."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from kerasrecipes.metrics import names

_WIDTH = 320  # pixels of a picture on the page
_SMALL = 64  # pixels; drawings up to this size are enlarged, and keep their edges
_ROWS = 100  # of a table
# Greys that read on light and on dark.
_CELL = "padding:4px 14px 4px 0;vertical-align:top;text-align:left"
_FAINT = "color:#808080"
_BAR = "display:inline-block;height:9px;background:#4c78a8;margin-right:6px"


def faint(text: str) -> str:
    """Write a text that is less important."""
    return f'<span style="{_FAINT}">{escape(text)}</span>'


def row(cells: Iterable[str], tag: str = "td") -> str:
    """Return a row of a table.

    Args:
        cells: HTML.
        tag: of a cell, `td` or `th`.
    """
    written = "".join(f'<{tag} style="{_CELL}">{cell}</{tag}>' for cell in cells)
    return f"<tr>{written}</tr>"


def table(names: Iterable[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table of values, of a long one its first rows.

    Args:
        names: of the columns.
        rows: of values, which are escaped.
    """
    body = "".join(row(escape(str(cell)) for cell in cells) for cells in rows[:_ROWS])
    rest = faint(f"… and {len(rows) - _ROWS:,} more rows") if len(rows) > _ROWS else ""
    return f"<table>{row(map(escape, names), 'th')}{body}</table>{rest}"


def metrics(values: Mapping[str, Any]) -> str:
    """Return a table of metrics, with names and units as their field writes them.

    Args:
        values: by name; those that are no numbers are left out.
    """
    rows = [
        (names.label(name), names.written(name, value))
        for name, value in values.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    return table(["metric", ""], rows)


def bars(shares: Iterable[tuple[str, float]]) -> str:
    """Return horizontal bars for shares.

    Args:
        shares: names and numbers from 0 to 1.
    """
    rows = (
        row(
            [
                escape(name),
                f'<span style="{_BAR};width:{100 * share:.0f}px"></span>{100 * share:.1f} %',
            ]
        )
        for name, share in shares
    )
    return f"<table>{''.join(rows)}</table>"


def image(content: bytes, width: int, form: str = "png") -> str:
    """Return an image that stands in the page itself.

    Args:
        content: of its file.
        width: of it, in pixels.
        form: of the file, `png` or `gif`.
    """
    small = f"width:{_WIDTH}px;image-rendering:pixelated"
    style = small if width <= _SMALL else f"max-width:{_WIDTH}px"
    return f'<img src="{data_uri(content, f"image/{form}")}" style="{style}">'


def picture_file(path: str) -> str:
    """Embed a file that is a picture; nothing if it is none or is not there."""
    kind = mimetypes.guess_type(path)[0] or ""
    if not kind.startswith("image/") or not Path(path).is_file():
        return ""
    return f'<br><img src="{data_uri(Path(path).read_bytes(), kind)}" style="max-width:640px">'


def data_uri(content: bytes, kind: str) -> str:
    """Return content as a URI.

    Args:
        content: of a file.
        kind: its media type, such as `audio/wav`.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
