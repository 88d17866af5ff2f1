"""Words' vectors from a GloVe or fastText text file, of which only those of the vocabulary are
kept.
"""

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

_LONGEST_LINE = 2**20  # bytes; a file without line ends is no file of vectors


@dataclass(frozen=True)
class WordVectors:
    """Vectors of the words of a vocabulary.

    Args:
        vectors: `(vocabulary, dimension)`; of a word that the file lacks, drawn like the others.
        found: `(vocabulary,)`, which words the file has.
        note: how many that are, in a line.
    """

    vectors: np.ndarray
    found: np.ndarray
    note: str


def read(path: str | Path, words: Mapping[str, int], size: int, seed: int = 0) -> WordVectors:
    """Read a file line by line and keep the vectors of the words that are asked for.

    A word that the file has in small letters only gets that vector. The vector of number 0,
    padding, is zero.

    Args:
        path: a text file, packed as `.gz` or not, of a word and its numbers a line, with or without
            a first line that says how many vectors there are and of what length.
        words: the number of each word.
        size: of the vocabulary.
        seed: of the vectors of words that the file lacks.

    Raises:
        UserError: if the file cannot be read, a line is broken, or no word is found.
    """
    lower = {word.lower() for word in words}
    rows: dict[str, np.ndarray] = {}
    dimension = 0
    for number, parts in _lines(Path(path).expanduser()):
        dimension = dimension or _dimension(parts)
        if not 0 < dimension < len(parts):
            wanted = f"a word and {dimension} numbers" if dimension else "a word and its numbers"
            raise UserError(
                f"{path}, line {number}: expected {wanted}, received {len(parts)} parts"
            )
        word = b" ".join(parts[:-dimension]).decode("utf-8", "replace")
        if (word in words or word in lower) and word not in rows:
            rows[word] = _numbers(parts[-dimension:], path, number)
    taken = {word: rows.get(word, rows.get(word.lower())) for word in words}
    taken = {word: row for word, row in taken.items() if row is not None}
    if not taken:
        raise UserError(f"{path} has none of the {len(words):,} words of the vocabulary")
    return _filled(taken, words, size, dimension, seed)


def of_vocabulary(path: str | Path, tokenizer: Tokenizer) -> WordVectors:
    """Give vectors for a tokenizer's words; a file is read once for a vocabulary.

    Raises:
        UserError: if the tokens are no words, or the file is broken; see `read`.
    """
    if tokenizer.kind != "words":
        raise UserError(
            f"vectors are of words: give tokens=words with them, not tokens={tokenizer.kind}"
        )
    return _read_once(str(path), tuple(tokenizer.token(number) for number in range(tokenizer.size)))


@functools.lru_cache(maxsize=1)
def _read_once(path: str, names: tuple[str, ...]) -> WordVectors:
    words = {name: number for number, name in enumerate(names) if number > END}
    return read(path, words, len(names))


def _filled(
    taken: Mapping[str, np.ndarray], words: Mapping[str, int], size: int, dimension: int, seed: int
) -> WordVectors:
    numbers = np.array([words[word] for word in taken])
    given = np.stack(list(taken.values()))
    # Like the others in spread, so that a missing word is neither loud nor silent.
    vectors = (
        np.random.default_rng(seed).normal(0, given.std(), (size, dimension)).astype(np.float32)
    )
    vectors[numbers], vectors[0] = given, 0
    found = np.zeros(size, bool)
    found[numbers] = True
    share = len(taken) / len(words)
    note = f"{len(taken):,} of {len(words):,} words ({share:.0%}) have a vector of {dimension} numbers in the file"
    return WordVectors(vectors, found, note)


def _lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Give the number and the parts of line after line."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                if len(line) == _LONGEST_LINE:
                    raise UserError(f"{path}, line {number}: too long to be a word and its vector")
                parts = line.strip().split(b" ")
                header = number == 1 and len(parts) == 2 and all(part.isdigit() for part in parts)
                if parts != [b""] and not header:
                    yield number, parts
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        ) from None


def _dimension(parts: Sequence[bytes]) -> int:
    """Count the numbers at the end of a line; before them is the word, in which some files have
    spaces.
    """
    count = 0
    while count < len(parts) - 1 and _is_number(parts[-1 - count]):
        count += 1
    return count


def _is_number(part: bytes) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True


def _numbers(values: Sequence[bytes], path: str | Path, number: int) -> np.ndarray:
    try:
        row = np.array([float(value) for value in values], np.float32)
    except ValueError:
        row = np.array([np.nan])
    if not np.isfinite(row).all():
        raise UserError(
            f"{path}, line {number}: holds something else than finite numbers after the word"
        )
    return row
