"""A text with each word shaded by how much it speaks for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from kerasrecipes.interpret.explanation import Span, WordImportance
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


def page_of(explanation: WordImportance) -> str:
    """Write a text as the model read it, each word shaded by its importance.

    Args:
        explanation: of one answer.

    Returns:
        A whole HTML document; the text is escaped.
    """
    text, label = explanation.text, explanation.label
    known = [abs(span.importance) for span in explanation.spans if span.importance is not None]
    top = max(known, default=0) or 1.0
    parts = [_STYLE, f'<section class="card read-card">{_key(label)}<p class="read" dir="auto">']
    end = 0
    for span in explanation.spans:
        parts += [
            escape(text[end : span.begin]),
            _shaded(text[span.begin : span.end], span.importance, top),
        ]
        end = span.end
    parts += [
        escape(text[end:]),
        "</p></section>",
        section("The strongest words", [_strongest(text, explanation.spans, label)]),
    ]
    subtitle = (
        "Shaded by gradient times input: how far, to first order, the score falls without the word."
    )
    return page(
        title=f"{label}, {100 * explanation.probability:.1f} %",
        subtitle=subtitle,
        kicker="Which words drove the answer",
        body="".join(parts),
    )


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


def _strongest(text: str, words: Sequence[Span], label: str) -> str:
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
