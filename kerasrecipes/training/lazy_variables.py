"""Variables that Keras makes in the first step, made before it: TensorFlow traces the step once."""

from __future__ import annotations

import keras
import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.training import model_outputs, own_steps

OWN = ("train_step", "compute_loss")


def create(model: keras.Model, examples: Examples) -> bool:
    """Create the variables of a compiled model's optimizer, metrics and mean losses.

    Keras on one device makes them while TensorFlow traces the first step, which is then traced a
    second time without them: a third to a half of the time before training begins. Metrics are
    updated once, by one example, and reset.

    Args:
        model: compiled, for one device.
        examples: what it is trained on; one of them is taken.

    Returns:
        Whether all were created: a training step or loss of the model's own alone knows what it
        makes.
    """
    model.optimizer.build(model.trainable_variables)
    if model.loss is None or any(own_steps.overrides(model, name) for name in OWN):
        return False
    x, y, weight = keras.utils.unpack_x_y_sample_weight(examples.take(np.arange(1)))
    with model_outputs.fixed_seeds(model):
        # Called, for the structure of its outputs decides what Keras pairs losses with.
        outputs = model(x, training=False)
        model.compute_loss(x, y, outputs, weight, training=False)
    model.compute_metrics(x, y, outputs, weight)
    model.reset_metrics()
    return True
