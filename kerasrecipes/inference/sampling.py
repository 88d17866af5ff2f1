"""Text generation by a language model, whose state is carried from token to token.

Every token costs one step of the network, however long the text has become, and all steps run in
one compiled graph. A recurrent network carries its states; a transformer the keys and values of the
tokens that it has read, of which it has room for as many as it was trained on: where they are full,
it begins anew with the last half of them. Random numbers come from outside, as noise for every step
and token, so that the same seed gives the same text on every backend.

Reference:
    The noise is Gumbel's: the most probable token after adding it is a draw from the probabilities
    ([Gumbel, 1954](https://en.wikipedia.org/wiki/Gumbel_distribution)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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

State = tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a token is drawn from the probabilities.

    Args:
        temperature: divisor of the logits; 0 takes the most probable token each time.
        top_k: number of most probable tokens to draw from; `None` is all.
        top_p: probability that the most probable tokens to draw from have together at least;
            `None` is all. Of those of `top_k` where both are given.
        repetition_penalty: factor of the negative log probability of tokens that the text has
            already; 1 changes nothing.
        seed: of the random draws.

    Raises:
        UserError: if one of them is out of range.

    Reference:
        [The Curious Case of Neural Text Degeneration](https://arxiv.org/abs/1904.09751) (Holtzman
        et al., 2020) for `top_p`; [CTRL](https://arxiv.org/abs/1909.05858) (Keskar et al., 2019)
        for the penalty
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if not 0 <= self.temperature < float("inf"):
            raise UserError(f"temperature={self.temperature}: must be 0 or more")
        if self.top_k is not None and self.top_k < 1:
            raise UserError(f"top_k={self.top_k}: must be at least 1")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UserError(f"top_p={self.top_p}: must be more than 0 and at most 1")
        if not 0 < self.repetition_penalty < float("inf"):
            raise UserError(f"repetition_penalty={self.repetition_penalty}: must be more than 0")
        if self.seed < 0:
            raise UserError(f"seed={self.seed}: must be 0 or more")

    @property
    def numbers(self) -> np.ndarray:
        """Temperature, `top_p` and penalty as one array, which a graph takes without tracing."""
        return np.array([self.temperature, self.top_p or 1.0, self.repetition_penalty], np.float32)


class Generator:
    """Generates text with a language model, token by token.

    Args:
        model: from `(batch, time)` token ids to `(batch, time, vocabulary)` probabilities, made of
            layers one after another: embeddings, dense and recurrent layers, normalizations, and
            those that have `first_state` and `step`.
        never: ids of tokens that are not generated.

    Attributes:
        context: number of tokens that the model looks back at most; `None` where it has no end.

    Raises:
        UserError: if the model has layers of another kind.
    """

    def __init__(self, model: keras.Model, never: Sequence[int] = _NEVER):
        self.model = model
        self.chain = [
            (layer, keywords)
            for layer, keywords in _chain(model)
            if not isinstance(layer, layers.Dropout)
        ]
        known = (
            layers.Embedding,
            layers.RNN,
            layers.Dense,
            layers.LayerNormalization,
            layers.Activation,
        )
        for layer, _ in self.chain:
            steps = isinstance(layer, known) or hasattr(layer, "step")
            if not steps or getattr(layer, "go_backwards", False):
                raise UserError(f"the layer '{layer.name}' cannot be run step by step")
        ends = [getattr(layer, "max_length", None) for layer, _ in self.chain]
        self.context: int | None = min((end for end in ends if end), default=None)
        self.size = int(model.output_shape[-1])
        self.banned = np.where(np.isin(np.arange(self.size), never), _LOWEST, 0.0).astype(
            np.float32
        )
        self._compiled: dict[tuple[int | None, bool], Callable[..., Any]] = {}

    def first_state(self, batch: int) -> State:
        """Return the state before any token, of all layers that carry one."""
        # Whole calls of the graph: what the last of them reads too much needs its places too.
        length = STEPS * -(-(self.context or 0) // STEPS)
        return tuple(
            layer.first_state(batch, length)
            if hasattr(layer, "step")
            else tuple(
                np.zeros((batch, size), np.float32) for size in _sizes(layer.cell.state_size)
            )
            for layer, keywords in self.chain
            if _carries(layer, keywords)
        )

    def step(self, tokens: Any, state: State) -> tuple[Any, State]:
        """Run the network for one token.

        Args:
            tokens: `(batch,)`, token ids.
            state: of all layers that carry one.

        Returns:
            Log probabilities of the next token `(batch, vocabulary)`, and the new state.
        """
        x: Any = tokens
        before, after = iter(state), []
        for layer, keywords in self.chain:
            if not _carries(layer, keywords):
                x = layer(x, **keywords)
            elif hasattr(layer, "step"):
                x, new = layer.step(x, next(before))
                after.append(new)
            else:
                x, new = layer.cell(x, list(next(before)), training=False)
                # The loop carries float32, also for a model that computes in half precision.
                after.append(tuple(ops.cast(one, "float32") for one in keras.tree.flatten(new)))
        return _logarithms(x), tuple(after)

    def tokens(self, prompt: Sequence[int] | np.ndarray, length: int, **options: Any) -> np.ndarray:
        """Generate the tokens that follow a prompt.

        Args:
            prompt: token ids, at least one.
            length: number of tokens to generate.
            **options: of `Sampling`.

        Returns:
            `(length,)`, token ids.
        """
        sampling = Sampling(**options)
        noise = _Noise(sampling.seed, self.size)
        text = np.asarray(prompt, np.int32)
        begin, end = 0, len(text) + length
        while len(text) < end:
            begin = self._begin(begin, len(text))
            until = end if self.context is None else min(end, begin + self.context + 1)
            text = self._continued(text, begin, until, noise, sampling)
        return text[len(prompt) :]

    def _begin(self, begin: int, count: int) -> int:
        """Return where the tokens begin that are read for the next one, after `count`."""
        if self.context is None or count - begin <= self.context:
            return begin
        # Half of what there is room for, so that reading it again is rare and much is known.
        return count - max(1, self.context // 2)

    def _continued(
        self, text: np.ndarray, begin: int, until: int, noise: _Noise, sampling: Sampling
    ) -> np.ndarray:
        """Return the text with tokens up to `until`, reading it from `begin`."""
        free = np.full(until - 1 - len(text), FREE, np.int32)
        forced = np.concatenate([text[begin:], free])
        run, state, token = self._graph(sampling), self.first_state(1), np.zeros(1, np.int32)
        seen = np.isin(np.arange(self.size), text)[None].astype(np.float32)
        chosen = []
        for number, part in enumerate(_parts(forced)):
            found, token, seen, state = run(
                part, noise.at(begin + number * STEPS), sampling.numbers, token, seen, state
            )
            chosen.append(np.asarray(found))
        # The token that is chosen at an index follows the one that was read there.
        new = np.concatenate(chosen)[len(text) - begin - 1 : until - begin - 1]
        return np.concatenate([text, new])

    def generate_without_cache(
        self, prompt: Sequence[int] | np.ndarray, length: int, **options: Any
    ) -> np.ndarray:
        """Generate the same tokens by running the network over the whole text for each of them.

        It is here for comparison; for the arguments see `tokens`.

        Args:
            prompt: token ids, at least one.
            length: number of tokens to generate.
            **options: of `Sampling`; with the same seed `tokens` draws the same.

        Returns:
            `(length,)`, token ids.
        """
        sampling = Sampling(**options)
        noise, begin = _Noise(sampling.seed, self.size), 0
        text = [int(token) for token in prompt]
        for count in range(len(text), len(text) + length):
            begin = self._begin(begin, count)
            outputs = self.model(np.array([text[begin:]], np.int32), training=False)[:, -1]
            seen = np.isin(np.arange(self.size), text)[None].astype(np.float32)
            row = noise.at((count - 1) // STEPS * STEPS)[(count - 1) % STEPS]
            chosen = self._choice(_logarithms(outputs), row, seen, sampling.numbers, sampling)
            text.append(int(ops.convert_to_numpy(chosen)[0]))
        return np.array(text[len(prompt) :], np.int32)

    def _choice(
        self, logarithms: Any, noise: Any, seen: Any, numbers: Any, sampling: Sampling
    ) -> Any:
        """Choose tokens `(batch,)` from log probabilities `(batch, vocabulary)`."""
        temperature, top_p, penalty = (numbers[place] for place in range(3))
        # Logarithms are negative: a factor above 1 makes a token less probable.
        scores = logarithms * ops.where(seen > 0, penalty, ops.ones_like(penalty)) + self.banned
        if sampling.top_k is not None and sampling.top_k < self.size:
            least = ops.top_k(scores, sampling.top_k)[0][:, -1:]
            scores = ops.where(scores >= least, scores, _LOWEST)
        if sampling.top_p is not None:
            shares = ops.softmax(scores / ops.maximum(temperature, 1e-3), axis=-1)
            ordered = ops.flip(ops.sort(shares, axis=-1), axis=-1)
            # Kept is a token where those before it do not suffice, the first in any case.
            suffice = ops.cumsum(ordered, axis=-1) - ordered >= top_p
            least = ops.min(ops.where(suffice, 2.0, ordered), axis=-1, keepdims=True)
            scores = ops.where(shares >= least, scores, _LOWEST)
        # The same token as of `scores / temperature + noise`, and defined at temperature 0 too.
        return ops.cast(ops.argmax(scores + temperature * noise, axis=-1), "int32")

    def _graph(self, sampling: Sampling) -> Callable[..., Any]:
        """Compile the loop over `STEPS` tokens."""
        # The graph holds `top_k` as a constant, for it is the size of a tensor.
        key = sampling.top_k, sampling.top_p is not None
        if key not in self._compiled:

            def turn(
                forced: Any, noise: Any, numbers: Any, token: Any, seen: Any, state: State
            ) -> tuple[Any, Any, Any, State]:
                def body(
                    place: Any, token: Any, seen: Any, state: State, found: Any
                ) -> tuple[Any, ...]:
                    given = ops.take(forced, place)
                    token = ops.where(given == FREE, token, given)
                    seen = ops.maximum(seen, ops.one_hot(token, self.size, dtype="float32"))
                    logarithms, state = self.step(token, state)
                    row = ops.take(noise, place, axis=0)
                    token = self._choice(logarithms, row, seen, numbers, sampling)
                    return place + 1, token, seen, state, ops.slice_update(found, [place], token)

                found = ops.zeros((STEPS,), "int32")
                begin = (ops.zeros((), "int32"), token, seen, tuple(state), found)
                _, token, seen, state, found = ops.while_loop(
                    lambda place, *_: place < STEPS, body, begin
                )
                return found, token, seen, state

            self._compiled[key] = backend.compiled(turn, self.model.variables)
        return self._compiled[key]


class _Noise:
    """Noise for each place of a text, asked for in order, also again for some of the last places.

    Args:
        seed: of the draws.
        size: of the vocabulary.
    """

    def __init__(self, seed: int, size: int):
        self.random = np.random.default_rng(seed)
        self.rows = np.zeros((0, 1, size), np.float32)
        self.first = 0  # place of the first row that is kept

    def at(self, start: int) -> np.ndarray:
        """Return the noise from a place on, `(STEPS, 1, vocabulary)`; zero where it was used."""
        while self.first + len(self.rows) < start + STEPS:
            # Always whole pieces, so that a longer text of the same seed begins as a shorter one.
            new = self.random.gumbel(size=(STEPS, *self.rows.shape[1:])).astype(np.float32)
            kept = self.rows[-2 * STEPS :]
            self.first += len(self.rows) - len(kept)
            self.rows = np.concatenate([kept, new])
        found = np.zeros((STEPS, *self.rows.shape[1:]), np.float32)
        known = max(start, self.first)
        if known < start + STEPS:
            rows = self.rows[known - self.first : start + STEPS - self.first]
            found[known - start :] = rows
        return found


def _chain(model: keras.Model) -> list[tuple[keras.Layer, Mapping[str, Any]]]:
    """List the calls of a model's layers from input to output, each with its keywords.

    Raises:
        UserError: if they are not one after another.
    """
    found: list[tuple[keras.Layer, Mapping[str, Any]]] = []
    tensor = model.outputs[0]
    while True:
        layer, number, _ = tensor._keras_history
        if isinstance(layer, layers.InputLayer):
            return found[::-1]
        # By the calls, for an embedding may stand at both ends and is one layer.
        call = layer._inbound_nodes[number]
        if len(call.input_tensors) != 1:
            raise UserError(f"the layer '{layer.name}' cannot be run step by step")
        found.append((layer, call.arguments.kwargs))
        tensor = call.input_tensors[0]


def _carries(layer: keras.Layer, keywords: Mapping[str, Any]) -> bool:
    """Whether a call of a layer carries a state from token to token."""
    return isinstance(layer, layers.RNN) or (
        hasattr(layer, "step") and not keywords.get("reverse", False)
    )


def _logarithms(probabilities: Any) -> Any:
    # A softmax can underflow to 0, whose logarithm would be minus infinity.
    return ops.log(ops.maximum(ops.cast(probabilities, "float32"), 1e-30))


def _parts(forced: np.ndarray) -> Iterator[np.ndarray]:
    """Yield pieces of `STEPS` tokens, the last filled up."""
    padded = np.pad(forced, (0, -len(forced) % STEPS), constant_values=FREE)
    return iter(padded.reshape(-1, STEPS))


def _sizes(sizes: Any) -> list[int]:
    return list(sizes) if isinstance(sizes, (list, tuple)) else [sizes]
