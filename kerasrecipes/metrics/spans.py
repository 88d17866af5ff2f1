"""Precision, recall and F1 of spans in tag sequences, such as names, by seqeval."""

from __future__ import annotations

import warnings
from collections.abc import Sequence


def span_scores(truth: Sequence[Sequence[str]], given: Sequence[Sequence[str]]) -> dict[str, float]:
    """Compute precision, recall and F1 of spans, of which both ends and the type must be right.

    Args:
        truth: the tags of each sentence, in the BIO scheme.
        given: those that were predicted.

    Returns:
        `precision`, `recall` and `f1` over all spans, and the same by type, such as `PER_f1`; 0
        where nothing was predicted or there was nothing to find.

    Reference:
        [seqeval](https://github.com/chakki-works/seqeval), which counts as CoNLL-2000's conlleval
    """
    from seqeval.metrics import classification_report

    if not any(tag != "O" for rows in (truth, given) for tags in rows for tag in tags):
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of types that were never predicted; their scores say so
        report = classification_report(truth, given, output_dict=True, zero_division=0)
    averages = {"micro avg", "macro avg", "weighted avg"}
    names = {"": report["micro avg"]} | {
        f"{kind}_": row for kind, row in report.items() if kind not in averages
    }
    columns = {"precision": "precision", "recall": "recall", "f1": "f1-score"}
    return {
        f"{name}{ours}": float(row[theirs])
        for name, row in names.items()
        for ours, theirs in columns.items()
    }
