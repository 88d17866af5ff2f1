"""One image, several outputs, which share all but their last layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import layers, ops

from kerasrecipes import heads
from kerasrecipes.models.convolutions import halved, scaled_pixels
from kerasrecipes.ranges import Count, Share

Balance = Literal["equal", "uncertainty"]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class UncertainHeads(keras.Model):
    """Functional model of several outputs that learns how much the loss of each counts.

    A loss is divided by a variance that is learned with the weights, and the logarithm of the
    variance is added, or it would grow without end: what is hard to tell gets a large variance and
    counts less. It is compiled with a mapping of `keras.losses.Loss` by output.

    Args:
        *args: of `keras.Model`.
        **kwargs: of `keras.Model`.

    Reference:
        [Multi-Task Learning Using Uncertainty to Weigh Losses](https://arxiv.org/abs/1705.07115)
        (Kendall et al., 2018)
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.log_variances = self.add_weight(
            shape=(len(self.output_names),), initializer="zeros", name="log_variances"
        )

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the sum of each output's loss, divided by its variance.

        Args:
            x: inputs.
            y: labels by output.
            y_pred: outputs by name.
            sample_weight: of the examples.
            training: whether it is a step of the training.

        Returns:
            A scalar.
        """
        total = super().compute_loss(x, y, y_pred, sample_weight, training)
        for number, name in enumerate(y_pred):
            variance = self.log_variances[number]
            own = self.loss[name](y[name], y_pred[name], sample_weight)
            # What the sum has of it is replaced.
            total = total - own + ops.exp(-variance) * own + variance / 2
        return total


def multi_head(
    input_shape: tuple[int, int, int],
    tasks: Mapping[str, tuple[str, int]],
    *,
    target: Mapping[str, tuple[float, float]] | None = None,
    filters: tuple[Count, ...] = (32, 64, 128),
    units: Count = 128,
    dropout_rate: Share = 0.3,
    balance: Balance = "equal",
    augmentation: Sequence[keras.Layer] = (),
) -> keras.Model:
    """Convolutions and a dense layer that all outputs share, and a layer of its own for each.

    Args:
        input_shape: `(height, width, channels)`, pixels from 0 to 255.
        tasks: row of `kerasrecipes.heads` and units of each output, by its name.
        target: mean and standard deviation of the numbers of a regression, by output, whose unit it
            then has.
        filters: of each convolution, behind which maps are half as high and wide.
        units: of the shared dense layer.
        dropout_rate: fraction of its inputs and outputs to drop during training.
        balance: of the losses: equal, or uncertainty, by which what is hard to tell counts less.
        augmentation: layers that change training images at random.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to a dictionary by output.

    Raises:
        UserError: if the images are too small for so many convolutions.
    """
    inputs = keras.Input(input_shape, name="image")
    x = scaled_pixels(inputs, augmentation)
    x = layers.Flatten(name="flatten")(halved(x, filters))
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    # Thousands of features of one sign would drive a layer of ReLU to its death.
    x = layers.Dense(units, use_bias=False, name="shared")(x)
    x = layers.BatchNormalization(momentum=0.9, name="shared_bn")(x)
    x = layers.Activation("relu", name="shared_relu")(x)
    x = layers.Dropout(dropout_rate, name="shared_dropout")(x)
    outputs: dict[str, keras.KerasTensor] = {}
    for name, (task, count) in tasks.items():
        mean, scale = (target or {}).get(name, (0.0, 1.0))
        scaled = (mean, scale) != (0.0, 1.0)
        outputs[name] = heads.output_layer(task, count, f"{name}_scores" if scaled else name)(x)
        if scaled:
            outputs[name] = layers.Rescaling(scale, offset=mean, dtype="float32", name=name)(
                outputs[name]
            )
    model = UncertainHeads if balance == "uncertainty" else keras.Model
    return model(inputs, outputs, name="multi_head")
