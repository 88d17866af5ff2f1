"""Attention weights by word keep what they sum to, whatever the tokenizer cut."""

import numpy as np
import pytest

from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.interpret.attention import word_alignment, words

TEXT = "the beautiful farmer"


@pytest.fixture(scope="module")
def subwords():
    return Tokenizer.fit(["the cat sees the dog"], kind="subwords", size=262)


def test_subwords_are_grouped_to_words(subwords):
    ids = subwords.encode([TEXT])[0]
    found = words(subwords, ids)
    assert [word for word, _ in found] == ["the", "beautiful", "farmer"] and len(ids) > 3
    assert [index for _, group in found for index in group] == list(range(len(ids)))


def test_a_word_has_the_sum_over_its_source_and_the_mean_over_its_target(subwords):
    source, target = (subwords.encode([text])[0] for text in (TEXT, "beautiful"))
    weights = np.random.default_rng(0).dirichlet(np.ones(len(source)), len(target) + 1)
    found = word_alignment(weights, (subwords, source), (subwords, target))
    assert found.across == ("the", "beautiful", "farmer") and found.down == ("beautiful", "(end)")
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)
    group = words(subwords, source)[1][1]
    np.testing.assert_allclose(found.weights[0, 1], weights[:-1, group].sum(axis=1).mean())
    np.testing.assert_allclose(found.weights[1, 1], weights[-1, group].sum())


def test_an_empty_answer_has_its_end(subwords):
    found = word_alignment(np.ones((1, 1)), (subwords, [5]), (subwords, []))
    assert found.down == ("(end)",) and found.weights.shape == (1, 1)
