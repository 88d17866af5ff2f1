"""Makes the weights of the small base that ships: it learns shapes and textures, of which the
scenes show none.

Run it as

    python -m benchmarks.pretrain_small
    python -m benchmarks.pretrain_small --images 4000 --epochs 2 --output /tmp/small.weights.h5
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers

from kerasrecipes import files
from kerasrecipes.data.synthetic import scene_images
from kerasrecipes.models.small_cnn import SIZE, WEIGHTS, small


def drawn(count: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Draw textured shapes and their labels."""
    random = np.random.default_rng(seed)
    shapes, textures = list(scene_images.SHAPES), list(scene_images.TEXTURES)
    labels = {
        "shape": random.integers(0, len(shapes), count),
        "texture": random.integers(0, len(textures), count),
    }
    pairs = zip(labels["shape"], labels["texture"], strict=True)
    return np.stack([scene_images.shape(random, shapes[s], textures[t]) for s, t in pairs]), labels


def taught(base: keras.Model) -> keras.Model:
    """Put the two heads of the pretraining on a base."""
    x = layers.GlobalAveragePooling2D()(base.output)
    x = layers.Dropout(0.1)(x)
    outputs = {
        "shape": layers.Dense(len(scene_images.SHAPES), activation="softmax", name="shape")(x),
        "texture": layers.Dense(len(scene_images.TEXTURES), activation="softmax", name="texture")(
            x
        ),
    }
    return keras.Model(base.inputs, outputs)


def main() -> None:
    """Draw, train, and write the weights of the base."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=40_000)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    keras.utils.set_random_seed(0)
    x, y = drawn(arguments.images, seed=1)
    held = drawn(2_000, seed=2)
    base = small(keras.Input((SIZE, SIZE, 3), name="image"))
    model = taught(base)
    steps = -(-len(x) // 64) * arguments.epochs
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=4e-3, warmup_steps=steps // 10
    )
    losses = dict.fromkeys(("shape", "texture"), "sparse_categorical_crossentropy")
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3),
        losses,
        metrics=dict.fromkeys(losses, "accuracy"),
        jit_compile=False,
    )
    model.fit(x, y, batch_size=64, epochs=arguments.epochs, validation_data=held, verbose=2)
    arguments.output.parent.mkdir(exist_ok=True)
    with files.replacing_path(arguments.output) as path:
        base.save_weights(path)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
