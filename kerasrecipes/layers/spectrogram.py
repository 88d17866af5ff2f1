"""From samples of sound to log-mel features, masked in training, and logits of their padding."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.losses.ctc import BLANK, NEVER

_QUIET = 1e-6  # power below the loudest of a recording that counts as silence, 60 dB
_SILENT = 1e-10  # power of a recording in which nothing is louder


def mel_weights(sample_rate: int, fft_length: int, mels: int, lowest: float) -> np.ndarray:
    """Return triangular filters, evenly spaced on the mel scale.

    Args:
        sample_rate: samples a second.
        fft_length: samples of a transform.
        mels: number of filters.
        lowest: where the first begins, in Hz; the last ends at half the sample rate.

    Returns:
        `(fft_length // 2 + 1, mels)` float32. A filter narrower than a bin takes the nearest one.

    Reference:
        The mel scale of [The HTK Book](https://htk.eng.cam.ac.uk/), `1127 ln(1 + f / 700)`.
    """
    edges = [1127 * float(np.log1p(edge / 700)) for edge in (lowest, sample_rate / 2)]
    corners = 700 * np.expm1(np.linspace(edges[0], edges[1], mels + 2) / 1127)  # Hz
    bins = np.arange(fft_length // 2 + 1) * sample_rate / fft_length
    left, centre, right = corners[:-2], corners[1:-1], corners[2:]
    rising = (bins[:, None] - left) / (centre - left)
    falling = (right - bins[:, None]) / (right - centre)
    weights = np.maximum(0, np.minimum(rising, falling))
    for number in np.flatnonzero(weights.sum(axis=0) == 0):
        weights[np.abs(bins - centre[number]).argmin(), number] = 1.0
    return weights.astype(np.float32)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LogMelSpectrogram(layers.Layer):
    """Logarithm of the power in mel bands, in float32 whatever the precision of the model.

    Half precision would not hold the power of quiet sound. What is 60 dB below the loudest of the
    recording is silence, so that loudness has no part in it, and digital silence is a number.

    Args:
        sample_rate: samples a second.
        mels: number of bands.
        window: seconds of a frame.
        stride: seconds between frames.
        lowest: where the lowest band begins, in Hz.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Samples `(batch, samples)` from -1 to 1, and the length of each recording, `(batch,)` int32.

    Output shape:
        `(batch, frames, mels)`, a frame for each stride that is begun. The mask, `(batch, frames)`,
        is false beyond a recording's length.

    Raises:
        UserError: if a size is not positive.
    """

    def __init__(
        self,
        sample_rate: int,
        mels: int = 40,
        window: float = 0.025,
        stride: float = 0.01,
        lowest: float = 60.0,
        **options: Any,
    ):
        super().__init__(**{**options, "dtype": "float32"})
        if min(sample_rate, mels, window, stride) <= 0:
            raise UserError(
                "a spectrogram needs positive sizes, received "
                f"sample_rate={sample_rate}, mels={mels}, window={window}, stride={stride}"
            )
        self.sample_rate, self.mels, self.lowest = sample_rate, mels, lowest
        self.window, self.stride = window, stride
        self.window_samples = max(2, round(window * sample_rate))
        self.stride_samples = max(1, round(stride * sample_rate))
        self.fft_length = 2 ** (self.window_samples - 1).bit_length()
        self.weights_of_bins = mel_weights(sample_rate, self.fft_length, mels, lowest)

    def call(self, inputs: Any) -> Any:
        """Return the features, `(batch, frames, mels)`."""
        samples = ops.cast(inputs[0], "float32")
        # So much silence that a frame begins at each stride, and every one is whole.
        end = self.window_samples + self.stride_samples - 1
        padded = ops.pad(samples, ((0, 0), (0, end)))
        frames = -(-ops.shape(samples)[1] // self.stride_samples)
        real, imaginary = ops.stft(
            padded,
            self.window_samples,
            self.stride_samples,
            self.fft_length,
            window="hann",
            center=False,
        )
        power = (ops.square(real) + ops.square(imaginary))[:, :frames]  # (batch, frames, bins)
        bands = ops.matmul(power, self.weights_of_bins)  # (batch, frames, mels)
        loudest = ops.max(bands, axis=(1, 2), keepdims=True)
        return ops.log(bands + (_QUIET * loudest + _SILENT))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return which frames begin within the recording, `(batch, frames)`."""
        samples, lengths = inputs
        # By a sum of ones, for Keras also asks before the number of samples is known.
        ones = ops.ones_like(samples[:, :: self.stride_samples], dtype="int32")
        begins = (ops.cumsum(ones, axis=1) - 1) * self.stride_samples  # (batch, frames)
        return ops.less(begins, ops.cast(lengths, "int32")[:, None])

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, frames, mels)`."""
        batch, samples = input_shape[0]
        return batch, None if samples is None else -(-samples // self.stride_samples), self.mels

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"sample_rate": self.sample_rate, "mels": self.mels, "lowest": self.lowest}
        times = {"window": self.window, "stride": self.stride}
        config = {**super().get_config(), **own, **times}
        config.pop("dtype", None)
        return config


@keras.saving.register_keras_serializable(package="kerasrecipes")
class NormalizeOverTime(layers.Layer):
    """Brings each feature of a sequence to mean 0 and variance 1 over its unmasked steps.

    What a microphone or a voice adds to a band throughout is taken away by it.

    Args:
        epsilon: added to the variance, that of silence being 0.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, features)`, with a mask `(batch, time)` or none.

    Output shape:
        The same, zero where masked.
    """

    def __init__(self, epsilon: float = 1e-3, **options: Any):
        super().__init__(**options)
        self.epsilon, self.supports_masking = epsilon, True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the normalized sequence."""
        x = ops.cast(inputs, "float32")
        real = ops.ones_like(x[..., :1]) if mask is None else ops.cast(mask, "float32")[..., None]
        count = ops.maximum(ops.sum(real, axis=1, keepdims=True), 1.0)
        mean = ops.sum(x * real, axis=1, keepdims=True) / count
        variance = ops.sum(ops.square(x - mean) * real, axis=1, keepdims=True) / count
        scaled = (x - mean) / ops.sqrt(variance + self.epsilon) * real
        return ops.cast(scaled, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpecAugment(layers.Layer):
    """Hides random bands and stretches of time of a spectrogram in training.

    Args:
        count: number of bands, and of stretches, that are hidden.
        bands: largest share of the bands that one of them hides.
        time: largest share of the steps that one of them hides.
        seed: of the draws; by default drawn from Keras's own.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, features)` of mean 0, with a mask `(batch, time)` or none.

    Output shape:
        The same, zero where hidden.

    Raises:
        UserError: if a share is not at least 0 and below 1.

    Reference:
        [SpecAugment: A Simple Data Augmentation Method for Automatic Speech
        Recognition](https://arxiv.org/abs/1904.08779) (Park et al., 2019)
    """

    def __init__(
        self,
        count: int = 2,
        bands: float = 0.2,
        time: float = 0.1,
        seed: int | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        if not (0 <= bands < 1 and 0 <= time < 1):
            raise UserError(f"hidden shares must be from 0 to below 1, received {bands} and {time}")
        self.count, self.bands, self.time, self.seed = count, bands, time, seed
        self.generator = keras.random.SeedGenerator(seed)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """Return the spectrogram, in training with parts of it hidden."""
        if not training or not self.count:
            return inputs
        batch, steps = ops.shape(inputs)[0], ops.shape(inputs)[1]
        whole = ops.full((batch,), ops.cast(steps, "float32"))
        lengths = whole if mask is None else ops.sum(ops.cast(mask, "float32"), axis=1)
        bands = ops.full((batch,), float(inputs.shape[-1]))
        in_time = self._seen(batch, lengths, steps, self.time)[:, :, None]
        in_bands = self._seen(batch, bands, inputs.shape[-1], self.bands)[:, None]
        return inputs * ops.cast(ops.logical_and(in_time, in_bands), inputs.dtype)

    def _seen(self, batch: Any, lengths: Any, size: Any, share: float) -> Any:
        """Draw what is not hidden of an axis, `(batch, size)`."""
        shape = (batch, self.count)
        width = keras.random.uniform(shape, seed=self.generator) * share * lengths[:, None]
        start = keras.random.uniform(shape, seed=self.generator) * (lengths[:, None] - width)
        places = ops.cast(ops.arange(size), "float32")[None, None, :]
        hidden = ops.logical_and(
            places >= start[..., None], places < (start + width)[..., None]
        )  # (batch, count, size)
        return ops.logical_not(ops.any(hidden, axis=1))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"count": self.count, "bands": self.bands, "time": self.time, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class MaskedConv1D(layers.Conv1D):
    """`keras.layers.Conv1D` that reads zeros where steps are masked, and hands the mask on.

    The padding is the same on both sides whatever the length, so that an answer does not depend on
    how far a batch is padded, as it does with Keras's `padding="same"` and strides.

    Args:
        filters: number of filters.
        kernel_size: steps of a filter, odd.
        strides: steps between outputs.
        **options: further arguments of `keras.layers.Conv1D`, without `padding`.

    Input shape:
        `(batch, time, features)`, with a mask `(batch, time)` or none.

    Output shape:
        `(batch, time / strides, filters)`, rounded up.
    """

    def __init__(self, filters: int, kernel_size: int, strides: int = 1, **options: Any):
        super().__init__(filters, kernel_size, strides=strides, **{**options, "padding": "valid"})
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the outputs of each stride."""
        if mask is not None:
            inputs = inputs * ops.cast(mask, inputs.dtype)[..., None]
        side = self.kernel_size[0] // 2
        return super().call(ops.pad(inputs, ((0, 0), (side, side), (0, 0))))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of every stride's first step."""
        return None if mask is None else mask[:, :: self.strides[0]]

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, time / strides, filters)`."""
        batch, steps = input_shape[:2]
        return batch, None if steps is None else -(-steps // self.strides[0]), self.filters

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        config = super().get_config()
        config.pop("padding")
        return {**config, "kernel_size": self.kernel_size[0], "strides": self.strides[0]}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BlankPadding(layers.Layer):
    """Makes the blank certain where steps are masked, and ends the mask.

    So the outputs say themselves where a recording ends: to the CTC loss and to every decoding,
    padding is a stretch of blanks of probability 1.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Logits `(batch, time, symbols)`, with a mask `(batch, time)` or none.

    Output shape:
        The same.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the logits."""
        if mask is None:
            return inputs
        certain = np.full(inputs.shape[-1], NEVER, np.float32)
        certain[BLANK] = 0.0
        return ops.where(mask[..., None], inputs, ops.cast(certain, inputs.dtype))

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return that nothing is masked any more."""
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape
