"""Segmentation of raw text into sentences and words, as the training sentences were segmented.

What counts as one word differs from corpus to corpus: "U.S.", "don't", a word of Chinese. So the
vocabulary decides: of characters without a space between, the longest known run is a word.
"""

from __future__ import annotations

from kerasrecipes.data.text.tokenizer import Tokenizer

_LONGEST = 8  # tokens that are one word together
_ENDS = frozenset(".!?…。！？")
_CLOSING = frozenset("\"')]}”’»」』）】")
_APOSTROPHES = "'’"


class Segmenter:
    """Segments raw text by a vocabulary of words.

    Args:
        tokenizer: of words, fitted on the training sentences.
    """

    def __init__(self, tokenizer: Tokenizer):
        self.tokenizer = tokenizer
        # Token ids rank words by frequency: the more frequent, the lower.
        self.ranks = tokenizer.pipeline.get_vocab(with_added_tokens=False)

    def sentences(self, text: str) -> list[list[str]]:
        """Return the words of each sentence; a line's end is a sentence's end too."""
        found: list[list[str]] = []
        for line in text.splitlines():
            found.append([])
            chunks = [self.words(chunk) for chunk in line.split()]
            # Each word, and whether a space or the line's end follows it.
            words = [(word, k == len(chunk)) for chunk in chunks for k, word in enumerate(chunk, 1)]
            for index, (word, ends_chunk) in enumerate(words):
                found[-1].append(word)
                following = words[index + 1][0] if index + 1 < len(words) else ""
                if (
                    self._ends(found[-1])
                    and (ends_chunk or not following.isascii())
                    and following not in _CLOSING
                ):
                    found.append([])
        return [sentence for sentence in found if sentence]

    def _ends(self, sentence: list[str]) -> bool:
        """Whether a sentence ends in a full stop or its like, perhaps within brackets or quotes."""
        marks = [word for word in sentence if word not in _CLOSING]
        return bool(marks) and _ENDS.issuperset(marks[-1]) and len(marks) > 1

    def words(self, chunk: str) -> list[str]:
        """Return the words of a chunk without spaces: the longest known ones, from the left."""
        spans, words, index = self.tokenizer.spans(chunk), [], 0
        while index < len(spans):
            begin = spans[index][0]
            ends = [end for _, end in spans[index : index + _LONGEST]]
            known = [k for k, end in enumerate(ends) if chunk[begin:end].lower() in self.ranks]
            taken = known[-1] if known else 0
            word = chunk[begin : ends[taken]]
            words += [word] if known else self._split_at_apostrophe(word)
            index += taken + 1
        return words

    def _split_at_apostrophe(self, word: str) -> list[str]:
        """Split an unknown word with an apostrophe, as "don't", into the two most frequent ones."""
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
