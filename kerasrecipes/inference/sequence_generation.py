"""Token sequences of a trained encoder–decoder, for batches, by greedy or beam search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasrecipes import backend
from kerasrecipes.data.text.tokenizer import END, PADDING, START
from kerasrecipes.inference import beam_search

AT_ONCE = 64  # sequences that are decoded together


class SequenceGenerator:
    """Decodes with a trained model; what is compiled once serves later calls.

    Args:
        model: with a layer `decoder`, whose inputs besides the tokens come from the encoder.
        input_name: name of the encoder's input layer.
    """

    def __init__(self, model: keras.Model, input_name: str):
        inputs = model.get_layer(input_name).output
        self.decoder = model.get_layer("decoder")
        encoded = self.decoder.input[1:]
        self.encoder = keras.Model(inputs, encoded)
        self.has_attention = len(encoded) > 1
        self._variables = model.variables
        self._signature = [((None, *inputs.shape[1:]), inputs.dtype)]
        self._searches: dict[tuple[int, int, float], Callable[..., Any]] = {}

    def __call__(
        self, inputs: np.ndarray, max_length: int, num_beams: int, length_penalty: float
    ) -> list[np.ndarray]:
        """Decode.

        Args:
            inputs: `(sequences, …)`, of the encoder.
            max_length: tokens of an output at most.
            num_beams: hypotheses that are kept at each step; 1 is greedy search.
            length_penalty: exponent of the length by which a log probability is divided.

        Returns:
            Token ids of each output, without start and end.
        """
        key = (max_length, num_beams, length_penalty)

        def search(inputs: Any) -> tuple[Any, Any]:
            encoded = keras.tree.flatten(self.encoder(inputs, training=False))
            first = self.decoder.start(*encoded, max_length=max_length)
            fixed, state = beam_search.repeat_rows(first, num_beams)

            def step(token_ids: Any, state: Any) -> tuple[Any, Any]:
                return self.decoder.step(token_ids, state, fixed)

            rows = keras.ops.shape(inputs)[0]
            return beam_search.search(step, state, rows, *key)

        if key not in self._searches:
            # Length, beams and penalty are constants of the graph, so each combination has its own.
            self._searches[key] = backend.compiled(search, self._variables, self._signature)
        # To a power of two, since JAX compiles each number of rows anew.
        padding = (1 << (len(inputs) - 1).bit_length()) - len(inputs)
        rows = np.concatenate([inputs, np.repeat(inputs[-1:], padding, axis=0)])
        token_ids, _ = self._searches[key](rows)
        found = []
        for row in np.asarray(token_ids)[: len(inputs)]:
            ends = np.flatnonzero((row == END) | (row == PADDING))
            found.append(row[: ends[0]] if len(ends) else row)
        return found

    def attention(self, inputs: np.ndarray, token_ids: np.ndarray) -> np.ndarray:
        """Compute the attention weights of one output.

        Args:
            inputs: `(1, positions, …)`, of the encoder.
            token_ids: of the output, without start and end.

        Returns:
            `(tokens + 1, positions)`; the last row is the end token's.
        """
        encoded = keras.tree.flatten(self.encoder(inputs, training=False))
        # Each row belongs to the token after the one that is read.
        read = np.concatenate([[START], token_ids]).astype(np.int32)[None]
        return keras.ops.convert_to_numpy(self.decoder.alignment(read, *encoded))[0]
