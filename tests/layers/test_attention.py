"""Attention against its formula in NumPy."""

import numpy as np
import pytest
from keras import ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.attention import Attention

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def numpy_scores(layer, query, memory):
    if layer.score == "dot":
        return np.einsum("btu,bsu->bts", query, memory)
    key_kernel = ops.convert_to_numpy(layer.key_kernel)
    if layer.score == "general":
        return np.einsum("btu,bsm,mu->bts", query, memory, key_kernel)
    query_kernel, vector = (ops.convert_to_numpy(w) for w in (layer.query_kernel, layer.vector))
    inner = np.tanh((query @ query_kernel)[:, :, None] + (memory @ key_kernel)[:, None])
    return (inner @ vector)[..., 0]


@pytest.mark.parametrize("score", ["additive", "dot", "general"])
def test_it_is_the_formula_of_the_paper(score):
    query, memory = normal(2, 3, 6), normal(2, 5, 6 if score == "dot" else 4)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool)
    layer = Attention(score)
    context, weights = layer(query, memory, memory_mask=mask)
    expected = softmax(np.where(mask[:, None], numpy_scores(layer, query, memory), -np.inf))
    np.testing.assert_allclose(ops.convert_to_numpy(weights), expected, atol=1e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(context), expected @ memory, atol=1e-5)
    alone, _ = layer(query[:, 1], memory, memory_mask=mask)
    np.testing.assert_allclose(ops.convert_to_numpy(alone), (expected @ memory)[:, 1], atol=1e-5)


def test_a_memory_that_is_all_padding_gives_nothing():
    context, weights = Attention()(
        normal(1, 4), normal(1, 3, 4), memory_mask=np.zeros((1, 3), bool)
    )
    assert not ops.convert_to_numpy(context).any() and not ops.convert_to_numpy(weights).any()


@pytest.mark.filterwarnings("error")
def test_a_memory_of_one_entry_is_given_as_it_is():
    memory = normal(2, 1, 4)
    context, weights = Attention()(normal(2, 4), memory)
    np.testing.assert_allclose(ops.convert_to_numpy(context), memory[:, 0], atol=1e-6)
    assert (ops.convert_to_numpy(weights) == 1).all()


def test_padding_changes_nothing():
    layer, query, memory = Attention("general"), normal(2, 4), normal(2, 3, 5)
    plain, _ = layer(query, memory)
    longer = np.concatenate([memory, 100 * normal(2, 2, 5)], axis=1)
    padded, weights = layer(query, longer, memory_mask=np.array([[1, 1, 1, 0, 0]] * 2, bool))
    np.testing.assert_allclose(ops.convert_to_numpy(plain), ops.convert_to_numpy(padded), atol=1e-5)
    assert not ops.convert_to_numpy(weights)[:, 3:].any()


def test_wrong_scores_and_sizes_are_refused_in_one_sentence():
    with pytest.raises(UserError, match="did you mean 'additive'"):
        Attention("aditive")
    with pytest.raises(UserError, match="score=general"):
        Attention("dot")(normal(1, 4), normal(1, 3, 5))
