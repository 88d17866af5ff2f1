"""Text to token numbers and back: words, characters or subwords, without TensorFlow.

A tokenizer is fitted on training texts, is plain JSON-able data, and is written beside the model,
so that raw text is answered as it was learned from. No text can name a special token: what says
"<pad>" is read as three tokens.
"""

from __future__ import annotations

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

PADDING, UNKNOWN, START, END = 0, 1, 2, 3
SPECIALS = ("<pad>", "<unknown>", "<start>", "<end>")

Tokens = Literal["words", "characters", "subwords"]
KINDS = ("words", "characters", "subwords")

# Scripts that put no space between words: each of their signs is a token.
_SIGN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
_LETTER = r"[[\p{L}\p{N}_]&&[^\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
_WORD = rf"{_LETTER}(?:{_LETTER}|\p{{M}})*(?:['’](?:{_LETTER}|\p{{M}})+)*"
_NUMBER = r"\p{N}+(?:[.,]\p{N}+)+"
# What else is visible: a mark of punctuation, or an emoji with its modifiers and joined parts.
_SYMBOL = r"[^\s\p{M}\x{200d}](?:\p{M}|[\x{fe0f}\x{1f3fb}-\x{1f3ff}]|\x{200d}[^\s])*"
_WORDS = "|".join((_NUMBER, _SIGN, _WORD, _SYMBOL))
_LINE_BREAK = r"<br\s*/?>"  # of web pages, in a text that is else plain

_AT_ONCE = 1024  # texts that are encoded together
_CLOSING = frozenset(".,;:!?%)]}…’”»、。，！？；：）】》」』")
_OPENING = frozenset("([{“«‘¿¡（【《「『#$€£")
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)


