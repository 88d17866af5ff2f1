"""The project's recurrent layers give what Keras's own give: results, states and gradients."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers import recurrent as own
from kerasrecipes.layers.recurrent import recurrent

BATCH, FEATURES, UNITS = 4, 3, 5
KERAS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
RIGHT = np.array(
    [
        [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
        [1] + 10 * [0],
        11 * [0],
    ],
    bool,
)
GAPS = np.array(
    [
        [0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1],
        [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1],
        11 * [1],
        [1] + 10 * [0],
    ],
    bool,
)
MASKS = {"none": None, "filled up": RIGHT, "with gaps": GAPS}
TENSORFLOW = keras.backend.backend() == "tensorflow"


@pytest.fixture(params=KERAS)
def cell(request):
    return request.param


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 0.7, shape).astype("float32")


def pair(cell, bidirectional=False, **options):
    """Give Keras's layer and ours with the same weights."""
    theirs = KERAS[cell](
        UNITS, **{name.removesuffix("_rate"): value for name, value in options.items()}
    )
    theirs = keras.layers.Bidirectional(theirs) if bidirectional else theirs
    ours = recurrent(cell, UNITS, bidirectional=bidirectional, **options)
    for layer in (theirs, ours):
        layer.build((None, None, FEATURES))
    weights = [
        drawn(*weight.shape, seed=number) for number, weight in enumerate(theirs.get_weights())
    ]
    theirs.set_weights(weights)
    ours.set_weights(weights)
    return theirs, ours


def arrays(outputs):
    return [keras.ops.convert_to_numpy(output) for output in keras.tree.flatten(outputs)]


def assert_same(one, other, tolerance=2e-6):
    for a, b in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=tolerance)


@pytest.mark.skipif(not TENSORFLOW, reason="elsewhere Keras's own loop runs")
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["forwards", "both ways"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "all"])
def test_it_gives_what_keras_gives(cell, bidirectional, sequences, mask):
    theirs, ours = pair(cell, bidirectional, return_sequences=sequences, return_state=True)
    inputs, mask = drawn(BATCH, 11, FEATURES), MASKS[mask]
    assert_same(theirs(inputs, mask=mask), ours(inputs, mask=mask))


@pytest.mark.parametrize("time", [1, 8, 17] if TENSORFLOW else [5])
def test_it_begins_with_a_state_that_is_given(cell, time):
    theirs, ours = pair(cell, return_sequences=True, return_state=True)
    states = [drawn(BATCH, UNITS, seed=number) for number in range(2 if cell == "lstm" else 1)]
    inputs = drawn(BATCH, time, FEATURES)
    assert_same(theirs(inputs, initial_state=states), ours(inputs, initial_state=states))


def test_a_row_that_is_all_padding_keeps_its_state(cell):
    _, ours = pair(cell, return_state=True)
    states = [drawn(BATCH, UNITS, seed=number) for number in range(2 if cell == "lstm" else 1)]
    _, *after = ours(
        drawn(BATCH, 6, FEATURES), initial_state=states, mask=np.zeros((BATCH, 6), bool)
    )
    assert_same(after, states)


@pytest.mark.skipif(not TENSORFLOW, reason="the loop of our own is TensorFlow's")
@pytest.mark.parametrize(
    "cell, mask, backwards",
    [
        ("lstm", "none", False),
        ("lstm", "filled up", True),
        ("gru", "with gaps", False),
        ("gru", "filled up", True),
        ("simple_rnn", "with gaps", True),
    ],
)
def test_its_gradients_are_those_of_keras(cell, backwards, mask):
    import tensorflow as tf

    theirs, ours = pair(cell, return_sequences=True, return_state=True, **{})
    theirs.go_backwards = ours.go_backwards = backwards
    inputs, weight = tf.constant(drawn(BATCH, 11, FEATURES)), drawn(BATCH, 11, UNITS, seed=1)
    states = [
        tf.constant(drawn(BATCH, UNITS, seed=number))
        for number in range(2 if cell == "lstm" else 1)
    ]

    @tf.function(input_signature=[tf.TensorSpec((None, None, FEATURES))])
    def all_gradients(inputs):
        return [
            gradients(theirs, inputs),
            gradients(ours, inputs, training=True),
            gradients(ours, inputs),
        ]

    def gradients(layer, inputs, training=False):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *states])
            outputs, *after = layer(
                inputs, initial_state=states, mask=MASKS[mask], training=training
            )
            # Where nothing was read yet, Keras's backends differ by the state that is given.
            read = 1.0 if MASKS[mask] is None else np.cumsum(MASKS[mask], axis=1)[..., None] > 0
            loss = tf.reduce_sum(outputs * weight * (1.0 if backwards else read))
            loss += sum(tf.reduce_sum(state**2) for state in after)
        return tape.gradient(loss, [inputs, *states, *(v.value for v in layer.trainable_variables)])

    right, trained, explained = all_gradients(inputs)
    assert_same(right, trained, tolerance=2e-5)
    assert_same(right, explained, tolerance=2e-5)


def test_padding_never_changes_an_answer(cell):
    tokens = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, FEATURES, mask_zero=True)(tokens)
    x = recurrent(cell, UNITS, bidirectional=True, return_sequences=True)(x)
    model = keras.Model(tokens, recurrent(cell, UNITS)(x))
    rows = np.random.default_rng(0).integers(1, 9, (BATCH, 6))
    padded = np.pad(rows, [(0, 0), (0, 7)])
    assert_same(model(rows), model(padded))
    order = np.array([2, 0, 3, 1])
    assert_same(arrays(model(rows))[0][order], model(padded[order]))


def test_it_is_saved_and_loaded_in_safe_mode(cell, tmp_path):
    inputs = keras.Input((None, FEATURES))
    x = recurrent(
        cell, UNITS, return_sequences=True, bidirectional=True, dropout_rate=0.1, name="both"
    )(inputs)
    model = keras.Model(inputs, recurrent(cell, UNITS, name="last")(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert isinstance(loaded.get_layer("last"), own.CELLS[cell])
    assert isinstance(loaded.get_layer("both").backward_layer, own.CELLS[cell])
    assert_same(model(drawn(BATCH, 7, FEATURES)), loaded(drawn(BATCH, 7, FEATURES)), tolerance=0)


@pytest.mark.parametrize("rates", [{"dropout_rate": 0.5}, {"recurrent_dropout_rate": 0.5}], ids=str)
def test_it_drops_in_training_only(cell, rates):
    theirs, ours = pair(cell, return_sequences=True, **rates)
    inputs = drawn(BATCH, 9, FEATURES)
    assert_same(theirs(inputs, training=False), ours(inputs, training=False))
    whole, dropped = arrays([ours(inputs, training=False), ours(inputs, training=True)])
    assert np.isfinite(dropped).all() and np.abs(whole - dropped).max() > 1e-3


@pytest.mark.skipif(not TENSORFLOW, reason="SavedModel is TensorFlow's")
def test_it_is_exported_with_any_length(cell, tmp_path):
    import tensorflow as tf

    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, FEATURES, mask_zero=True)(inputs)
    model = keras.Model(inputs, recurrent(cell, UNITS, bidirectional=True)(x))
    model.export(tmp_path / "saved", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "saved")
    for length in (4, 9):
        tokens = np.random.default_rng(0).integers(0, 9, (2, length)).astype("int32")
        assert_same(model(tokens), loaded.serve(tf.constant(tokens)))


def test_an_unknown_cell_is_refused():
    with pytest.raises(UserError, match="did you mean 'lstm'"):
        recurrent("lstmm", 4)
