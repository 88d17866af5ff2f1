"""Generated windows of DNA in which the order of two motifs decides, on either strand.

An enhancer has both motifs on one strand, the first before the second. What is none has one of
them, or both in the other order, or on two strands. So each motif by itself tells little, and what
counts words of a few letters cannot tell a pair in order from one that is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from kerasrecipes.data.dna.bases import BASES
from kerasrecipes.data.dna.files import sequences_of
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

MOTIFS = ("GATAAGGT", "CACCTGTT")
_COUNT, _LENGTH, _SEED = 5000, 64, 24
_CHANGED = 0.04  # of the letters of a motif, as sites in a genome differ
_APART = (2, 24)  # letters between the two
_SHARES = {"alone": 0.4, "turned": 0.3, "apart": 0.3}  # of what is no enhancer
_OTHER_STRAND = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class Enhancers(SyntheticSource):
    """Generated windows of DNA, enhancers or not."""

    summary: str = (
        f"{_COUNT:,} generated windows of DNA, in which two motifs are in order or not, on which "
        "counting words fails"
    )

    def load(self, request: Request) -> Splits:
        """Generate the windows, the same each time, and divide them by the seed."""
        splits = sequences_of(
            {"train": (written(_COUNT, _SEED), [])}, request, Info(), "the generated windows"
        )
        return replace(splits, notes=())  # that generated windows are divided is no news


def written(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Generate windows.

    Args:
        count: number of windows.
        seed: of the draw.

    Yields:
        The letters, and `enhancer` or `other`; as many of the one as of the other.
    """
    random = np.random.default_rng(seed)
    for number in range(count):
        label = ("enhancer", "other")[number % 2]
        yield _window(random, label), label


def _window(random: np.random.Generator, label: str) -> str:
    first, second = (_site(random, motif) for motif in MOTIFS)
    kind = "" if label == "enhancer" else str(random.choice(list(_SHARES), p=[*_SHARES.values()]))
    if kind == "turned":
        first, second = second, first
    elif kind == "apart":
        second = turned(second)
        first, second = (first, second) if random.random() < 0.5 else (second, first)
    between = _background(random, int(random.integers(*_APART)))
    if kind == "alone":
        lost = _background(random, len(MOTIFS[0]))
        first, second = (first, lost) if random.random() < 0.5 else (lost, second)
    core = first + between + second
    before = int(random.integers(_LENGTH - len(core) + 1))
    after = _LENGTH - len(core) - before
    window = _background(random, before) + core + _background(random, after)
    return turned(window) if random.random() < 0.5 else window


def turned(sequence: str) -> str:
    """Return the other strand, as it is read.

    Args:
        sequence: of A, C, G and T.
    """
    return sequence[::-1].translate(_OTHER_STRAND)


def _site(random: np.random.Generator, motif: str) -> str:
    changed = random.random(len(motif)) < _CHANGED
    return "".join(
        BASES[random.integers(4)] if change else letter
        for letter, change in zip(motif, changed, strict=True)
    )


def _background(random: np.random.Generator, length: int) -> str:
    return "".join(BASES[index] for index in random.integers(4, size=length))
