"""The recurrent layer with attention: its loop against its steps, and against Keras's layers."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.layers.recurrent.attention_rnn import AttendingRNN

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return RANDOM.normal(size=shape).astype(np.float32)


def gradients(layer, function, arguments):
    """Differentiate a function by the layer's weights and by its arguments."""
    weights = layer.trainable_variables
    if keras.backend.backend() == "jax":
        import jax

        def loss(values, arguments):
            with keras.StatelessScope(list(zip(weights, values, strict=True))):
                return function(*arguments)

        return jax.grad(loss, argnums=(0, 1))([v.value for v in weights], arguments)
    import tensorflow as tf

    arguments = keras.tree.map_structure(tf.constant, arguments)
    with tf.GradientTape() as tape:
        tape.watch(keras.tree.flatten(arguments))
        loss = function(*arguments)
    return tape.gradient(loss, ([v.value for v in weights], arguments))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("score", ["additive", "dot", "general", "none"])
def test_gradients_of_the_loop_are_those_of_its_steps(cell, score):
    time, batch, entries, units = 4, 3, 5, 6
    layer = AttendingRNN(cell, units, score=score, attention_units=4)
    mask = np.arange(entries) < [[3], [5], [0]]
    arguments = (
        normal(batch, time, 7),
        tuple(normal(batch, units) for _ in range(1 + (cell == "lstm"))),
        normal(batch, units) if score == "none" else normal(batch, entries, units),
    )
    wanted = normal(batch, time, units), normal(batch, time, units)
    layer(*arguments)

    def loss(states, contexts):
        found = ops.sum(states * wanted[0])
        return found if score == "none" else found + ops.sum(contexts * wanted[1])

    def at_once(x, state, memory):
        states, contexts, _ = layer(x, state, memory, memory_mask=None if score == "none" else mask)
        return loss(states, contexts)

    def one_by_one(x, state, memory):
        given = {} if score == "none" else {"keys": layer.attention.keys(memory), "mask": mask}
        found = []
        for row in range(time):
            state, context = layer.step(x[:, row], state, memory, **given)
            found.append((state[0], context))
        states, contexts = zip(*found, strict=True)
        return loss(ops.stack(states, 1), None if score == "none" else ops.stack(contexts, 1))

    found, expected = (gradients(layer, way, arguments) for way in (at_once, one_by_one))
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(one), ops.convert_to_numpy(other), rtol=1e-3, atol=1e-4
        )


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
        memory = ops.convert_to_tensor(memory)
        given = {"keys": layer.attention.keys(memory), "mask": mask}
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
