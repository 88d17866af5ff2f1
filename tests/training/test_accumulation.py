"""Accumulated gradients make the update of the large batch: whatever the sizes, losses, masks and
optimizers.
"""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training.accumulation import accumulate_gradients, part_size
from kerasrecipes.training.optimizers import with_summed_gradients
from kerasrecipes.training_settings import Training
from tests.training.test_resume import PAGE, start, train

ROWS = 50  # of batches of 32 the last one has 18, which no part size below divides


def schedule():
    return keras.optimizers.schedules.CosineDecay(1e-2, 6)


OPTIMIZERS = {
    "adamw, schedule, global norm, average": lambda: keras.optimizers.AdamW(
        schedule(), global_clipnorm=0.1, use_ema=True, ema_momentum=0.9
    ),
    "momentum, values": lambda: keras.optimizers.SGD(0.5, momentum=0.9, clipvalue=0.01),
    "norm of each": lambda: keras.optimizers.RMSprop(1e-2, clipnorm=0.05),
}


def table():
    inputs = keras.Input((6,))
    x = layers.Dense(16, activation="relu", kernel_regularizer="l2")(inputs)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def masked():
    """A mask of entries: parts have different numbers of them."""
    inputs = keras.Input((7, 4))
    x = layers.Masking()(inputs)
    x = layers.GRU(5, return_sequences=True)(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


def embedded():
    """Few tokens, each of which is many times in a batch."""
    tokens = keras.Input((9,), dtype="int32")
    x = layers.GlobalAveragePooling1D()(layers.Embedding(6, 5)(tokens))
    return keras.Model(tokens, layers.Dense(3, activation="softmax")(x))


def examples(model):
    random = np.random.default_rng(0)
    if model is embedded:
        return random.integers(0, 6, (ROWS, 9)), random.integers(0, 3, ROWS)
    if model is table:
        return random.normal(size=(ROWS, 6)).astype("float32"), random.integers(0, 3, ROWS)
    x = random.normal(size=(ROWS, 7, 4)).astype("float32")
    for row, length in enumerate(random.integers(1, 8, ROWS)):
        x[row, length:] = 0
    return x, random.integers(0, 3, (ROWS, 7))


def fitted(model, optimizer, size, weights=None, loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(1)
    made = model()
    chosen = with_summed_gradients(OPTIMIZERS[optimizer]())
    made.compile(chosen, loss, metrics=["accuracy"], jit_compile=False)
    if size is not None:
        accumulate_gradients(made, size)
    x, y = examples(model)
    given = {"batch_size": 32, "epochs": 2, "shuffle": False, "verbose": 0}
    history = made.fit(x, y, sample_weight=weights, **given).history
    variables = [*made.variables, *made.optimizer.variables]
    return history, [keras.ops.convert_to_numpy(variable) for variable in variables]


@pytest.mark.parametrize(
    ("model", "optimizer", "sizes"),
    [
        (table, "adamw, schedule, global norm, average", (5,)),
        (table, "momentum, values", (7,)),
        (table, "norm of each", (31,)),
        (masked, "adamw, schedule, global norm, average", (8,)),
        *(
            pytest.param(embedded, optimizer, (8,), marks=pytest.mark.slow)
            for optimizer in OPTIMIZERS
        ),
    ],
)
def test_the_update_is_that_of_the_large_batch(model, optimizer, sizes):
    large, expected = fitted(model, optimizer, None)
    for size in sizes:
        history, found = fitted(model, optimizer, size)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_allclose(one, other, atol=2e-6)
        for name, values in large.items():
            # On JAX the outputs of a step carry no mask, so its accuracy counts padding.
            assert history[name] == pytest.approx(values, abs=1e-5), name


def test_weights_of_examples_count_in_the_share_of_a_part():
    weights = np.random.default_rng(1).uniform(0, 3, ROWS).astype("float32")
    loss = "mean_with_sample_weight"
    given = keras.losses.SparseCategoricalCrossentropy(reduction=loss)
    _, expected = fitted(table, "momentum, values", None, weights, given)
    _, found = fitted(table, "momentum, values", 5, weights, given)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_a_run_with_parts_is_that_of_the_large_batch(tmp_path):
    recipe, _ = start()
    given = {"epochs": 2, "schedule": "cosine", "warmup_epochs": 1, "ema": 0.9, "clip_norm": 0.5}
    # Without noise of dropout, and statistics of batches that are not the same.
    given |= {"dropout_rate": 0.0, "optimizer": "adamw", "monitor": "loss"}
    runs = []
    for size, parts in ((64, 1), (16, 4)):
        config = resolve(PAGE, recipe, batch_size=size, accumulate=parts, **given)
        runs.append(train(Run.create("a", tmp_path), recipe, config, resume=False))
    large, small = runs
    assert small.steps == large.steps == 4  # updates of 200 examples, the last of 8
    rates = [[row["learning_rate"] for row in one.history.rows] for one in runs]
    assert rates[0] == rates[1]
    iterations = [int(keras.ops.convert_to_numpy(o.model.optimizer.iterations)) for o in runs]
    assert iterations == [8, 8] or small.kept.epoch == 1


def test_what_would_not_be_exact_is_refused():
    class Own(keras.Model):
        def train_step(self, *args):
            return {}

    with pytest.raises(UserError, match="training step of its own"):
        accumulate_gradients(Own(), 8)
    model = table()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(reduction="sum"))
    with pytest.raises(UserError, match="'sum'"):
        accumulate_gradients(model, 8)
    if keras.backend.backend() == "tensorflow":
        with pytest.raises(UserError, match="several devices of the TensorFlow backend"):
            accumulate_gradients(model, 8, replicas=2)
    with pytest.raises(UserError, match="batch_size=all"):
        part_size(Training(batch_size="all", accumulate=2), 10)
    assert part_size(Training(batch_size="all"), 10) == 10
