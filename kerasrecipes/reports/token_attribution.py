"""A text with each word shaded by how much it speaks for the answer."""

from __future__ import annotations

from typing import Any

from kerasrecipes.interpret.explanation import WordImportance
from kerasrecipes.reports.html import render

_STRONGEST = 8  # words in the list below the text


def page_of(explanation: WordImportance) -> str:
    """Write a text as the model read it, each word shaded by its importance.

    Args:
        explanation: of one answer.

    Returns:
        A whole HTML document; the text is escaped.
    """
    text = explanation.text
    known = [abs(span.importance) for span in explanation.spans if span.importance is not None]
    # All importances may be 0, and are divided by it.
    top = max(known, default=0) or 1.0
    parts: list[dict[str, Any]] = []
    end = 0
    for span in explanation.spans:
        part = {"before": text[end : span.begin], "text": text[span.begin : span.end]}
        # The strongest word is shaded by three quarters, so that it can still be read.
        strength = 0.75 * abs(span.importance or 0) / top
        parts.append({**part, "importance": span.importance, "strength": strength})
        end = span.end
    # Words that were not read have None.
    read = [part for part in parts if part["importance"]]
    return render(
        "words.html",
        title=f"{explanation.label}, {100 * explanation.probability:.1f} %",
        subtitle="Shaded by gradient times input: how far, to first order, the score falls without "
        "the word.",
        kicker="Which words drove the answer",
        label=explanation.label,
        parts=parts,
        rest=text[end:],
        strongest=sorted(read, key=lambda part: -abs(part["importance"]))[:_STRONGEST],
    )