class Tokenizer:
    """Cuts texts into tokens and numbers them; 0 to 3 are padding, unknown, start and end.

    Args:
        pipeline: of the `tokenizers` library, whose vocabulary begins with the four specials.
        kind: `"words"`, `"characters"` or `"subwords"`.
    """

    def __init__(self, pipeline: tokenizers.Tokenizer, kind: Tokens):
        self.pipeline, self.kind = pipeline, kind
        self.size = pipeline.get_vocab_size(with_added_tokens=False)
        self._known: dict[str, int] | None = None

    @classmethod
    def fit(
        cls,
        texts: Iterable[str],
        *,
        kind: Tokens = "words",
        size: int | None = None,
        lowercase: bool = True,
        min_frequency: int = 1,
    ) -> Tokenizer:
        """Learn a vocabulary.

        Args:
            texts: to learn from; an iterator is read once, in constant memory.
            kind: words (with marks of punctuation, and each sign of scripts without spaces), single
                characters, or subwords by byte pair encoding, of which none is ever unknown.
            size: the most tokens, the four specials included; the most frequent are kept. `None`
                keeps all words or characters, and 8,000 subwords.
            lowercase: whether capitals are read as small letters.
            min_frequency: how often a token must occur to be kept.

        Raises:
            UserError: if the kind is unknown, or the size leaves no room.
        """
        if kind not in KINDS:
            raise unknown("kind of tokens", kind, KINDS)
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
        untrained.train_from_iterator(_clean(texts), trainer)
        found = untrained.get_vocab(with_added_tokens=False)
        return cls(_with_words(untrained, sorted(found, key=found.get)), kind)

    @classmethod
    def of_words(
        cls,
        rows: Iterable[Sequence[str]],
        size: int | None = None,
        *,
        lowercase: bool = False,
        min_frequency: int = 1,
    ) -> Tokenizer:
        """Learn a vocabulary of texts that are cut into words already; `encode_words` numbers them.

        Args:
            rows: the words of each text.
            size: the most words, the four specials included; `None` keeps all.
            lowercase: whether capitals are read as small letters.
            min_frequency: how often a word must occur to be kept.
        """
        counts: Counter[str] = Counter()
        for row in rows:
            counts.update(word.lower() for word in row) if lowercase else counts.update(row)
        # The most frequent first, those of equal frequency by the alphabet: the same rows give the
        # same numbers.
        ordered = sorted(
            (w for w, n in counts.items() if n >= min_frequency), key=lambda w: (-counts[w], w)
        )
        return cls(
            _with_words(
                _pipeline("words", lowercase), ordered[: None if size is None else size - 4]
            ),
            "words",
        )

    @property
    def lowercase(self) -> bool:
        """Whether capitals are read as small letters."""
        return self.pipeline.normalizer.normalize_str("A") == "a"

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Give the token numbers of each text, int32, without start and end; an empty text has
        none.
        """
        return list(self.encoded(texts))

    def encoded(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Give the token numbers of text after text, in constant memory."""
        for some in _batched(_clean(texts), _AT_ONCE):
            for encoding in self.pipeline.encode_batch_fast(some, add_special_tokens=False):
                yield np.array(encoding.ids, np.int32)

    def encode_words(self, rows: Iterable[Sequence[str]]) -> list[np.ndarray]:
        """Give the token numbers of texts that are cut into words already, int32, one for each
        word.
        """
        if self._known is None:
            vocabulary = self.pipeline.get_vocab(with_added_tokens=False)
            self._known = {word: number for word, number in vocabulary.items() if number > END}
        known, lowercase = self._known, self.lowercase
        words = ([word.lower() for word in row] if lowercase else row for row in rows)
        return [np.array([known.get(word, UNKNOWN) for word in row], np.int32) for row in words]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Tell where in the text each token begins and ends."""
        text = _scalar(text)
        return [
            (begin, _with_marks(text, end)) for begin, end in self.pipeline.encode(text).offsets
        ]

    def tokens(self, text: str) -> list[str]:
        """Cut a text into tokens, as it spells them; unknown ones too."""
        text = _scalar(text)
        return [text[begin:end] for begin, end in self.spans(text)]

    def token(self, number: int) -> str:
        """Name a token."""
        if number <= END:
            return SPECIALS[number]
        name = self.pipeline.id_to_token(int(number))
        return self.pipeline.decoder.decode([name]) if self.kind == "subwords" else name

    def decode(self, numbers: Iterable[int], unknown: str = "") -> str:
        """Make readable text of token numbers.

        Args:
            numbers: of tokens; specials are dropped.
            unknown: what stands for an unknown token.
        """
        numbers = [int(number) for number in numbers]
        kept = [number for number in numbers if number > END or (number == UNKNOWN and unknown)]
        if self.kind == "subwords":
            names = [self.pipeline.id_to_token(number) for number in kept if number > END]
            return self.pipeline.decoder.decode(names).strip()
        words = [
            unknown if number == UNKNOWN else self.pipeline.id_to_token(number) for number in kept
        ]
        return "".join(words) if self.kind == "characters" else _spaced(words)

    def to_dict(self) -> dict[str, Any]:
        """Give all there is to know, as JSON-able values."""
        return {"kind": self.kind, "pipeline": json.loads(self.pipeline.to_str())}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tokenizer:
        """Make the tokenizer again from `to_dict`, also after a way through JSON."""
        return cls(tokenizers.Tokenizer.from_str(json.dumps(values["pipeline"])), values["kind"])


def _pipeline(kind: Tokens, lowercase: bool) -> tokenizers.Tokenizer:
    """Make the steps before the vocabulary."""
    # Processes that are forked after a first use would else be warned about at each use.
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
    vocabulary = {word: number for number, word in enumerate(names)}
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
    pipeline.train_from_iterator(_clean(texts), trainer)
    found = pipeline.get_vocab(with_added_tokens=False)
    merges = json.loads(pipeline.to_str())["model"]["merges"]
    names = [*SPECIALS, *sorted(found, key=found.get)]
    pipeline.model = models.BPE(
        {name: number for number, name in enumerate(names)}, [tuple(pair) for pair in merges]
    )
    return pipeline


def _clean(texts: Iterable[str]) -> Iterator[str]:
    return (_scalar(text) for text in texts)


def _scalar(text: str) -> str:
    """Replace half characters, which broken input can hold and no text encoding can write."""
    return (
        text
        if text.isascii()
        else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


def _with_marks(text: str, end: int) -> int:
    """Go past the accents that were joined with the letter before."""
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return end


def _batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _spaced(words: Sequence[str]) -> str:
    """Join words as one writes them: no space before a full stop, after a bracket, or between
    signs.
    """
    text, quoted = "", False
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        quote = word == '"'
        joined = (
            not number
            or word[0] in _CLOSING
            or before in _OPENING
            or (quote and quoted)
            or (before == '"' and quoted and not quote)
            or (_UNSPACED.match(word) and _UNSPACED.match(before))
        )
        text += word if joined else f" {word}"
        quoted ^= quote
    return text
