"""A text with each word shaded by how much it speaks for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from kerasrecipes.reports.html import page, section

_FOR, _AGAINST = "11, 98, 168", "209, 89, 11"  # the colours of right and wrong in figures
_STRONGEST = 8  # words in the list beside the text
_STYLE = """<style>
.read { font-size: 1.15rem; line-height: 2; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext; }
.read span { border-radius: 3px; padding: 0.1em 0; }
.skipped { color: var(--soft); opacity: 0.6; }
.read-card { margin-top: 1.2rem; }
.key span { padding: 0.15em 0.5em; border-radius: 3px; margin-right: 0.6em; }
</style>"""


@dataclass(frozen=True)
class Word:
    """A stretch of a text that the model read as one token.

    Args:
        begin: where it begins.
        end: where it ends.
        importance: how much it speaks for the answer, negative if against; `None` if it was not
            read.
    """

    begin: int
    end: int
    importance: float | None


def explanation(text: str, words: Sequence[Word], label: str, probability: float) -> str:
    """Draw a text as the model read it.

    Args:
        text: as it was given.
        words: in the order of the text.
        label: what the model answers.
        probability: of the answer.

    Returns:
        A whole HTML document; the text is escaped.
    """
    top = (
        max((abs(word.importance) for word in words if word.importance is not None), default=0)
        or 1.0
    )
    parts, end = (
        [_STYLE, f'<section class="card read-card">{_key(label)}<p class="read" dir="auto">'],
        0,
    )
    for word in words:
        parts += [
            escape(text[end : word.begin]),
            _shaded(text[word.begin : word.end], word.importance, top),
        ]
        end = word.end
    parts += [
        escape(text[end:]),
        "</p></section>",
        section("The strongest words", [_strongest(text, words, label)]),
    ]
    subtitle = (
        "Shaded by gradient times input: how far, to first order, the score falls without the word."
    )
    title = f"{label}, {100 * probability:.1f} %"
    return page(
        title=title, subtitle=subtitle, kicker="Which words drove the answer", body="".join(parts)
    )


def write_explanation(folder: Path, name: str, content: str) -> Path:
    """Write a page under a name that no file has yet.

    Args:
        folder: where; it is made if it is not there.
        name: what to name it after.
        content: of the file.

    Returns:
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    words = "".join(c if c.isalnum() else " " for c in Path(name).stem[:60]).split()
    stem, number = "-".join(words[:5])[:40] or "text", 1
    while True:
        path = folder / f"{stem}.explained{'' if number == 1 else f'-{number}'}.html"
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(content)
        except FileExistsError:
            number += 1
        else:
            return path


def _shaded(word: str, importance: float | None, top: float) -> str:
    if importance is None:
        return f'<span class="skipped" title="not read">{escape(word)}</span>'
    color = _FOR if importance > 0 else _AGAINST
    strength = 0.75 * abs(importance) / top
    style = f"background: rgba({color}, {strength:.3f})"
    return f'<span style="{style}" title="{importance:+.3f}">{escape(word)}</span>'


def _key(label: str) -> str:
    names = ((f"speaks for {label}", _FOR), ("speaks against it", _AGAINST))
    shown = "".join(
        f'<span style="background: rgba({color}, 0.5)">{escape(name)}</span>'
        for name, color in names
    )
    return f'<p class="key">{shown}</p>'


def _strongest(text: str, words: Sequence[Word], label: str) -> str:
    read = [word for word in words if word.importance]
    order = np.argsort([-abs(word.importance) for word in read], kind="stable")[:_STRONGEST]
    rows = [
        f'<tr><td dir="auto">{escape(text[read[n].begin : read[n].end])}</td>'
        f'<td class="number">{read[n].importance:+.3f}</td></tr>'
        for n in order
    ]
    head = f'<thead><tr><th>Word</th><th class="number">For {escape(label)}</th></tr></thead>'
    return (
        f'<div class="card"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'
        if rows
        else ""
    )
