"""Convolutions of 4 x 4 that halve or double the sides, whose gradients processors compute quickly.

TensorFlow's gradient of a strided convolution for its input, which is its transposed convolution as
well, takes ten times as long as the convolution on a processor where maps are small and wide.
Written as a convolution of 2 x 2 to four pixels each, both take about as long.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

_SIZE, _STRIDE = (4, 4), (2, 2)
# Which row of the kernel a pixel above and one below have in the first and the second of two rows.
_TAPS = np.array([[3, 1], [2, 0]])


def _halved(x: Any, kernel: Any) -> Any:
    """Convolve with strides of 2, on TensorFlow.

    Args:
        x: `(batch, height, width, channels)`, even sides.
        kernel: `(4, 4, channels, filters)`.

    Returns:
        `(batch, height / 2, width / 2, filters)`.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def halved(x: Any, kernel: Any) -> Any:
        def gradient(found: Any) -> Any:
            return _doubled(found, kernel), _of_kernel(x, kernel, found)

        return tf.nn.conv2d(x, kernel, _STRIDE, "SAME"), gradient

    # As a value: of a variable the gradient would be asked for apart.
    return halved(x, tf.convert_to_tensor(kernel))


def _doubled(x: Any, kernel: Any) -> Any:
    """Convolve transposed with strides of 2, on TensorFlow.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(4, 4, filters, channels)`.

    Returns:
        `(batch, 2 * height, 2 * width, filters)`.
    """
    import tensorflow as tf

    @tf.custom_gradient
    def doubled(x: Any, kernel: Any) -> Any:
        def gradient(found: Any) -> Any:
            return _halved(found, kernel), _of_kernel(found, kernel, x)

        return _sub_pixels(x, kernel), gradient

    return doubled(x, tf.convert_to_tensor(kernel))


def _sub_pixels(x: Any, kernel: Any) -> Any:
    import tensorflow as tf

    (filters, channels), (height, width) = kernel.shape[2:], x.shape[1:3]
    # (rows, taps, columns, taps, filters, channels)
    taps = tf.gather(tf.gather(kernel, _TAPS, axis=0), _TAPS, axis=2)
    small = tf.reshape(tf.transpose(taps, (1, 3, 5, 0, 2, 4)), (2, 2, channels, 4 * filters))
    padded = tf.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    found = tf.nn.conv2d(padded, small, 1, "VALID")
    four = tf.reshape(found, (-1, height + 1, width + 1, 2, 2, filters))
    rows = [
        tf.stack([four[:, a : a + height, b : b + width, a, b] for b in (0, 1)], axis=3)
        for a in (0, 1)
    ]
    return tf.reshape(tf.stack(rows, axis=2), (-1, 2 * height, 2 * width, filters))


def _of_kernel(x: Any, kernel: Any, found: Any) -> Any:
    import tensorflow as tf

    return tf.raw_ops.Conv2DBackpropFilter(
        input=x,
        filter_sizes=tf.shape(kernel),
        out_backprop=found,
        strides=[1, *_STRIDE, 1],
        padding="SAME",
    )


def _is_quick(layer: Any, inputs: Any) -> bool:
    """Return whether a layer's convolution is one that is written here, on a processor."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return (
        not tf.config.list_physical_devices("GPU")
        and (layer.kernel_size, layer.strides, layer.padding) == (_SIZE, _STRIDE, "same")
        and layer.dilation_rate == (1, 1)
        and layer.data_format == "channels_last"
        and None not in inputs.shape[1:3]
    )


@keras.saving.register_keras_serializable(package="kerasrecipes")
class HalvingConv2D(layers.Conv2D):
    """`keras.layers.Conv2D`, quicker to learn on a processor where it is of 4 x 4 and halves even
    sides.

    Args:
        *args: of `keras.layers.Conv2D`.
        **options: likewise.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the outputs without bias and activation."""
        even = not any((side or 1) % 2 for side in inputs.shape[1:3])
        if self.groups != 1 or not even or not _is_quick(self, inputs):
            return super().convolution_op(inputs, kernel)
        return _halved(inputs, kernel)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class DoublingConv2D(layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose`, quicker on a processor where it is of 4 x 4 and doubles the
    sides.

    Args:
        *args: of `keras.layers.Conv2DTranspose`.
        **options: likewise.
    """

    def call(self, inputs: Any) -> Any:
        """Return the outputs."""
        if self.output_padding is not None or not _is_quick(self, inputs):
            return super().call(inputs)
        outputs = _doubled(inputs, self.kernel)
        outputs = outputs + self.bias if self.use_bias else outputs
        return outputs if self.activation is None else self.activation(outputs)
