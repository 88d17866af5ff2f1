"""Multi-layer perceptron, and its one-layer forms: linear, logistic and softmax regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count, Penalty, Share

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

# Value of the initializer "constant". Any value but zero shows the same: units with equal weights
# get equal gradients, and stay equal.
CONSTANT = 0.1


def mlp(
    input_shape: Sequence[int],
    units: int,
    *,
    task: str = "multiclass",
    hidden_layers: tuple[Count, ...] = (64, 64),
    activation: Activation = "relu",
    initializer: Initializer = "glorot_uniform",
    dropout_rate: Share = 0.0,
    l1: Penalty = 0.0,
    l2: Penalty = 0.0,
    batch_normalization: BatchNormalization = "none",
    normalize_inputs: bool = True,
    inputs: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    name: str = "mlp",
) -> keras.Model:
    """Multi-layer perceptron: a stack of dense layers with the head of a task.

    Args:
        input_shape: shape of one example; images are flattened.
        units: units of the output layer: classes of a softmax, labels or targets.
        task: row of `kerasrecipes.heads`, which gives the output layer's activation.
        hidden_layers: units of each hidden layer, such as 128,64; none makes the model linear.
        activation: activation function of the hidden layers.
        initializer: initializer of the kernels: he suits relu, lecun selu, glorot sigmoid and tanh;
            biases start at zero.
        dropout_rate: fraction of each hidden layer's outputs to drop during training.
        l1: L1 regularization factor of the kernels.
        l2: L2 regularization factor of the kernels.
        batch_normalization: batch normalization before or after the activation, or none; `True` is
            before.
        normalize_inputs: whether to bring inputs to mean 0 and variance 1 inside the model.
        inputs: `mean` and `variance` for that, per feature or one number for all.
        target: `mean` and `scale` of the targets of a regression, whose units the output then has.
        name: name of the model.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, units)`.

    Raises:
        UserError: if a number is out of its range.

    Reference:
        [Learning Representations by Back-Propagating Errors](https://doi.org/10.1038/323533a0)
        (Rumelhart et al., 1986)
    """
    _check(hidden_layers, dropout_rate, l1, l2)
    constant = keras.initializers.Constant(CONSTANT)
    options: dict[str, Any] = {
        "kernel_initializer": constant if initializer == "constant" else initializer,
        "kernel_regularizer": keras.regularizers.L1L2(l1=l1, l2=l2) if l1 or l2 else None,
    }
    x = source = keras.Input(tuple(input_shape), name="inputs")
    if normalize_inputs and inputs is not None:
        x = normalization(inputs, name="normalize")(x)
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


def linear_model(
    input_shape: Sequence[int],
    units: int,
    *,
    task: str,
    l1: Penalty = 0.0,
    l2: Penalty = 0.0,
    normalize_inputs: bool = True,
    inputs: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    name: str = "linear",
) -> keras.Model:
    """Linear, logistic or softmax regression: an `mlp` without hidden layers.

    Args:
        input_shape: shape of one example; images are flattened.
        units: units of the output layer, each a weighted sum of the inputs.
        task: row of `kerasrecipes.heads`, which gives the output layer's activation.
        l1: L1 regularization factor of the weights, as in the lasso; it brings useless weights to
            zero.
        l2: L2 regularization factor of the weights, as in ridge regression; it keeps the weights of
            separable classes finite.
        normalize_inputs: whether to bring inputs to mean 0 and variance 1 inside the model.
        inputs: `mean` and `variance` for that, per feature or one number for all.
        target: `mean` and `scale` of the targets of a regression, whose units the output then has.
        name: name of the model.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, units)`.

    Raises:
        UserError: if a number is out of its range.
    """
    return mlp(
        input_shape,
        units,
        task=task,
        hidden_layers=(),
        l1=l1,
        l2=l2,
        normalize_inputs=normalize_inputs,
        inputs=inputs,
        target=target,
        name=name,
    )


def normalization(inputs: Mapping[str, Any], name: str | None = None) -> layers.Layer:
    """Create the layer that brings raw inputs to mean 0 and variance 1.

    Args:
        inputs: `mean` and `variance`, a list with a number per feature or one number for all.
        name: name of the layer.

    Returns:
        A layer, `(batch, …, features)` to the same shape.
    """
    # In float32: raw inputs can be large, such as a population, and half precision would not
    # distinguish them.
    axis = -1 if isinstance(inputs["mean"], (list, tuple)) else None
    return layers.Normalization(
        axis=axis, mean=inputs["mean"], variance=inputs["variance"], dtype="float32", name=name
    )


def _hidden(
    x: keras.KerasTensor,
    width: int,
    name: str,
    activation: str,
    batch_normalization: BatchNormalization,
    options: Mapping[str, Any],
) -> keras.KerasTensor:
    order = "before" if batch_normalization is True else batch_normalization
    if order not in ("before", "after") and activation != "prelu":
        return layers.Dense(width, activation=activation, name=name, **options)(x)  # (batch, width)
    # Batch normalization subtracts the mean, and with it whatever a bias before it added.
    x = layers.Dense(width, use_bias=order != "before", name=name, **options)(x)
    if order == "before":
        x = layers.BatchNormalization(name=f"{name}_normalization")(x)
    if activation == "prelu":  # the one activation that has weights
        x = layers.PReLU(name=f"{name}_prelu")(x)
    else:
        x = layers.Activation(activation, name=f"{name}_{activation}")(x)
    if order == "after":
        x = layers.BatchNormalization(name=f"{name}_normalization")(x)
    return x


def _check(hidden_layers: Sequence[int], dropout_rate: float, l1: float, l2: float) -> None:
    if any(width < 1 for width in hidden_layers):
        raise UserError(
            f"hidden_layers={tuple(hidden_layers)}: every layer needs at least one unit"
        )
    if not 0 <= dropout_rate < 1:
        raise UserError(f"dropout_rate={dropout_rate}: must be at least 0 and below 1")
    if min(l1, l2) < 0:
        raise UserError(f"l1={l1}, l2={l2}: must be at least 0")
