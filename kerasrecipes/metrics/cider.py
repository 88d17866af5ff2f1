"""CIDEr-D of captions, by pycocoevalcap."""

from __future__ import annotations

from collections.abc import Sequence

from kerasrecipes.errors import UserError
from kerasrecipes.metrics.exact_match import caption_words


def cider(texts: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Compute CIDEr-D on lower-case words without punctuation.

    Args:
        texts: a caption for each image.
        references: of each image, all captions that are right.

    Returns:
        The score, 0 or more; the rarer the words in which captions agree, the more.

    Raises:
        UserError: if pycocoevalcap is not installed.

    Reference:
        [CIDEr: Consensus-based Image Description Evaluation](https://arxiv.org/abs/1411.5726)
        (Vedantam et al., 2015)
    """
    try:
        from pycocoevalcap.cider.cider import Cider
    except ImportError as error:
        raise UserError("CIDEr needs its scorer: pip install 'kerasrecipes[captions]'") from error
    right = {
        n: [" ".join(caption_words(text)) for text in some] for n, some in enumerate(references)
    }
    given = {n: [" ".join(caption_words(text))] for n, text in enumerate(texts)}
    return float(Cider().compute_score(right, given)[0])
