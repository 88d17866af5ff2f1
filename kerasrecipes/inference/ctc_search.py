"""The labels that frames of symbols say: greedy and prefix beam search, and where each label is.

A path has a symbol, or the blank, for each frame. Its labelling is what is left when repetitions
are merged and blanks removed, and many paths have the same one.

Reference:
    [Connectionist Temporal Classification](https://www.cs.toronto.edu/~graves/icml_2006.pdf)
    (Graves et al., 2006); prefix beam search with a language model by [First-Pass Large Vocabulary
    Continuous Speech Recognition using Bi-Directional Recurrent
    DNNs](https://arxiv.org/abs/1408.2873) (Hannun et al., 2014)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from kerasrecipes.losses.ctc import BLANK

_NEGLIGIBLE = 1e-4  # probability of a symbol in a frame below which no beam is extended by it


class LanguageModel(Protocol):
    """Probability of a symbol after others."""

    def log_probability(self, context: Sequence[int], symbol: int | None) -> float:
        """Return the logarithm of a symbol's probability after others.

        Args:
            context: indices of the symbols before, all of them.
            symbol: its index; `None` for the end.
        """
        ...


class Stretch(NamedTuple):
    """Frames of a label.

    Args:
        first: index of the first.
        last: index of the last.
        probability: the highest that the label has in one of them.
    """

    first: int
    last: int
    probability: float


def greedy(log_probabilities: np.ndarray) -> list[int]:
    """Return the labelling of the most probable path.

    Args:
        log_probabilities: `(frames, symbols)`.

    Returns:
        Labels, from 1 on.
    """
    path = log_probabilities.argmax(axis=1)
    changed = np.concatenate([[True], path[1:] != path[:-1]])[: len(path)]
    return [int(symbol) for symbol in path[changed] if symbol != BLANK]


def prefix_beam_search(
    log_probabilities: np.ndarray,
    num_beams: int,
    model: LanguageModel | None = None,
    weight: float = 0.5,
    bonus: float = 0.0,
) -> list[tuple[list[int], float]]:
    """Find the most probable labellings, each summed over its paths.

    Args:
        log_probabilities: `(frames, symbols)`.
        num_beams: beginnings of labellings that are kept at each frame.
        model: of the symbols, whose log probability is added with `weight`.
        weight: of the model.
        bonus: added for each label, which a model else makes few.

    Returns:
        Labels, and the score of each, the best first.
    """
    never = -np.inf
    # Of each beginning the probability that its path ends in a blank, and that it does not; what
    # model and bonus say of it is kept apart, for it is the same whatever the path.
    beams: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, never)}
    said: dict[tuple[int, ...], float] = {(): 0.0}
    threshold = np.log(_NEGLIGIBLE) if num_beams < 1000 else never
    for frame in log_probabilities:
        likely = [int(symbol) for symbol in np.flatnonzero(frame > threshold) if symbol != BLANK]
        grown: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [never, never])
        for labels, (blank, other) in beams.items():
            both = np.logaddexp(blank, other)
            here = grown[labels]
            here[0] = np.logaddexp(here[0], both + frame[BLANK])
            if labels:
                here[1] = np.logaddexp(here[1], other + frame[labels[-1]])
            for symbol in likely:
                longer = (*labels, symbol)
                # The same label twice needs a blank between.
                before = blank if labels and symbol == labels[-1] else both
                there = grown[longer]
                there[1] = np.logaddexp(there[1], before + frame[symbol])
                if longer not in said:
                    of_model = model.log_probability(labels, symbol) if model else 0.0
                    said[longer] = said[labels] + weight * of_model + bonus
        order = sorted(
            # A label twice over cannot follow a frame of it without a blank.
            (row for row, of_row in grown.items() if max(of_row) > never),
            key=lambda row: np.logaddexp(grown[row][0], grown[row][1]) + said[row],
            reverse=True,
        )
        beams = {labels: (grown[labels][0], grown[labels][1]) for labels in order[:num_beams]}
    found = [(list(labels), float(np.logaddexp(*beams[labels]) + said[labels])) for labels in beams]
    if model:
        found = [(row, score + weight * model.log_probability(row, None)) for row, score in found]
    return sorted(found, key=lambda item: item[1], reverse=True)


def alignment(log_probabilities: np.ndarray, labels: Sequence[int]) -> list[Stretch]:
    """Find the most probable path of a labelling: the frames of each label.

    Args:
        log_probabilities: `(frames, symbols)`.
        labels: from 1 on; no more than the frames can hold.

    Returns:
        A stretch for each label, in order; none where there is no such path.
    """
    states = np.zeros(2 * len(labels) + 1, np.int64)  # a blank before, between and behind labels
    states[1::2] = labels
    if not len(labels) or not len(log_probabilities):
        return []
    skips = np.zeros(len(states), bool)  # past a blank, between different labels
    skips[3::2] = states[3::2] != states[1:-2:2]
    emitted = log_probabilities[:, states]  # (frames, states)
    score = np.full(len(states), -np.inf)
    score[:2] = emitted[0, :2]
    steps = np.zeros(emitted.shape, np.int64)
    for frame in range(1, len(emitted)):
        ways = np.stack([score, np.roll(score, 1), np.where(skips, np.roll(score, 2), -np.inf)])
        ways[1, 0] = -np.inf
        steps[frame] = ways.argmax(axis=0)
        score = ways.max(axis=0) + emitted[frame]
    state = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    if not np.isfinite(score[state]):
        return []
    path = np.empty(len(emitted), np.int64)
    for frame in range(len(emitted) - 1, -1, -1):
        path[frame] = state
        state -= steps[frame, state]
    found = []
    for number, label in enumerate(labels):
        frames = np.flatnonzero(path == 2 * number + 1)
        highest = float(np.exp(log_probabilities[frames, label].max()))
        found.append(Stretch(int(frames[0]), int(frames[-1]), highest))
    return found
