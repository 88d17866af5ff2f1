"""Pretrained word vectors from a GloVe or fastText file, and preprocessors with a vocabulary."""

from __future__ import annotations

import functools
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.data.text.tokenizer import END, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.preprocessing import Preprocessor

_LONGEST_LINE = 2**20  # bytes; a file without line ends is no file of vectors


@dataclass(frozen=True)
class WordVectors:
    """Vectors of the words of a vocabulary.

    Args:
        vectors: `(vocabulary_size, dimension)`; words that the file lacks have random vectors of
            the same standard deviation.
        found: `(vocabulary_size,)`, whether the file has each word.
        note: how many words the file has, in a line.
    """

    vectors: np.ndarray
    found: np.ndarray
    note: str


def read(path: str | Path, words: Mapping[str, int], size: int, seed: int = 0) -> WordVectors:
    """Read the vectors of a vocabulary's words from a file, line by line.

    A word that the file has only in lower case gets that vector. The vector of token 0, padding, is
    zero.

    Args:
        path: a text file, plain or `.gz`, with a word and its vector in each line, with or without
            a first line of the number of vectors and their dimension.
        words: the token id of each word.
        size: size of the vocabulary.
        seed: seed of the vectors of words that the file lacks.

    Returns:
        The vectors, `(size, dimension)`, and which words the file has.

    Raises:
        UserError: if the file cannot be read, a line is broken, or no word is found.

    Reference:
        [GloVe](https://nlp.stanford.edu/pubs/glove.pdf) (Pennington et al., 2014);
        [fastText](https://arxiv.org/abs/1607.04606) (Bojanowski et al., 2017)
    """
    lower = {word.lower() for word in words}
    rows: dict[str, np.ndarray] = {}
    dimension = 0
    for number, parts in _lines(Path(path).expanduser()):
        # The numbers at the end of the first line, as many as of all; the word before them has
        # spaces in some files.
        if not dimension:
            while dimension < len(parts) - 1 and _is_number(parts[-1 - dimension]):
                dimension += 1
        if not 0 < dimension < len(parts):
            wanted = f"a word and {dimension} numbers" if dimension else "a word and its numbers"
            raise UserError(
                f"{path}, line {number}: expected {wanted}, received {len(parts)} parts"
            )
        word = b" ".join(parts[:-dimension]).decode("utf-8", "replace")
        # Files have millions of words: only those of the vocabulary are kept, once.
        if (word in words or word in lower) and word not in rows:
            rows[word] = _vector(parts[-dimension:], path, number)
    spelled = {word: word if word in rows else word.lower() for word in words}
    taken = {word: rows[spelling] for word, spelling in spelled.items() if spelling in rows}
    if not taken:
        raise UserError(f"{path} has none of the {len(words):,} words of the vocabulary")
    return _filled(taken, words, size, dimension, seed)


def of_vocabulary(path: str | Path, tokenizer: Tokenizer) -> WordVectors:
    """Return the vectors of a tokenizer's words; a file is read once for a vocabulary.

    Args:
        path: a GloVe or fastText text file.
        tokenizer: of words.

    Raises:
        UserError: if the tokens are not words, or the file is broken; see `read`.
    """
    if tokenizer.kind != "words":
        raise UserError(
            "word vectors need tokenization=words, received "
            f"tokenization={tokenizer.kind}; leave out one of the two settings"
        )
    return _read_once(str(path), tuple(tokenizer.token(token) for token in range(tokenizer.size)))


@dataclass(frozen=True, kw_only=True)
class TokenPreprocessor(Preprocessor):
    """Base class of preprocessors with one vocabulary.

    Args:
        tokenizer: of the training texts.
        vectors: GloVe or fastText text file with the initial embeddings of words; `None` without.
    """

    tokenizer: Tokenizer
    vectors: str | None = None

    @property
    def word_vectors(self) -> np.ndarray | None:
        """Pretrained vectors of the vocabulary, `(vocabulary_size, dimension)`; `None` without."""
        if self.vectors is None:
            return None
        return of_vocabulary(self.vectors, self.tokenizer).vectors

    @property
    def notes(self) -> tuple[str, ...]:
        """How many words have a pretrained vector, for the user of a training."""
        return () if self.vectors is None else (of_vocabulary(self.vectors, self.tokenizer).note,)


def vectors_of(info: Info) -> np.ndarray | None:
    """Return the pretrained vectors of a model's vocabulary.

    Args:
        info: metadata of the training.

    Returns:
        `(vocabulary_size, dimension)`, or `None` where the user named no file of them.
    """
    preprocessor = info.preprocessor
    return preprocessor.word_vectors if isinstance(preprocessor, TokenPreprocessor) else None


# `prepare` notes how many words the file has, and `build` takes the vectors: one reading for both.
@functools.lru_cache(maxsize=1)
def _read_once(path: str, names: tuple[str, ...]) -> WordVectors:
    words = {name: token for token, name in enumerate(names) if token > END}
    return read(path, words, len(names))


def _filled(
    taken: Mapping[str, np.ndarray], words: Mapping[str, int], size: int, dimension: int, seed: int
) -> WordVectors:
    tokens = np.array([words[word] for word in taken])
    given = np.stack(list(taken.values()))
    # With the standard deviation of the file's, so that a missing word weighs as much as others.
    vectors = (
        np.random.default_rng(seed).normal(0, given.std(), (size, dimension)).astype(np.float32)
    )
    vectors[tokens], vectors[0] = given, 0
    found = np.zeros(size, bool)
    found[tokens] = True
    note = (
        f"{len(taken):,} of {len(words):,} words ({len(taken) / len(words):.0%}) "
        f"have a vector of {dimension} numbers in the file"
    )
    return WordVectors(vectors, found, note)


def _lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Iterate over the number and the space-separated parts of each line."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                if len(line) == _LONGEST_LINE:
                    raise UserError(f"{path}, line {number}: too long to be a word and its vector")
                parts = line.strip().split(b" ")
                # fastText's files begin with the number of vectors and their dimension.
                header = number == 1 and len(parts) == 2 and all(part.isdigit() for part in parts)
                if parts != [b""] and not header:
                    yield number, parts
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        ) from None


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _vector(values: Sequence[bytes], path: str | Path, number: int) -> np.ndarray:
    try:
        row = np.array([float(value) for value in values], np.float32)
    except ValueError:
        row = np.array([np.nan])
    if not np.isfinite(row).all():
        raise UserError(
            f"{path}, line {number}: expected finite numbers after the word, "
            "received something else"
        )
    return row
