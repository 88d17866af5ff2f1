"""Blocks of a transformer: attention and a feed-forward network, each with a way around it.

Each part that looks at other tokens has `first_state` and `step` besides its call: one token at a
time, with what was computed for those before it carried along. Both give the same outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes.layers.attention_heads import AttentionHeads, State

Norm = Literal["pre", "post"]
EPSILON = 1e-5  # of layer normalization, as in GPT-2; Keras's 1e-3 is for batches


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TransformerBlock(layers.Layer):
    """Attention of tokens to each other, then to a memory if there is one, then a network of two
    dense layers; around each of them the input is added to the output.

    Args:
        units: size of inputs and outputs.
        num_heads: number of heads of attention, a divisor of `units`.
        hidden_units: size of the network's hidden layer.
        norm: `"pre"` normalizes the input of each part, as in GPT-2, and leaves a way from below
            to above that nothing touches; `"post"` normalizes each sum, as in the first paper.
        causal: whether a token sees those up to itself only.
        attends: whether there is a memory to attend to.
        rotary: whether the tokens' queries and keys are rotated by their positions.
        activation: of the hidden layer.
        dropout_rate: fraction of each part's outputs to drop during training.
        output_scale: factor of the initial kernels that write to the sums. GPT-2's is one over the
            root of their number in the model, so that deep sums begin no larger than flat ones.
        epsilon: what layer normalization adds to the variance.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        x: `(batch, time, units)`.
        memory: `(batch, entries, units)`, with `attends`.
        token_mask: `(batch, time)`, false where a token is padding; `None` for no padding.
        memory_mask: `(batch, entries)`, likewise.

    Output shape:
        `(batch, time, units)`.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017);
        [On Layer Normalization in the Transformer Architecture](https://arxiv.org/abs/2002.04745)
        (Xiong et al., 2020)
    """

    def __init__(
        self,
        units: int,
        num_heads: int,
        hidden_units: int,
        *,
        norm: Norm = "pre",
        causal: bool = False,
        attends: bool = False,
        rotary: bool = False,
        activation: str = "relu",
        dropout_rate: float = 0.0,
        output_scale: float = 1.0,
        epsilon: float = EPSILON,
        **options: Any,
    ):
        super().__init__(**options)
        self.settings: dict[str, Any] = {
            "units": units,
            "num_heads": num_heads,
            "hidden_units": hidden_units,
            "norm": norm,
            "causal": causal,
            "attends": attends,
            "rotary": rotary,
            "activation": activation,
            "dropout_rate": dropout_rate,
            "output_scale": output_scale,
            "epsilon": epsilon,
        }
        self.norm, self.causal, self.attends = norm, causal, attends
        # Glorot's, but for the factor, which counts squared in a variance.
        written = keras.initializers.VarianceScaling(output_scale**2, "fan_avg", "uniform")
        own = {"dtype": self.dtype_policy}
        self.tokens = AttentionHeads(
            units, num_heads, rotary=rotary, output_initializer=written, name="tokens", **own
        )
        self.memory = AttentionHeads(units, num_heads, name="memory", **own) if attends else None
        self.hidden = layers.Dense(hidden_units, activation=activation, name="hidden", **own)
        self.result = layers.Dense(units, kernel_initializer=written, name="result", **own)
        normalization = partial(layers.LayerNormalization, epsilon=epsilon, **own)
        self.tokens_norm = normalization(name="tokens_norm")
        self.memory_norm = normalization(name="memory_norm") if attends else None
        self.hidden_norm = normalization(name="hidden_norm")
        self.dropout = layers.Dropout(dropout_rate, name="dropout", **own)

    def build(self, x_shape: Any, memory_shape: Any = None, **_: Any) -> None:
        """Create the weights of all parts.

        Args:
            x_shape: `(batch, time, units)`.
            memory_shape: `(batch, entries, units)`, or `None`.
            **_: shapes of further arguments, which do not matter.
        """
        self.tokens.build(x_shape, x_shape)
        self.hidden.build(x_shape)
        self.result.build((*x_shape[:-1], self.settings["hidden_units"]))
        for norm in (self.tokens_norm, self.memory_norm, self.hidden_norm):
            if norm is not None:
                norm.build(x_shape)
        if self.memory is not None:
            self.memory.build(x_shape, memory_shape)

    def call(
        self,
        x: Any,
        memory: Any = None,
        token_mask: Any = None,
        memory_mask: Any = None,
        training: bool = False,
    ) -> Any:
        """Compute all tokens at once; see the class."""
        x = self._around(
            x,
            self.tokens_norm,
            lambda x: self.tokens(x, x, memory_mask=token_mask, causal=self.causal),
            training,
        )
        if self.memory is not None:
            heads = self.memory
            x = self._around(
                x, self.memory_norm, lambda x: heads(x, memory, memory_mask=memory_mask), training
            )
        return self._around(x, self.hidden_norm, self._network, training)

    def first_state(self, batch: Any, length: int) -> State:
        """Return an empty cache of the tokens' keys and values.

        Args:
            batch: number of texts.
            length: number of tokens that will be read.
        """
        return self.tokens.first_state(batch, length)

    def step(
        self, x: Any, state: State, memory: tuple[Any, Any] | None = None, memory_mask: Any = None
    ) -> tuple[Any, State]:
        """Compute one token of each text.

        Args:
            x: `(batch, units)`.
            state: from `first_state` or the step before.
            memory: its keys and values, from `read`.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            `(batch, units)`, and the new state.
        """
        after: list[State] = []

        def tokens(x: Any) -> Any:
            found, new = self.tokens.step(x, state)
            after.append(new)
            return found

        x = self._around(x, self.tokens_norm, tokens, False)
        if self.memory is not None and memory is not None:
            heads, (keys, values) = self.memory, memory
            x = self._around(
                x, self.memory_norm, lambda x: heads.look(x, keys, values, memory_mask), False
            )
        return self._around(x, self.hidden_norm, self._network, False), after[0]

    def read(self, memory: Any) -> tuple[Any, Any]:
        """Compute the keys and values of a memory for `step`.

        Args:
            memory: `(batch, entries, units)`.

        Returns:
            Both `(batch, entries, heads, size)`.
        """
        assert self.memory is not None, "attends=True"
        return self.memory.read(memory)

    def alignment(
        self, x: Any, memory: Any, token_mask: Any = None, memory_mask: Any = None
    ) -> Any:
        """Compute how much each entry of the memory weighs for each token.

        Args:
            x: `(batch, time, units)`.
            memory: `(batch, entries, units)`.
            token_mask: `(batch, time)`, false where a token is padding.
            memory_mask: `(batch, entries)`, likewise.

        Returns:
            `(batch, heads, time, entries)`.
        """
        assert self.memory is not None and self.memory_norm is not None, "attends=True"
        x = self._around(
            x,
            self.tokens_norm,
            lambda x: self.tokens(x, x, memory_mask=token_mask, causal=self.causal),
            False,
        )
        x = self.memory_norm(x) if self.norm == "pre" else x
        return self.memory.weights_of(x, memory, memory_mask)

    def _network(self, x: Any) -> Any:
        return self.result(self.hidden(x))

    def _around(self, x: Any, norm: Any, part: Callable[[Any], Any], training: bool) -> Any:
        """Add to the input what a part makes of it."""
        if self.norm == "pre":
            return x + self.dropout(part(norm(x)), training=training)
        return norm(x + self.dropout(part(x), training=training))

    def compute_output_shape(self, x_shape: Any, *_: Any, **__: Any) -> Any:
        """Return the shape of the tokens."""
        return x_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.settings}
