"""Exact match and F1 of answers to questions, by the rules of SQuAD's evaluation."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_MARKS = str.maketrans("", "", string.punctuation)


def normalized(answer: str) -> str:
    """Return an answer in lower case, without marks and articles, with single spaces."""
    return " ".join(_ARTICLES.sub(" ", answer.lower().translate(_MARKS)).split())


def exact_match(answer: str, references: Sequence[str]) -> float:
    """Return 1 if an answer is one of the references, when normalized, else 0.

    Args:
        answer: empty where the question is said to have none.
        references: the right ones; none for a question without an answer.
    """
    return float(normalized(answer) in {normalized(one) for one in references or ("",)})


def overlap(answer: str, references: Sequence[str]) -> float:
    """Return the F1 of the words that an answer shares with a reference, the best of all.

    Args:
        answer: empty where the question is said to have none.
        references: the right ones; none for a question without an answer.
    """
    return max(_overlap(answer, one) for one in references or ("",))


def _overlap(answer: str, reference: str) -> float:
    given, right = normalized(answer).split(), normalized(reference).split()
    if not given or not right:
        return float(given == right)
    same = sum((Counter(given) & Counter(right)).values())
    # 2 PR / (P + R), with P = same / given and R = same / right.
    return 2 * same / (len(given) + len(right))


def reading_metrics(
    answers: Sequence[str], references: Sequence[Sequence[str]]
) -> dict[str, float]:
    """Compute the metrics of a split.

    Args:
        answers: one for each question, empty for none.
        references: the right ones of each question.

    Returns:
        `exact_match` and `f1`, shares; where some questions have no answer also those of the
        questions that have one and `no_answer_accuracy` of those that have none.

    Reference:
        [SQuAD](https://arxiv.org/abs/1606.05250) (Rajpurkar et al., 2016); [Know What You Don't
        Know](https://arxiv.org/abs/1806.03822) (Rajpurkar et al., 2018)
    """
    pairs = list(zip(answers, references, strict=True))
    rows = [(exact_match(*pair), overlap(*pair), bool(pair[1])) for pair in pairs]
    found = {"exact_match": _mean([r[0] for r in rows]), "f1": _mean([r[1] for r in rows])}
    there, none = [r for r in rows if r[2]], [r for r in rows if not r[2]]
    if there and none:
        found["answerable_exact_match"] = _mean([r[0] for r in there])
        found["answerable_f1"] = _mean([r[1] for r in there])
        found["no_answer_accuracy"] = _mean([r[0] for r in none])
    return found


def _mean(values: Sequence[float]) -> float:
    return float(sum(values) / max(1, len(values)))
