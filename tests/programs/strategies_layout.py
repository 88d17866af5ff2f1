"""Trains on one device, and on four of which two share a copy of the model; prints how far apart
they end.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=4"

import keras
import numpy as np

from kerasrecipes import strategies
from kerasrecipes.errors import UserError
from kerasrecipes.strategies import Strategy

LAYOUT = {"wide/kernel": (None, "model"), "wide/bias": ("model",), "narrow/kernel": ("model", None)}
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(70, 5)).astype("float32"), RANDOM.integers(0, 3, 70)


def build():
    keras.utils.set_random_seed(0)
    wide = keras.layers.Dense(8, activation="tanh", name="wide")
    return keras.Sequential(
        [keras.Input((5,)), wide, keras.layers.Dense(3, activation="softmax", name="narrow")]
    )


def compile(model):
    optimizer = keras.optimizers.AdamW(1e-2, global_clipnorm=0.1)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])


def batches():
    for start in range(0, 70, 32):  # the last of six rows
        yield X[start : start + 32], Y[start : start + 32]


def outcome(strategy, path):
    fit, model = strategy.prepare(build, compile)
    fit.fit(strategy.feed(batches), steps_per_epoch=3, epochs=4, verbose=0)
    judged = fit.evaluate(strategy.feed(batches, "evaluate"), steps=3, verbose=0)
    answers = fit.predict(
        strategy.feed(lambda: ((x,) for x, _ in batches()), "predict"), steps=3, verbose=0
    )
    with strategy.saving():
        model.save(path)
    cut = [shard.data.shape for shard in model.get_layer("wide").kernel.value.addressable_shards]
    weights = np.concatenate([np.asarray(w).reshape(-1) for w in model.get_weights()])
    return np.concatenate([weights, judged, answers.reshape(-1)]), cut


def main(folder):
    alone, _ = outcome(Strategy("one", "one device"), f"{folder}/one.keras")
    together, cut = outcome(
        strategies.select("mirrored", layout=LAYOUT, model_devices=2), f"{folder}/four.keras"
    )
    saved = keras.saving.load_model(f"{folder}/four.keras")
    kept = np.concatenate([np.asarray(w).reshape(-1) for w in saved.get_weights()])
    try:
        strategies.select("mirrored", layout={"broad": ("model",)}, model_devices=2).prepare(
            build, compile
        )
    except UserError as error:
        refused = str(error)
    try:
        strategies.select("mirrored", layout=LAYOUT, model_devices=3)
    except UserError as error:
        uneven = str(error)
    difference = float(np.abs(alone - together).max())
    lost = float(np.abs(kept - together[: len(kept)]).max())
    print(
        json.dumps(
            {
                "difference": difference,
                "lost": lost,
                "cut": cut,
                "refused": refused,
                "uneven": uneven,
            }
        )
    )


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
