"""Music model: recurrent layers over frames, and the next chord key by key."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.data.music.preprocessor import KEYS
from kerasrecipes.layers.chords import KeysInOrder, ShiftedFrames
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.ranges import Count, CountOrZero, Depth, Share

CHORD = "chord"  # name of the layer that gives the keys of a chord


def music_model(
    *,
    cell: Cell = "gru",
    units: Count = 192,
    num_layers: Depth = 1,
    hidden: CountOrZero = 48,
    dropout_rate: Share = 0.4,
) -> keras.Model:
    """Recurrent layers over a piece, that tell the keys of each next frame.

    Args:
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        units: size of the recurrent state.
        num_layers: number of recurrent layers.
        hidden: units by which the keys of a chord know of those below them; with 0 they are
            independent of each other, as in the comparison of Bai et al. (2018).
        dropout_rate: fraction of the features to drop during training, after each layer.

    Returns:
        An uncompiled `keras.Model`, frames `(batch, time + 1, 88)` uint8 to the log-odds of the
        keys of all but the first `(batch, time, 88)`.
    """
    inputs = keras.Input((None, KEYS), dtype="uint8", name="frames")
    past, present = ShiftedFrames(name="past_and_present")(inputs)
    x = past
    for number in range(1, num_layers + 1):
        x = recurrent(cell, units, return_sequences=True, name=f"{cell}_{number}")(x)
        x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    # The frame before once more: most keys that sound go on to, which needs no state.
    x = layers.Concatenate(name="state_and_past")([x, past])
    outputs = KeysInOrder(hidden, dtype="float32", name=CHORD)([x, present])
    return keras.Model(inputs, outputs, name="music_model")
