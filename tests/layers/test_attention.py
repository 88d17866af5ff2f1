"""Attention against NumPy, and the recurrent layer that attends against one that is derived
automatically.
"""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.attention import Attention
from kerasrecipes.layers.recurrent.attention_rnn import AttendingRNN
from kerasrecipes.layers.recurrent.attention_step import (
    ADVANCE,
    attending_recurrence,
    look_up,
    recurrence,
)

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


def by_derivation(cell, score, projected, state, looked_at, recurrent, attention):
    """Take the steps of `attending_recurrence` one by one, for the backend to derive."""
    memory, keys, bias = looked_at
    query_kernel, vector, context_kernel = attention
    found = []
    for row in range(projected.shape[0]):
        context, _, _ = look_up(score, state[0], memory, keys, bias, query_kernel, vector)
        inner = projected[row] + ops.matmul(context, context_kernel)
        state, _ = ADVANCE[cell](inner, ops.matmul(state[0], recurrent[0]) + recurrent[1], state)
        found.append((state[0], context))
    return ops.stack([s for s, _ in found]), ops.stack([c for _, c in found])


def gradients(function, arguments):
    """Differentiate a function of arrays with the backend at hand."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.grad(lambda given: function(*given))(arguments)
    import tensorflow as tf

    given = keras.tree.map_structure(tf.constant, arguments)
    with tf.GradientTape() as tape:
        tape.watch(keras.tree.flatten(given))
        loss = function(*given)
    return tape.gradient(loss, given)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("score", ["additive", "dot", "general"])
def test_gradients_by_hand_are_those_by_derivation(cell, score):
    time, batch, entries, units, gates = 4, 3, 5, 6, {"lstm": 24, "gru": 18}[cell]
    compared = 4 if score == "additive" else 0
    bias = np.array([[0, 0, 0, -3e4, -3e4], [0] * 5, [-3e4] * 5], np.float32)
    arguments = (
        normal(time, batch, gates),
        tuple(normal(batch, units) for _ in range(1 + (cell == "lstm"))),
        (normal(batch, entries, units), normal(batch, entries, compared or units)),
        (normal(units, gates), normal(gates)),
        (normal(units, compared), normal(compared, 1), normal(units, gates)),
    )
    wanted = normal(time, batch, units), normal(time, batch, units)

    def loss(function):
        def weighed(projected, state, looked_at, recurrent, attention):
            given = (*looked_at, ops.convert_to_tensor(bias))
            found = function(cell, score, projected, state, given, recurrent, attention)
            return sum(ops.sum(part * weight) for part, weight in zip(found, wanted, strict=False))

        return weighed

    by_hand = gradients(loss(attending_recurrence), arguments)
    derived = gradients(loss(by_derivation), arguments)
    for one, other in zip(keras.tree.flatten(by_hand), keras.tree.flatten(derived), strict=True):
        other = np.zeros(one.shape, np.float32) if other is None else ops.convert_to_numpy(other)
        np.testing.assert_allclose(ops.convert_to_numpy(one), other, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_without_attention_it_is_the_layer_of_keras(cell):
    x, states = normal(2, 5, 3), tuple(normal(2, 4) for _ in range(1 + (cell == "lstm")))
    layer = AttendingRNN(cell, 4, score="none")
    found, context, weights = layer(x, states)
    assert context is None and weights is None
    reference = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[cell](4, return_sequences=True)
    reference.build(x.shape)
    bias = (
        layer.bias
        if cell == "lstm"
        else ops.stack([ops.copy(layer.bias), ops.copy(layer.recurrent_bias)])
    )
    given = [layer.kernel, layer.recurrent_kernel, bias]
    reference.set_weights([ops.convert_to_numpy(weight) for weight in given])
    expected = reference(x, initial_state=list(states))
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), ops.convert_to_numpy(expected), atol=1e-5
    )


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gradients_without_attention(cell):
    gates = {"lstm": 24, "gru": 18}[cell]
    state = tuple(normal(3, 6) for _ in range(1 + (cell == "lstm")))
    arguments, wanted = (
        (normal(4, 3, gates), state, normal(6, gates), normal(gates)),
        normal(4, 3, 6),
    )

    def one_by_one(projected, state, kernel, bias):
        found = []
        for row in range(4):
            state, _ = ADVANCE[cell](projected[row], ops.matmul(state[0], kernel) + bias, state)
            found.append(state[0])
        return ops.stack(found)

    by_hand = gradients(lambda *given: ops.sum(recurrence(cell, *given) * wanted), arguments)
    derived = gradients(lambda *given: ops.sum(one_by_one(*given) * wanted), arguments)
    for one, other in zip(keras.tree.flatten(by_hand), keras.tree.flatten(derived), strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), rtol=1e-3, atol=1e-4
        )


@pytest.mark.parametrize("score", ["additive", "general", "none"])
def test_a_step_is_a_row_of_all_steps(score):
    layer = AttendingRNN("gru", 4, score=score)
    x, state = normal(2, 3, 5), (normal(2, 4),)
    memory, mask = (
        (normal(2, 6), None) if score == "none" else (normal(2, 7, 4), np.arange(7) < [[7], [4]])
    )
    states, contexts, weights = layer(x, state, memory, memory_mask=mask)
    given = {}
    if score != "none":
        from kerasrecipes.layers.attention import bias_of

        memory = ops.convert_to_tensor(memory)
        given = {"keys": layer.attention.keys(memory), "bias": bias_of(mask, memory)}
        np.testing.assert_allclose(ops.convert_to_numpy(weights).sum(-1), 1, atol=1e-5)
        assert not ops.convert_to_numpy(weights)[1, :, 4:].any()
    for time in range(3):
        state, context = layer.step(x[:, time], state, memory, **given)
        np.testing.assert_allclose(
            ops.convert_to_numpy(state[0]), ops.convert_to_numpy(states)[:, time], atol=1e-5
        )
        if context is not None:
            expected = ops.convert_to_numpy(contexts)[:, time]
            np.testing.assert_allclose(ops.convert_to_numpy(context), expected, atol=1e-5)
