"""Edit distances are the fewest edits, and error rates those of jiwer."""

import functools

import numpy as np
import pytest

from kerasrecipes.metrics.edit_distance import (
    aligned,
    character_error_rate,
    edit_distance,
    error_rate,
    word_error_rate,
)


@functools.cache
def by_definition(one, other):
    if not one or not other:
        return len(one) + len(other)
    return min(
        by_definition(one[1:], other) + 1,
        by_definition(one, other[1:]) + 1,
        by_definition(one[1:], other[1:]) + (one[0] != other[0]),
    )


@pytest.mark.parametrize("seed", range(30))
def test_it_is_the_fewest_edits_and_the_alignment_has_as_many(seed):
    random = np.random.default_rng(seed)
    one, other = ("".join(random.choice(list("abc"), random.integers(0, 9))) for _ in range(2))
    found = edit_distance(one, other)
    assert found == by_definition(one, other) == edit_distance(other, one)
    pairs = aligned(one, other)
    assert sum(left != right for left, right in pairs) == found
    assert "".join(left for left, _ in pairs if left) == one
    assert "".join(right for _, right in pairs if right) == other


def test_rates_are_edits_over_all_entries():
    assert word_error_rate(["a b c", "d"], ["a x c", "d e"]) == 2 / 4
    assert character_error_rate(["abc", "d"], ["abx", ""]) == 2 / 4
    assert error_rate([[]], [[]]) == 0 and error_rate([[]], [["a"]]) == float("inf")


@pytest.mark.parametrize("seed", range(20))
def test_rates_are_those_of_jiwer(seed):
    jiwer = pytest.importorskip("jiwer")
    random = np.random.default_rng(seed)

    def text(least):
        count = random.integers(least, 7)
        return " ".join("".join(random.choice(list("abé"), 3)) for _ in range(count))

    references, answers = ([text(least) for _ in range(12)] for least in (1, 0))
    assert word_error_rate(references, answers) == pytest.approx(jiwer.wer(references, answers))
    assert character_error_rate(references, answers) == pytest.approx(
        jiwer.cer(references, answers)
    )
