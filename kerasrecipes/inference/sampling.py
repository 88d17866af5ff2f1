"""Text generation by a recurrent language model, whose state is carried from token to token.

Every token costs one step of the network, however long the text has become, and all steps run in
one compiled graph. Random numbers come from outside, as noise for every step and token, so that the
same seed gives the same text on every backend.

Reference:
    The noise is Gumbel's: the most probable token after adding it is a draw from the probabilities
    ([Gumbel, 1954](https://en.wikipedia.org/wiki/Gumbel_distribution)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes import backend
from kerasrecipes.data.text.tokenizer import PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError

STEPS = 64  # of a call of the compiled graph, whose shape is always the same
FREE = -1  # stands for a token that is to be generated
_NEVER = (PADDING, UNKNOWN, START)
_LOWEST = -1e9

State = tuple[Any, ...]


class Generator:
    """Generates text with a recurrent language model, token by token.

    Args:
        model: from `(batch, time)` token ids to `(batch, time, vocabulary)` probabilities, made of
            embedding, recurrent layers and dense layers one after another.
        never: ids of tokens that are not generated.

    Raises:
        UserError: if the model has layers of another kind.
    """

    def __init__(self, model: keras.Model, never: Sequence[int] = _NEVER):
        self.model = model
        self.layers = [
            layer
            for layer in model.layers
            if not isinstance(layer, (layers.InputLayer, layers.Dropout))
        ]
        known = (layers.Embedding, layers.RNN, layers.Dense)
        for layer in self.layers:
            if not isinstance(layer, known) or getattr(layer, "go_backwards", False):
                raise UserError(f"the layer '{layer.name}' cannot be run step by step")
        self.size = int(model.output_shape[-1])
        self.banned = np.where(np.isin(np.arange(self.size), never), _LOWEST, 0.0).astype(
            np.float32
        )
        self._compiled: dict[int | None, Callable[..., Any]] = {}

    def first_state(self, batch: int) -> State:
        """Return the state before any token, of all recurrent layers one after another."""
        return tuple(
            np.zeros((batch, size), np.float32)
            for layer in self.layers
            if isinstance(layer, layers.RNN)
            for size in _sizes(layer.cell.state_size)
        )

    def step(self, tokens: Any, state: State) -> tuple[Any, State]:
        """Run the network for one token.

        Args:
            tokens: `(batch,)`, token ids.
            state: of all recurrent layers one after another.

        Returns:
            Log probabilities of the next token `(batch, vocabulary)`, and the new state.
        """
        x: Any = tokens
        after: list[Any] = []
        index = 0
        for layer in self.layers:
            if not isinstance(layer, layers.RNN):
                x = layer(x)
                continue
            count = len(_sizes(layer.cell.state_size))
            x, new = layer.cell(x, list(state[index : index + count]), training=False)
            # The loop carries float32, also for a model that computes in half precision.
            after += [ops.cast(one, "float32") for one in keras.tree.flatten(new)]
            index += count
        # A softmax can underflow to 0, whose logarithm would be minus infinity.
        return ops.log(ops.maximum(ops.cast(x, "float32"), 1e-30)), tuple(after)

    def tokens(
        self,
        prompt: Sequence[int] | np.ndarray,
        length: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """Generate the tokens that follow a prompt.

        Args:
            prompt: token ids, at least one.
            length: number of tokens to generate.
            temperature: divisor of the logits; 0 takes the most probable token each time.
            top_k: number of most probable tokens to draw from; `None` is all.
            seed: of the random draws.

        Returns:
            `(length,)`, token ids.
        """
        forced = np.concatenate([np.asarray(prompt, np.int32), np.full(length, FREE, np.int32)])
        run, state, token = self._graph(top_k), self.first_state(1), np.zeros(1, np.int32)
        chosen = []
        for part, noise in zip(_parts(forced), self._noise(len(forced), seed), strict=True):
            # As an array: TensorFlow would trace the graph anew for each new Python number.
            found, token, state = run(part, noise, np.array(temperature, np.float32), token, state)
            chosen.append(np.asarray(found))
        # The token that is chosen at an index follows the one that was read there.
        return np.concatenate(chosen)[len(prompt) - 1 : len(forced) - 1]

    def generate_without_cache(
        self,
        prompt: Sequence[int] | np.ndarray,
        length: int,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        seed: int = 0,
    ) -> np.ndarray:
        """Generate the same tokens by running the network over the whole text for each of them.

        It is here for comparison; for the arguments see `tokens`.

        Args:
            prompt: token ids, at least one.
            length: number of tokens to generate.
            temperature: divisor of the logits; 0 takes the most probable token each time.
            top_k: number of most probable tokens to draw from; `None` is all.
            seed: of the random draws; with the same seed `tokens` draws the same.

        Returns:
            `(length,)`, token ids.
        """
        text = [int(token) for token in prompt]
        noise = np.concatenate(list(self._noise(len(text) + length, seed)))
        for _ in range(length):
            outputs = self.model(np.array([text], np.int32), training=False)[:, -1]
            logarithms = ops.log(ops.maximum(ops.cast(outputs, "float32"), 1e-30))
            chosen = self._choice(logarithms, noise[len(text) - 1], np.float32(temperature), top_k)
            text.append(int(ops.convert_to_numpy(chosen)[0]))
        return np.array(text[len(prompt) :], np.int32)

    def _choice(self, logarithms: Any, noise: Any, temperature: Any, top_k: int | None) -> Any:
        """Choose tokens `(batch,)` from log probabilities `(batch, vocabulary)`."""
        scores = logarithms + self.banned
        if top_k is not None and top_k < self.size:
            least = ops.top_k(scores, top_k)[0][:, -1:]
            scores = ops.where(scores >= least, scores, _LOWEST)
        # The same token as of `scores / temperature + noise`, and defined at temperature 0 too.
        return ops.cast(ops.argmax(scores + temperature * noise, axis=-1), "int32")

    def _noise(self, count: int, seed: int) -> Iterator[np.ndarray]:
        """Yield the noise of each call of the graph, `(STEPS, 1, vocabulary)`."""
        random = np.random.default_rng(seed)
        for _ in range(-(-count // STEPS)):
            # Always whole pieces, so that a longer text of the same seed begins as a shorter one.
            yield random.gumbel(size=(STEPS, 1, self.size)).astype(np.float32)

    def _graph(self, top_k: int | None) -> Callable[..., Any]:
        """Compile the loop over `STEPS` tokens."""
        # The graph holds `top_k` as a constant, for it is the size of a tensor.
        if top_k not in self._compiled:

            def turn(
                forced: Any, noise: Any, temperature: Any, token: Any, state: State
            ) -> tuple[Any, Any, State]:
                def body(place: Any, token: Any, state: State, found: Any) -> tuple[Any, ...]:
                    given = ops.take(forced, place)
                    token = ops.where(given == FREE, token, given)
                    logarithms, state = self.step(token, state)
                    token = self._choice(
                        logarithms, ops.take(noise, place, axis=0), temperature, top_k
                    )
                    return place + 1, token, state, ops.slice_update(found, [place], token)

                begin = (ops.zeros((), "int32"), token, tuple(state), ops.zeros((STEPS,), "int32"))
                _, token, state, found = ops.while_loop(
                    lambda place, *_: place < STEPS, body, begin
                )
                return found, token, state

            self._compiled[top_k] = backend.compiled(turn, self.model.variables)
        return self._compiled[top_k]


def _parts(forced: np.ndarray) -> Iterator[np.ndarray]:
    """Yield pieces of `STEPS` tokens, the last filled up."""
    padded = np.pad(forced, (0, -len(forced) % STEPS), constant_values=FREE)
    return iter(padded.reshape(-1, STEPS))


def _sizes(sizes: Any) -> list[int]:
    return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
