"""What the TensorFlow backend adds: slices of batches, and features it refuses."""

import keras
import pytest

from kerasrecipes import strategies
from kerasrecipes.errors import UserError

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="needs the backend tensorflow"
)


def small(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": {"gradient_accumulation_steps": 2}}, "gradient accumulation"),
        (
            {"optimizer": {"use_ema": True, "ema_overwrite_frequency": 3}},
            "ema_overwrite_frequency",
        ),
        ({"jit_compile": True}, "jit_compile=True"),
        ({"steps_per_execution": 4}, "steps_per_execution=4"),
    ],
)
def test_what_cannot_work_is_refused(options, message):
    from kerasrecipes.strategies.tf_distribute import require_supported

    if "optimizer" in options:
        options = {"optimizer": keras.optimizers.SGD(**options["optimizer"])}
    with pytest.raises(UserError, match=f"^{message} does not work on several devices"):
        require_supported(small(**options))


def test_a_model_with_a_step_of_its_own_is_refused():
    from kerasrecipes.strategies.tf_distribute import require_supported

    class Own(keras.Model):
        def train_step(data):
            return {}

    model = Own()
    model.compile("sgd", "mse")
    with pytest.raises(UserError, match="a model with a train_step of its own"):
        require_supported(model)
    require_supported(small())


@pytest.mark.parametrize("replicas", [1, 2, 3, 5])
def test_slices_cover_a_batch_once(replicas):
    import tensorflow as tf

    from kerasrecipes.strategies.tf_distribute import slice_of_replica

    for rows in range(1, 12):
        x = tf.range(rows)
        pieces = [
            slice_of_replica((x, {"y": x}), tf.constant(replica), replicas)
            for replica in range(replicas)
        ]
        owned = [int(row) for piece in pieces for row in piece["batch"][0][: piece["own"]]]
        assert owned == list(range(rows))
        assert all(len(piece["batch"][1]["y"]) for piece in pieces)


def test_every_batch_normalization_is_found():
    from kerasrecipes.strategies.tf_distribute import layers_of

    normalize = [keras.layers.BatchNormalization() for _ in range(3)]
    inside = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.TimeDistributed(normalize[0]), normalize[1]]
    )
    model = keras.Sequential([keras.Input((4, 2)), inside, normalize[2]])
    found = [
        layer for layer in layers_of(model) if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert {id(layer) for layer in found} == {id(layer) for layer in normalize}


def test_data_parallelism_of_keras_is_refused():
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0"]))
    try:
        with pytest.raises(UserError, match="does nothing on TensorFlow"):
            strategies.select("auto")
    finally:
        keras.distribution.set_distribution(None)
