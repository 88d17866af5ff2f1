"""Generated sentences whose words depend on others far before: "the girls behind the king near the
aunt sing".

The verb goes by its subject, not by the nouns between; so does the pronoun at the end; and what
began with "if" goes on with "then", with "either" with "or". A model that looks at the last word
only cannot know any of that. How well the best possible model would do is known, as the words are
drawn by known probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import split
from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PEOPLE = {
    "girl": "herself",
    "queen": "herself",
    "aunt": "herself",
    "boy": "himself",
    "king": "himself",
    "uncle": "himself",
}
BETWEEN = ("near", "behind", "beside", "above")
# What one, and what several do; the first kind to oneself or to another, the second to nobody.
TRANSITIVE = (("sees", "see"), ("likes", "like"), ("helps", "help"), ("paints", "paint"))
INTRANSITIVE = (("sleeps", "sleep"), ("sings", "sing"), ("waits", "wait"), ("smiles", "smile"))
PAIRS = {"if": "then", "either": "or", "both": "and"}
MOST_BETWEEN = 3  # nouns between a subject and its verb
_NOUNS = tuple(PEOPLE)


class _Draw:
    """Draws words, and keeps the logarithm of the probability of all that it drew."""

    def __init__(self, random: np.random.Generator):
        self.random, self.log_probability = random, 0.0

    def one_of(self, number: int) -> int:
        """Draw an index below `number`, each as likely."""
        self.log_probability -= np.log(number)
        return int(self.random.integers(number))


def sentence(random: np.random.Generator) -> tuple[list[str], float]:
    """Draw a sentence.

    Args:
        random: generator of random numbers.

    Returns:
        Its words, and the logarithm of its probability.
    """
    draw = _Draw(random)
    openers = (None, *PAIRS)
    opener = openers[draw.one_of(len(openers))]
    words = (
        _clause(draw) if opener is None else [opener, *_clause(draw), PAIRS[opener], *_clause(draw)]
    )
    return [*words, "."], draw.log_probability


def _clause(draw: _Draw) -> list[str]:
    # `plural` is 0 or 1, and the index of the form in the pairs of verbs.
    subject, plural = _NOUNS[draw.one_of(len(_NOUNS))], draw.one_of(2)
    words = ["the", _form(subject, plural)]
    for _ in range(draw.one_of(MOST_BETWEEN + 1)):
        words += [BETWEEN[draw.one_of(len(BETWEEN))], "the", _noun(draw)]
    if draw.one_of(2):
        return [*words, INTRANSITIVE[draw.one_of(len(INTRANSITIVE))][plural]]
    words.append(TRANSITIVE[draw.one_of(len(TRANSITIVE))][plural])
    if draw.one_of(2):
        return [*words, "themselves" if plural else PEOPLE[subject]]
    return [*words, "the", _noun(draw)]


def _noun(draw: _Draw) -> str:
    return _form(_NOUNS[draw.one_of(len(_NOUNS))], draw.one_of(2))


def _form(noun: str, plural: int) -> str:
    return noun + "s" * plural


@dataclass(frozen=True)
class Agreement(SyntheticSource):
    """Sentences drawn from a seed, a line each.

    Args:
        sentences: how many.
    """

    sentences: int = 6000

    @property
    def summary(self) -> str:
        """What it holds, in a line."""
        return f"{self.sentences:,} generated sentences in which words depend on others far before"

    def load(self, request: Request) -> Splits:
        """Draw and divide the sentences; the same seed gives the same."""
        random = np.random.default_rng(request.seed)
        drawn = [sentence(random) for _ in range(self.sentences)]
        parts = split(None, (0.8, 0.1, 0.1), request.seed, len(drawn))
        lines = [LineExamples([" ".join(drawn[number][0]) for number in part]) for part in parts]
        # The perplexity per word, line ends included, of a model that knows how the sentences are
        # drawn.
        words = sum(len(words) + 1 for words, _ in drawn)
        best = float(np.exp(-sum(log for _, log in drawn) / words))
        info = Info(baselines={"best_perplexity": best})
        return Splits(train=lines[0], validation=lines[1], test=lines[2], info=info)
