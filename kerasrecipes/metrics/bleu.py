"""BLEU and chrF with any number of references, by SacreBLEU.

Reference:
    [BLEU: a Method for Automatic Evaluation of Machine
    Translation](https://aclanthology.org/P02-1040/) (Papineni et al., 2002); [A Call for Clarity in
    Reporting BLEU Scores](https://arxiv.org/abs/1804.08771) (Post, 2018)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasrecipes.metrics.exact_match import caption_words

if TYPE_CHECKING:
    from sacrebleu.metrics import BLEU
    from sacrebleu.metrics.base import Metric

References = Sequence[Sequence[str]]


def bleu_scorer(references: References, lowercase: bool) -> BLEU:
    """Return SacreBLEU's scorer with its default tokenizer, 13a, or with single characters where
    most references have no spaces.

    Args:
        references: of each text, all that are right.
        lowercase: whether upper and lower case count as the same.
    """
    from sacrebleu.metrics import BLEU

    spaced = np.mean([" " in some[0].strip() for some in references]) > 0.5
    return BLEU(lowercase=lowercase, tokenize="13a" if spaced else "char")


def corpus_score(scorer: Metric, texts: Sequence[str], references: References) -> float:
    """Compute a score of all texts together.

    Args:
        scorer: of SacreBLEU.
        texts: that a model wrote.
        references: of each text, all that are right.

    Returns:
        The score, from 0 to 100.
    """
    # SacreBLEU takes streams: the first reference of every text, then the second, `None` where a
    # text has no more.
    most = max(map(len, references))
    streams: list[Any] = [
        [some[n] if n < len(some) else None for some in references] for n in range(most)
    ]
    return float(scorer.corpus_score(texts, streams).score)


def chrf(texts: Sequence[str], references: References, lowercase: bool) -> float:
    """Compute chrF, the F-score of character n-grams.

    Args:
        texts: that a model wrote.
        references: of each text, all that are right.
        lowercase: whether upper and lower case count as the same.

    Returns:
        The score, from 0 to 100.

    Reference:
        [chrF: character n-gram F-score for automatic MT
        evaluation](https://aclanthology.org/W15-3049/) (Popović, 2015)
    """
    from sacrebleu.metrics import CHRF

    return corpus_score(CHRF(lowercase=lowercase), texts, references)


def bleu_by_order(
    texts: Sequence[str], references: References, max_order: int = 4
) -> dict[str, float]:
    """Compute BLEU-1 to BLEU-4 of captions, on lower-case words without punctuation.

    Args:
        texts: a caption for each image.
        references: of each image, all captions that are right.
        max_order: words of the longest n-grams that are compared.

    Returns:
        `bleu_1` and so on, from 0 to 100.
    """
    from sacrebleu.metrics import BLEU

    texts = [" ".join(caption_words(text)) for text in texts]
    references = [[" ".join(caption_words(text)) for text in some] for some in references]
    return {
        f"bleu_{order}": corpus_score(
            BLEU(max_ngram_order=order, tokenize="none", smooth_method="none"), texts, references
        )
        for order in range(1, max_order + 1)
    }


def signature(scorer: BLEU) -> str:
    """Write how BLEU is counted, in which numbers of other people have to agree, such as
    `SacreBLEU, lower-cased, tokenizer 13a`.

    Args:
        scorer: that has scored texts already.

    Returns:
        A phrase for an axis or a caption.
    """
    case = "lower-cased" if scorer.lowercase else "capitals count"
    parts = dict(part.split(":") for part in str(scorer.get_signature()).split("|"))
    return f"SacreBLEU, {case}, tokenizer {parts['tok']}"
