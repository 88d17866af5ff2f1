"""Layers whose weights are divided by their largest singular value."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpectralNorm(layers.Layer):
    """Kernel divided by its largest singular value, which power iteration estimates.

    Each call in training takes a step of the iteration; the kernel itself is left to the optimizer,
    whose gradient knows of the division. (Keras's wrapper writes the divided kernel over it.)

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(…, outputs)`, a kernel.

    Output shape:
        The same.

    Reference:
        [Spectral Normalization for Generative Adversarial
        Networks](https://arxiv.org/abs/1802.05957) (Miyato et al., 2018)
    """

    def build(self, input_shape: Any) -> None:
        """Create the estimate of the singular vector of the outputs."""
        self.vector = self.add_weight(
            name="vector",
            shape=(1, input_shape[-1]),
            initializer=keras.initializers.RandomNormal(),
            trainable=False,
            dtype="float32",
        )

    def call(self, kernel: Any, training: bool = False) -> Any:
        """Return the divided kernel."""
        matrix = ops.reshape(ops.cast(kernel, "float32"), (-1, kernel.shape[-1]))
        # Constants to the gradient: it is that of the singular value for these vectors.
        fixed = ops.stop_gradient(matrix)
        vector = ops.convert_to_tensor(self.vector)
        right = ops.normalize(ops.matmul(vector, ops.transpose(fixed)), axis=-1)
        left = ops.normalize(ops.matmul(right, fixed), axis=-1)
        if training:
            self.vector.assign(left)
        value = ops.sum(ops.matmul(right, matrix) * left)
        return kernel / ops.cast(ops.maximum(value, 1e-12), kernel.dtype)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpectralConv2D(layers.Conv2D):
    """Convolution with spectral normalization; see `SpectralNorm`.

    Arguments, input shape and output shape are those of `keras.layers.Conv2D`.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights and the estimate of the singular vector."""
        super().build(input_shape)
        self.norm = _norm_of(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Convolve with the divided kernel."""
        outputs = self.convolution_op(
            inputs, self.norm(ops.convert_to_tensor(self.kernel), training=training)
        )
        if self.use_bias:
            outputs = outputs + ops.cast(self.bias, outputs.dtype)
        return outputs if self.activation is None else self.activation(outputs)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpectralDense(layers.Dense):
    """Dense layer with spectral normalization; see `SpectralNorm`.

    Arguments, input shape and output shape are those of `keras.layers.Dense`.
    """

    def build(self, input_shape: Any) -> None:
        """Create the weights and the estimate of the singular vector."""
        super().build(input_shape)
        self.norm = _norm_of(self)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Multiply with the divided kernel."""
        outputs = ops.matmul(
            inputs, self.norm(ops.convert_to_tensor(self.kernel), training=training)
        )
        if self.use_bias:
            outputs = outputs + ops.cast(self.bias, outputs.dtype)
        return outputs if self.activation is None else self.activation(outputs)


def _norm_of(layer: Any) -> SpectralNorm:
    norm = SpectralNorm(name="norm", dtype=layer.dtype_policy)
    norm.build(layer.kernel.shape)
    return norm
