"""Tokenizer: text to token ids and back, by words, characters or subwords, without TensorFlow.

A tokenizer is fitted on the training texts and saved as JSON beside the model, so that raw text is
tokenized as in training. No text can spell a special token: "<pad>" is read as three tokens.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.settings import Lazy

PADDING, UNKNOWN, START, END = 0, 1, 2, 3
_WORD_PIECES = Lazy("kerasrecipes.data.text.wordpieces:WordPieces")
SPECIALS = ("<pad>", "<unknown>", "<start>", "<end>")

Tokenization = Literal["words", "characters", "subwords"]
TOKENIZATIONS = ("words", "characters", "subwords")

# Scripts that put no space between words: each of their characters is a token.
_SIGN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
_LETTER = r"[[\p{L}\p{N}_]&&[^\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
_WORD = rf"{_LETTER}(?:{_LETTER}|\p{{M}})*(?:['’](?:{_LETTER}|\p{{M}})+)*"
_NUMBER = r"\p{N}+(?:[.,]\p{N}+)+"
# Any other visible character: punctuation, or an emoji with its modifiers and joined parts.
_SYMBOL = r"[^\s\p{M}\x{200d}](?:\p{M}|[\x{fe0f}\x{1f3fb}-\x{1f3ff}]|\x{200d}[^\s])*"
_WORDS = "|".join((_NUMBER, _SIGN, _WORD, _SYMBOL))
_LINE_BREAK = r"<br\s*/?>"  # HTML's, as in the reviews of imdb_reviews

_AT_ONCE = 1024  # texts that are encoded together: enough for all threads, little memory
_CLOSING = frozenset(".,;:!?%)]}…’”»、。，！？；：）】》」』")
_OPENING = frozenset("([{“«‘¿¡（【《「『#$€£")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


class Tokenizer:
    """Text to token ids and back; ids 0 to 3 are padding, unknown, start and end.

    Args:
        pipeline: of the `tokenizers` library, whose vocabulary begins with the four specials.
        kind: `"words"`, `"characters"` or `"subwords"`.

    Attributes:
        size: size of the vocabulary, the four specials included.
    """

    def __init__(self, pipeline: tokenizers.Tokenizer, kind: Tokenization):
        self.pipeline, self.kind = pipeline, kind
        self.size = pipeline.get_vocab_size(with_added_tokens=False)
        self._known: dict[str, int] | None = None

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        *,
        kind: Tokenization = "words",
        size: int | None = None,
        lowercase: bool = True,
        min_frequency: int = 1,
    ) -> Tokenizer:
        """Fit a tokenizer: learn the vocabulary of texts.

        Args:
            texts: the training texts; an iterator is read once, in constant memory.
            kind: words (with punctuation marks, and each character of scripts without spaces),
                single characters, or subwords by byte pair encoding, of which none is ever unknown.
            size: maximum size of the vocabulary, the four specials included; the most frequent
                tokens are kept. `None` keeps all words or characters, and 8,000 subwords.
            lowercase: whether to convert text to lower case.
            min_frequency: number of times that a token must occur to be kept.

        Returns:
            The tokenizer; its token ids 0 to 3 are the specials.

        Raises:
            UserError: if the kind is unknown, or the size leaves no room.

        Reference:
            [Neural Machine Translation of Rare Words with Subword
            Units](https://arxiv.org/abs/1508.07909) (Sennrich et al., 2016)
        """
        if kind not in TOKENIZATIONS:
            raise unknown("tokenization", kind, TOKENIZATIONS)
        fewest = 4 + (256 if kind == "subwords" else 1)
        if size is not None and size < fewest:
            raise UserError(
                f"a vocabulary of {kind} needs at least {fewest} tokens, received {size}"
            )
        untrained = _pipeline(kind, lowercase)
        if kind == "subwords":
            return cls(_with_subwords(untrained, texts, size or 8000, min_frequency), kind)
        untrained.model = models.WordLevel({}, unk_token=SPECIALS[UNKNOWN])
        room = 2**31 if size is None else size - 4
        trainer = trainers.WordLevelTrainer(
            vocab_size=room, min_frequency=min_frequency, show_progress=False
        )
        untrained.train_from_iterator(clean(texts), trainer)
        found = untrained.get_vocab(with_added_tokens=False)
        return cls(_with_words(untrained, sorted(found, key=found.__getitem__)), kind)

    @classmethod
    def of_words(
        cls,
        rows: Iterable[Sequence[str]],
        size: int | None = None,
        *,
        lowercase: bool = False,
        min_frequency: int = 1,
    ) -> Tokenizer:
        """Fit a tokenizer on texts that are split into words already, for `encode_words`.

        Args:
            rows: the words of each text.
            size: maximum size of the vocabulary, the four specials included; `None` keeps all.
            lowercase: whether to convert words to lower case.
            min_frequency: number of times that a word must occur to be kept.

        Returns:
            The tokenizer; the more frequent a word, the smaller its token id, from 4 on.
        """
        counts: Counter[str] = Counter()
        for row in rows:
            counts.update(word.lower() for word in row) if lowercase else counts.update(row)
        # The most frequent first, those of equal frequency by the alphabet: the same rows give the
        # same token ids.
        ordered = sorted(
            (w for w, n in counts.items() if n >= min_frequency), key=lambda w: (-counts[w], w)
        )
        return cls(
            _with_words(
                _pipeline("words", lowercase), ordered[: None if size is None else size - 4]
            ),
            "words",
        )

    def __eq__(self, other: object) -> bool:
        """Whether another tokenizer gives every text the same token ids."""
        return isinstance(other, Tokenizer) and (
            self is other
            or (self.kind == other.kind and self.pipeline.to_str() == other.pipeline.to_str())
        )

    def __hash__(self) -> int:
        """Return the same number for equal tokenizers."""
        return hash((self.kind, self.size))

    @property
    def lowercase(self) -> bool:
        """Whether text is converted to lower case."""
        return self.pipeline.normalizer.normalize_str("A") == "a"

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the token ids of each text, `(tokens,)` int32, without start and end."""
        return list(self.encoded(texts))

    def encoded(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Iterate over the token ids of each text, `(tokens,)` int32, in constant memory."""
        whole = clean(texts)
        while batch := list(itertools.islice(whole, _AT_ONCE)):
            for encoding in self.pipeline.encode_batch_fast(batch, add_special_tokens=False):
                yield np.array(encoding.ids, np.int32)

    def encode_words(self, rows: Iterable[Sequence[str]]) -> list[np.ndarray]:
        """Return the token ids of texts that are split into words, `(words,)` int32 each."""
        if self._known is None:
            vocabulary = self.pipeline.get_vocab(with_added_tokens=False)
            self._known = {word: token for word, token in vocabulary.items() if token > END}
        known, lowercase = self._known, self.lowercase
        words = ([word.lower() for word in row] if lowercase else row for row in rows)
        return [np.array([known.get(word, UNKNOWN) for word in row], np.int32) for row in words]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where in the text each token begins and ends, in characters."""
        text = _scalar(text)
        found = []
        for begin, end in self.pipeline.encode(text).offsets:
            # The combining marks after a token belong to it.
            while end < len(text) and unicodedata.combining(text[end]):
                end += 1
            found.append((begin, end))
        return found

    def tokens(self, text: str) -> list[str]:
        """Return the tokens of a text as the text spells them; unknown ones too."""
        text = _scalar(text)
        return [text[begin:end] for begin, end in self.spans(text)]

    def token(self, token_id: int) -> str:
        """Return the spelling of a token, such as `<pad>` of 0."""
        if token_id <= END:
            return SPECIALS[token_id]
        name = self._name(token_id)
        return str(self.pipeline.decoder.decode([name])) if self.kind == "subwords" else name

    def decode(self, token_ids: Iterable[int], unknown: str = "") -> str:
        """Return the text of token ids.

        Args:
            token_ids: `(tokens,)`; specials are dropped.
            unknown: replacement for an unknown token.
        """
        kept = [
            token for token in map(int, token_ids) if token > END or (token == UNKNOWN and unknown)
        ]
        if self.kind == "subwords":
            names = [self._name(token) for token in kept if token > END]
            return str(self.pipeline.decoder.decode(names)).strip()
        words = [unknown if token == UNKNOWN else self._name(token) for token in kept]
        return "".join(words) if self.kind == "characters" else _spaced(words)

    def _name(self, token_id: int) -> str:
        name = self.pipeline.id_to_token(int(token_id))
        if name is None:
            raise IndexError(f"there is no token {token_id}; the vocabulary has {self.size}")
        return name

    def to_dict(self) -> dict[str, Any]:
        """Return the tokenizer as JSON-able values."""
        return {"kind": self.kind, "pipeline": json.loads(self.pipeline.to_str())}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tokenizer:
        """Restore a tokenizer from `to_dict`, also after a round trip through JSON."""
        if values["kind"] == "wordpieces":
            return _WORD_PIECES.value.from_dict(values)
        return cls(tokenizers.Tokenizer.from_str(json.dumps(values["pipeline"])), values["kind"])


def _pipeline(kind: Tokenization, lowercase: bool) -> tokenizers.Tokenizer:
    """Build the normalizer and the splitting into tokens, without a vocabulary."""
    # Else the library warns at each use in a process that was forked after the first use.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    pipeline = tokenizers.Tokenizer(models.BPE())
    steps = [normalizers.NFC(), *([normalizers.Lowercase()] if lowercase else [])]
    if kind == "words":
        steps.append(normalizers.Replace(tokenizers.Regex(_LINE_BREAK), " "))
    pipeline.normalizer = normalizers.Sequence(steps)
    if kind == "subwords":
        pipeline.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        pipeline.decoder = decoders.ByteLevel()
    else:
        pattern = _WORDS if kind == "words" else r"[\s\S]"
        pipeline.pre_tokenizer = pre_tokenizers.Split(
            tokenizers.Regex(pattern), "removed", invert=True
        )
    return pipeline


def _with_words(pipeline: tokenizers.Tokenizer, words: Iterable[str]) -> tokenizers.Tokenizer:
    names = [*SPECIALS, *(word for word in words if word not in SPECIALS)]
    vocabulary = {word: token for token, word in enumerate(names)}
    pipeline.model = models.WordLevel(vocabulary, unk_token=SPECIALS[UNKNOWN])
    return pipeline


def _with_subwords(
    pipeline: tokenizers.Tokenizer, texts: Iterable[str], size: int, min_frequency: int
) -> tokenizers.Tokenizer:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size - 4,
        min_frequency=max(2, min_frequency),
        initial_alphabet=alphabet,
        show_progress=False,
    )
    pipeline.train_from_iterator(clean(texts), trainer)
    found = pipeline.get_vocab(with_added_tokens=False)
    merges = json.loads(pipeline.to_str())["model"]["merges"]
    names = [*SPECIALS, *sorted(found, key=found.__getitem__)]
    pipeline.model = models.BPE(
        {name: token for token, name in enumerate(names)}, [tuple(pair) for pair in merges]
    )
    return pipeline


def clean(texts: Iterable[str]) -> Iterator[str]:
    """Iterate over texts as the library takes them, without lone surrogates."""
    return (_scalar(text) for text in texts)


def _scalar(text: str) -> str:
    """Replace lone surrogates, which broken input can hold and no encoding can write."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _spaced(words: Sequence[str]) -> str:
    """Join words with spaces, but for punctuation, brackets, quotes and scripts without spaces."""
    text, quoted = "", False
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        quote = word == '"'
        joined = (
            not index
            or word[0] in _CLOSING
            or before in _OPENING
            or (quote and quoted)
            or (before == '"' and quoted and not quote)
            or (_UNSPACED.match(word) and _UNSPACED.match(before))
        )
        text += word if joined else f" {word}"
        quoted ^= quote
    return text
