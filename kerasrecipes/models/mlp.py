"""The multi-layer perceptron, and its one-layer forms: linear, logistic and softmax regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.errors import UserError

Activation = Literal[
    "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "swish"
]
Initializer = Literal[
    "zeros",
    "constant",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
    "orthogonal",
]
BatchNormalization = Literal["none", "before", "after"] | bool

# What "constant" means: any value but zero shows the same, that units which start alike stay alike.
CONSTANT = 0.1


def mlp(
    input_shape: Sequence[int],
    units: int,
    *,
    task: str = "multiclass",
    hidden_layers: Sequence[int] = (64, 64),
    activation: Activation = "relu",
    initializer: Initializer = "glorot_uniform",
    dropout_rate: float = 0.0,
    l1: float = 0.0,
    l2: float = 0.0,
    batch_normalization: BatchNormalization = "none",
    inputs: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    name: str = "mlp",
) -> keras.Model:
    """A stack of dense layers with the head of a task.

    Args:
        input_shape: of one example; images are flattened.
        units: outputs of the head.
        task: a row of `kerasrecipes.heads`, which gives the head's activation.
        hidden_layers: units of each hidden layer; none makes the model linear in its inputs.
        activation: nonlinearity of the hidden layers.
        initializer: of the weights; biases start at zero.
        dropout_rate: share of each hidden layer's outputs that is silenced at random in training.
        l1: weight of the sum of the weights' absolute values in the loss.
        l2: weight of the sum of the weights' squares in the loss.
        batch_normalization: before or after the activation, or none; `True` is before.
        inputs: `mean` and `variance` to normalize raw inputs by, per feature or one number for all.
        target: `mean` and `scale` of the targets of a regression; the model then answers in their
            units.
        name: of the model.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, units)`.

    Raises:
        UserError: if a number is out of its range.

    Reference:
        [Learning Representations by Back-Propagating Errors](https://doi.org/10.1038/323533a0)
        (Rumelhart et al., 1986)
    """
    _check(hidden_layers, dropout_rate, l1, l2)
    options = {
        "kernel_initializer": _initializer(initializer),
        "kernel_regularizer": _penalty(l1, l2),
    }
    x = source = keras.Input(tuple(input_shape), name="inputs")
    if inputs is not None:
        x = _normalization(inputs)(x)
    if len(input_shape) > 1:
        x = layers.Flatten(name="flatten")(x)  # (batch, features)
    for number, width in enumerate(hidden_layers, 1):
        x = _hidden(x, width, f"hidden_{number}", activation, batch_normalization, options)
        if dropout_rate:
            x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    x = heads.output_layer(task, units, **options)(x)  # (batch, units)
    if target is not None:
        x = layers.Rescaling(
            target["scale"], offset=target["mean"], dtype="float32", name="in_target_units"
        )(x)
    return keras.Model(source, x, name=name)


def _hidden(
    x,
    width: int,
    name: str,
    activation: str,
    batch_normalization: BatchNormalization,
    options: dict,
):
    order = "before" if batch_normalization is True else batch_normalization
    if order not in ("before", "after") and activation != "prelu":
        return layers.Dense(width, activation=activation, name=name, **options)(x)  # (batch, width)
    # Batch normalization takes the mean away, and with it whatever a bias before it added.
    x = layers.Dense(width, use_bias=order != "before", name=name, **options)(x)
    steps = [_activation(activation, f"{name}_{activation}")]
    if order == "before":
        steps.insert(0, layers.BatchNormalization(name=f"{name}_normalization"))
    elif order == "after":
        steps.append(layers.BatchNormalization(name=f"{name}_normalization"))
    for step in steps:
        x = step(x)
    return x


def _activation(name: str, layer_name: str) -> layers.Layer:
    return (
        layers.PReLU(name=layer_name)
        if name == "prelu"
        else layers.Activation(name, name=layer_name)
    )


def _initializer(name: str) -> Any:
    return keras.initializers.Constant(CONSTANT) if name == "constant" else name


def _penalty(l1: float, l2: float) -> Any:
    return keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None


def _normalization(inputs: Mapping[str, Any]) -> layers.Layer:
    # Raw numbers can be large, such as a population: half precision would not tell them apart.
    axis = -1 if isinstance(inputs["mean"], (list, tuple)) else None
    return layers.Normalization(
        axis=axis,
        mean=inputs["mean"],
        variance=inputs["variance"],
        dtype="float32",
        name="normalize",
    )


def _check(hidden_layers: Sequence[int], dropout_rate: float, l1: float, l2: float) -> None:
    if any(width < 1 for width in hidden_layers):
        raise UserError(
            f"hidden_layers={tuple(hidden_layers)}: every layer needs at least one unit"
        )
    if not 0 <= dropout_rate < 1:
        raise UserError(f"dropout_rate={dropout_rate}: must be at least 0 and below 1")
    if min(l1, l2) < 0:
        raise UserError(f"l1={l1}, l2={l2}: must be at least 0")
