"""Labellings are those that a search through all paths finds."""

import itertools
from collections import defaultdict

import numpy as np
import pytest

from kerasrecipes.inference.ctc_search import alignment, greedy, prefix_beam_search
from kerasrecipes.inference.ngram_model import NgramModel


def drawn(seed, frames=5, symbols=4):
    scores = np.random.default_rng(seed).normal(0, 2, (frames, symbols))
    return scores - np.log(np.exp(scores).sum(1, keepdims=True))


def labelling(path):
    kept = [s for n, s in enumerate(path) if n == 0 or s != path[n - 1]]
    return tuple(s for s in kept if s)


def all_paths(rows):
    for path in itertools.product(range(rows.shape[1]), repeat=len(rows)):
        yield path, sum(row[symbol] for row, symbol in zip(rows, path, strict=True))


def all_labellings(rows):
    found = defaultdict(float)
    for path, score in all_paths(rows):
        found[labelling(path)] += np.exp(score)
    return {labels: np.log(total) for labels, total in found.items()}


@pytest.mark.parametrize("seed", range(12))
def test_greedy_search_takes_the_most_probable_path(seed):
    rows = drawn(seed)
    best, _ = max(all_paths(rows), key=lambda item: item[1])
    assert tuple(greedy(rows)) == labelling(best)


@pytest.mark.parametrize("seed", range(12))
def test_with_beams_for_all_labellings_all_have_their_probability(seed):
    rows = drawn(seed)
    expected = all_labellings(rows)
    found = prefix_beam_search(rows, num_beams=5000)
    assert {tuple(labels) for labels, _ in found} == set(expected)
    for labels, score in found:
        assert score == pytest.approx(expected[tuple(labels)], abs=1e-9)
    assert tuple(found[0][0]) == max(expected, key=expected.get)


@pytest.mark.parametrize("seed", range(8))
def test_a_model_counts_as_it_says(seed):
    rows, weight, bonus = drawn(seed, frames=4), 0.7, 0.2
    model = NgramModel([[1, 2, 3], [2, 2], [1]], 4, order=3)

    def judged(labels, score):
        said = [model.log_probability(labels[:n], s) for n, s in enumerate(labels)]
        said.append(model.log_probability(labels, None))
        return score + weight * sum(said) + bonus * len(labels)

    expected = {labels: judged(labels, s) for labels, s in all_labellings(rows).items()}
    found = prefix_beam_search(rows, 5000, model, weight, bonus)
    for labels, score in found:
        assert score == pytest.approx(expected[tuple(labels)], abs=1e-9)
    assert tuple(found[0][0]) == max(expected, key=expected.get)


def test_few_beams_find_what_is_nearly_certain():
    said = [0, 1, 1, 0, 1, 2, 2, 0, 3]
    rows = np.log(np.full((len(said), 4), 0.01))
    rows[np.arange(len(said)), said] = np.log(0.97)
    assert prefix_beam_search(rows, 4)[0][0] == greedy(rows) == [1, 1, 2, 3]
    stretches = alignment(rows, [1, 1, 2, 3])
    assert [(s.first, s.last) for s in stretches] == [(1, 2), (4, 4), (5, 6), (8, 8)]
    assert all(s.probability == pytest.approx(0.97) for s in stretches)


@pytest.mark.parametrize("seed", range(12))
def test_an_alignment_is_the_most_probable_path_of_its_labelling(seed):
    rows = drawn(seed, frames=6)
    random = np.random.default_rng(seed)
    labels = tuple(int(label) for label in random.integers(1, 4, random.integers(1, 4)))
    own = [(score, path) for path, score in all_paths(rows) if labelling(path) == labels]
    _, best = max(own)
    found = alignment(rows, labels)
    path = [0] * len(rows)
    for label, stretch in zip(labels, found, strict=True):
        path[stretch.first : stretch.last + 1] = [label] * (stretch.last - stretch.first + 1)
    assert tuple(path) == best


def test_labels_that_the_frames_cannot_hold_have_no_alignment():
    assert alignment(drawn(0, frames=2), [1, 1]) == []
    assert alignment(drawn(0), []) == [] and alignment(np.zeros((0, 3)), [1]) == []
    assert greedy(np.zeros((0, 3))) == []
