"""Precision, recall and F1 of spans in tag sequences, such as names, by seqeval."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any


def span_scores(truth: Sequence[Sequence[str]], given: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Compute precision, recall and F1 of spans, of which both ends and the type must be right.

    Args:
        truth: the tags of each sentence, in the BIO scheme.
        given: those that were predicted.

    Returns:
        `span_f1`, `span_precision` and `span_recall` over all spans, and `by_class`, by type
        `precision`, `recall`, `f1` and `examples`, how many there are; 0 where nothing was
        predicted or there was nothing to find.

    Reference:
        [seqeval](https://github.com/chakki-works/seqeval), which counts as CoNLL-2000's conlleval
    """
    from seqeval.metrics import classification_report

    if not any(tag != "O" for rows in (truth, given) for tags in rows for tag in tags):
        return {"span_f1": 0.0, "span_precision": 0.0, "span_recall": 0.0, "by_class": {}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of types that were never predicted; their scores say so
        report = classification_report(truth, given, output_dict=True, zero_division=0)
    rows = {
        kind: {
            "precision": float(row["precision"]),
            "recall": float(row["recall"]),
            "f1": float(row["f1-score"]),
            "examples": int(row["support"]),
        }
        for kind, row in report.items()
    }
    whole = rows["micro avg"]
    return {
        **{f"span_{name}": whole[name] for name in ("f1", "precision", "recall")},
        "by_class": {kind: row for kind, row in rows.items() if not kind.endswith(" avg")},
    }
