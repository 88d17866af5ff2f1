"""Raw text cut into sentences and words, as nearly as may be as training sentences were cut.

What is one word differs from corpus to corpus: "U.S.", "don't", a word of Chinese. So the
vocabulary decides: of signs without a space between, the longest that is known is a word.
"""

from __future__ import annotations

from kerasrecipes.data.text.tokenizer import Tokenizer

_LONGEST = 8  # signs that are one word together
_ENDS = frozenset(".!?…。！？")
_CLOSING = frozenset("\"')]}”’»」』）】")
_APOSTROPHES = "'’"


class Segmenter:
    """Cuts raw text.

    Args:
        tokenizer: of words, fitted on the training sentences.
    """

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        self.ranks = tokenizer.pipeline.get_vocab(
            with_added_tokens=False
        )  # the more frequent, the lower

    def sentences(self, text: str) -> list[list[str]]:
        """Give the words of each sentence; a line's end is a sentence's end too."""
        found: list[list[str]] = []
        for line in text.splitlines():
            found.append([])
            words = [word for chunk in line.split() for word in self._marked(chunk)]
            for number, (word, ends_chunk) in enumerate(words):
                found[-1].append(word)
                following = words[number + 1][0] if number + 1 < len(words) else ""
                if (
                    self._ends(found[-1])
                    and (ends_chunk or not following.isascii())
                    and following not in _CLOSING
                ):
                    found.append([])
        return [sentence for sentence in found if sentence]

    def _marked(self, chunk: str) -> list[tuple[str, bool]]:
        """Give the words of what stands between spaces, and whether each is its last."""
        words = self.words(chunk)
        return [(word, number == len(words) - 1) for number, word in enumerate(words)]

    def _ends(self, sentence: list[str]) -> bool:
        """Tell whether a sentence ends in a mark of its end, perhaps with brackets or quotes behind
        it.
        """
        marks = [word for word in sentence if word not in _CLOSING]
        return bool(marks) and _ENDS.issuperset(marks[-1]) and len(marks) > 1

    def words(self, chunk: str) -> list[str]:
        """Cut what stands between spaces."""
        places, words, number = self.tokenizer.spans(chunk), [], 0
        while number < len(places):
            begin = places[number][0]
            ends = [end for _, end in places[number : number + _LONGEST]]
            known = [k for k, end in enumerate(ends) if chunk[begin:end].lower() in self.ranks]
            taken = known[-1] if known else 0
            word = chunk[begin : ends[taken]]
            words += [word] if known else self._parted(word)
            number += taken + 1
        return words

    def _parted(self, word: str) -> list[str]:
        """Part an unknown word with an apostrophe, such as "don't", into two known ones, the most
        frequent.
        """
        if not any(mark in word for mark in _APOSTROPHES):
            return [word]
        plain = word.replace("’", "'").lower()
        pairs = [(plain[:at], plain[at:], at) for at in range(1, len(plain))]
        known = [
            (self.ranks[a] + self.ranks[b], at)
            for a, b, at in pairs
            if a in self.ranks and b in self.ranks
        ]
        at = min(known)[1] if known else 0
        return [word[:at], word[at:]] if at else [word]
