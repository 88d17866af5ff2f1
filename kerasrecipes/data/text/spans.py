"""Names of several words: the schemes that mark them word by word, and how well they were found."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence

# Begin, inside, end (or last, middle) and single (or unit), before the type.
_MARKED = re.compile(r"[BIELMSU]-.+")


def marks_spans(tags: Iterable[str]) -> bool:
    """Tell whether tags mark spans: each is `O`, or a letter for a word's place in its span before
    the type.
    """
    different = set(tags)
    return bool(different - {"O"}) and all(
        tag == "O" or _MARKED.fullmatch(tag) for tag in different
    )


def in_bio(tags: Sequence[str]) -> list[str]:
    """Bring a sentence's tags to the BIO scheme, in which `B-` begins every span.

    Args:
        tags: in BIO, in IOB1, where only a span right after one of its type has a `B-`, or in BIOES
            or BILOU, which mark its end and single words too.
    """
    result, inside = [], None
    for tag in tags:
        place, _, kind = tag.partition("-")
        if tag == "O":
            inside = None
            result.append(tag)
            continue
        begins = place in "BSU" or inside != kind
        result.append(f"{'B' if begins else 'I'}-{kind}")
        inside = None if place in "ESUL" else kind
    return result


def span_scores(truth: Sequence[Sequence[str]], given: Sequence[Sequence[str]]) -> dict[str, float]:
    """Score spans, of which both borders and the type must be right, by seqeval.

    Args:
        truth: the tags of each sentence, in the BIO scheme.
        given: those that were predicted.

    Returns:
        `precision`, `recall` and `f1` over all spans, and the same by type, such as `PER_f1`; 0
        where nothing was predicted or there was nothing to find.

    Reference:
        [seqeval](https://github.com/chakki-works/seqeval), which counts as the CoNLL-2000 script
        conlleval does
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
