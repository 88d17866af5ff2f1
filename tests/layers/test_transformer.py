"""Transformer layers against NumPy and Keras's own heads; steps are rows of all tokens at once."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.attention_heads import AttentionHeads
from kerasrecipes.layers.positions import TokenEmbedding, rotated, sinusoids
from kerasrecipes.layers.transformer import TransformerBlock

RANDOM = np.random.default_rng(0)
BATCH, TIME, UNITS, HEADS = 2, 5, 8, 2


def features(time=TIME):
    return RANDOM.normal(size=(BATCH, time, UNITS)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def turned(x, positions):
    """Pairs of features as complex numbers, multiplied by those of the unit circle."""
    half = x.shape[-1] // 2
    waves = 10_000.0 ** (-np.arange(half) / half)
    circle = np.exp(1j * np.asarray(positions)[:, None] * waves)[:, None, :]
    numbers = (x[..., :half] + 1j * x[..., half:]) * circle
    return np.concatenate([numbers.real, numbers.imag], axis=-1)


def attended(heads, query, memory, mask, causal, rotary):
    """Attention as in the paper, head by head."""

    def projected(layer, x):
        kernel, bias = (array(weight) for weight in layer.weights)
        return (x @ kernel + bias).reshape(*x.shape[:-1], HEADS, -1)

    queries, keys = projected(heads.query, query), projected(heads.key, memory)
    values = projected(heads.value, memory)
    if rotary:
        queries, keys = (turned(x, np.arange(x.shape[1])) for x in (queries, keys))
    scores = np.einsum("btnh,bsnh->bnts", queries, keys) / np.sqrt(UNITS // HEADS)
    allowed = np.ones(scores.shape, bool) if mask is None else mask[:, None, None, :]
    if causal:
        allowed = allowed & np.tri(scores.shape[2], scores.shape[3], dtype=bool)
    powers = np.exp(scores) * allowed
    weights = powers / powers.sum(axis=-1, keepdims=True)
    mixed = np.einsum("bnts,bsnh->btnh", weights, values).reshape(*query.shape)
    kernel, bias = (array(weight) for weight in heads.result.weights)
    return mixed @ kernel + bias, weights


def test_sinusoids_are_those_of_the_paper():
    found = array(sinusoids(ops.arange(50), 6))
    for place in range(6):
        wave = np.arange(50) / 10_000 ** (place // 2 * 2 / 6)
        expected = np.sin(wave) if place % 2 == 0 else np.cos(wave)
        np.testing.assert_allclose(found[:, place], expected, atol=1e-5)


def test_products_of_rotated_features_depend_on_distances_alone():
    q, k = (RANDOM.normal(size=(1, 1, 1, 6)).astype("float32") for _ in range(2))
    products = [
        float(array(ops.sum(rotated(q, ops.array([at])) * rotated(k, ops.array([at + 3])))))
        for at in (0, 7, 400)
    ]
    np.testing.assert_allclose(products, products[0], rtol=1e-3)
    np.testing.assert_allclose(array(rotated(q, [9])), turned(q, [9]), atol=1e-5)


@pytest.mark.parametrize(("causal", "rotary"), [(False, False), (True, False), (True, True)])
def test_heads_attend_as_in_the_paper(causal, rotary):
    heads, query = AttentionHeads(UNITS, HEADS, rotary=rotary), features()
    memory = query if causal else features(7)
    mask = None if causal else np.arange(7)[None] < np.array([[7], [4]])
    heads.build(query.shape, memory.shape)
    for weight in heads.weights:
        weight.assign(RANDOM.normal(size=weight.shape))
    expected, weights = attended(heads, query, memory, mask, causal, rotary)
    found = heads(query, memory, memory_mask=mask, causal=causal)
    np.testing.assert_allclose(array(found), expected, atol=1e-4)
    if not causal:
        np.testing.assert_allclose(array(heads.weights_of(query, memory, mask)), weights, atol=1e-5)


def test_with_the_same_weights_they_are_those_of_keras():
    keras_heads = keras.layers.MultiHeadAttention(HEADS, UNITS // HEADS)
    heads, query, memory = AttentionHeads(UNITS, HEADS), features(), features(7)
    heads(query, memory)
    expected = keras_heads(query, memory)
    for own, other in zip(heads.weights, keras_heads.weights, strict=True):
        own.assign(ops.reshape(other, own.shape))
    np.testing.assert_allclose(
        array(heads(query, memory)), array(keras_heads(query, memory)), atol=1e-5
    )
    assert expected.shape == query.shape


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_a_block_adds_and_normalizes_before_or_after(norm):
    block, x = TransformerBlock(UNITS, HEADS, 16, norm=norm), features()
    block.build(x.shape)

    def normalized(x):
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)

    def network(x):
        (w, b), (v, c) = (
            [array(y) for y in layer.weights] for layer in (block.hidden, block.result)
        )
        return np.maximum(x @ w + b, 0) @ v + c

    def heads(x):
        return attended(block.tokens, x, x, None, False, False)[0]

    if norm == "pre":
        middle = x + heads(normalized(x))
        expected = middle + network(normalized(middle))
    else:
        middle = normalized(x + heads(x))
        expected = normalized(middle + network(middle))
    np.testing.assert_allclose(array(block(x)), expected, atol=1e-5)


@pytest.mark.parametrize("options", [{"rotary": True}, {"attends": True, "norm": "post"}], ids=str)
def test_steps_with_a_cache_are_the_whole_pass(options):
    block, x, memory = TransformerBlock(UNITS, HEADS, 16, causal=True, **options), features(), None
    mask = np.arange(7)[None] < np.array([[7], [4]])
    given = {}
    if block.attends:
        memory = features(7)
        given = {"memory": memory, "memory_mask": mask}
    expected = array(block(x, **given))
    state, stepped = block.first_state(BATCH, TIME + 3), {}
    if block.attends:
        stepped = {"memory": block.read(memory), "memory_mask": mask}
    for place in range(TIME):
        found, state = block.step(x[:, place], state, **stepped)
        np.testing.assert_allclose(array(found), expected[:, place], atol=1e-5)


def test_half_precision_steps_carry_what_they_began_with():
    block = TransformerBlock(UNITS, HEADS, 16, causal=True, rotary=True, dtype="mixed_bfloat16")
    x = features()
    expected = array(ops.cast(block(x), "float32"))
    state = block.first_state(BATCH, TIME)
    found, after = block.step(ops.cast(x[:, 0], "bfloat16"), state)
    assert [part.dtype for part in after] == [part.dtype for part in state]
    np.testing.assert_allclose(array(ops.cast(found, "float32")), expected[:, 0], atol=0.05)


def test_dropout_is_of_training_alone():
    block, x = TransformerBlock(UNITS, HEADS, 16, dropout_rate=0.5), features()
    assert np.array_equal(array(block(x)), array(block(x, training=False)))
    assert np.abs(array(block(x, training=True)) - array(block(x))).max() > 0.1


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_embeddings_know_their_place_and_are_their_own_reverse(positions):
    embedding = TokenEmbedding(11, UNITS, TIME, positions=positions)
    ids = np.array([[4, 4, 6], [5, 4, 4]])
    x = array(embedding(ids))
    same = np.allclose(x[0, 0], x[0, 1])
    assert same == (positions == "rotary")  # whose heads know the place
    state = embedding.first_state(2, TIME)
    for place in range(3):
        found, state = embedding.step(ids[:, place], state)
        np.testing.assert_allclose(array(found), x[:, place], atol=1e-6)
    logits = array(embedding(x, reverse=True))
    np.testing.assert_allclose(logits, x @ array(embedding.tokens.embeddings).T, atol=1e-5)
    longer = np.zeros((1, TIME + 1), "int32")
    if positions == "learned":
        with pytest.raises(UserError, match="6 tokens: the model has positions for 5"):
            embedding(longer)
    else:
        assert embedding(longer).shape == (1, 6, UNITS)


@pytest.mark.parametrize(("units", "num_heads", "rotary"), [(8, 3, False), (6, 2, True)])
def test_heads_that_do_not_fit_are_refused(units, num_heads, rotary):
    with pytest.raises(UserError, match=f"units={units} num_heads={num_heads}: heads have to be"):
        AttentionHeads(units, num_heads, rotary=rotary)
