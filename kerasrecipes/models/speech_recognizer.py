"""Speech recognizer: log-mel features, convolutions, recurrent layers, and a symbol each frame."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.data.audio.preprocessor import Stride
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.spectrogram import (
    BlankPadding,
    LogMelSpectrogram,
    MaskedConv1D,
    NormalizeOverTime,
    SpecAugment,
)
from kerasrecipes.ranges import Count, CountOrZero, Depth, Share


def speech_recognizer(
    sample_rate: int,
    num_symbols: int,
    *,
    mels: Count = 40,
    filters: Count = 96,
    stride: Stride = 2,
    cell: Cell = "gru",
    units: Count = 96,
    num_layers: Depth = 2,
    dropout_rate: Share = 0.1,
    hidden_parts: CountOrZero = 2,
    hidden_bands: Share = 0.2,
    hidden_time: Share = 0.05,
) -> keras.Model:
    """Convolutions and recurrent layers in both directions over the mel bands of each hundredth of
    a second.

    Args:
        sample_rate: samples a second.
        num_symbols: number of symbols, the blank included, which is the first.
        mels: number of mel bands.
        filters: filters of each of the two convolutions.
        stride: hundredths of a second to a frame of the recurrent layers: 1, 2 or 4.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        units: size of the recurrent state, for each direction.
        num_layers: number of recurrent layers.
        dropout_rate: fraction of the features to drop during training, after each layer.
        hidden_parts: number of bands, and of stretches of time, that SpecAugment hides in training.
        hidden_bands: largest share of the bands that one of them hides.
        hidden_time: largest share of the time that one of them hides.

    Returns:
        An uncompiled `keras.Model` of the inputs `samples` `(batch, samples)` and `length`
        `(batch,)`, to logits `(batch, frames, num_symbols)`, in which padding is the blank.

    Reference:
        [Deep Speech 2: End-to-End Speech Recognition in English and
        Mandarin](https://arxiv.org/abs/1512.02595) (Amodei et al., 2016)
    """
    inputs = {
        "samples": keras.Input((None,), dtype="float32", name="samples"),
        "length": keras.Input((), dtype="int32", name="length"),
    }
    x = LogMelSpectrogram(sample_rate, mels, name="log_mel")([inputs["samples"], inputs["length"]])
    x = NormalizeOverTime(name="normalize")(x)  # (batch, frames, mels)
    if hidden_parts:
        x = SpecAugment(hidden_parts, hidden_bands, hidden_time, name="spec_augment")(x)
    for number in (1, 2):
        step = 2 if stride >= 2 * number else 1
        x = MaskedConv1D(filters, 5, step, use_bias=False, name=f"convolution_{number}")(x)
        x = layers.LayerNormalization(name=f"norm_{number}")(x)
        x = layers.Activation("relu", name=f"relu_{number}")(x)
        x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    for number in range(1, num_layers + 1):
        x = recurrent(
            cell, units, return_sequences=True, bidirectional=True, name=f"recurrent_{number}"
        )(x)  # (batch, frames / stride, 2 * units)
        x = layers.Dropout(dropout_rate, name=f"recurrent_dropout_{number}")(x)
    x = layers.Dense(num_symbols, dtype="float32", name="symbols")(x)
    outputs = BlankPadding(dtype="float32", name="logits")(x)
    return keras.Model(inputs, outputs, name="speech_recognizer")
