"""A decoder: from what an encoder found to tokens, one after another.

In training all steps are known beforehand (teacher forcing), so that the inputs' product before the
loop and the vocabulary's after it are one each. To answer, `start` and `step` take one token at a
time with carried state.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.layers.attention import bias_of
from kerasrecipes.layers.recurrent.attention_rnn import AttendingRNN, Cell
from kerasrecipes.layers.word_embeddings import Embedding

State = tuple[tuple[Any, ...], ...]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SequenceDecoder(keras.layers.Layer):
    """Tells the next token from the tokens before it and from what was encoded.

    The first of its recurrent layers sees a context at each step, looked up in the memory, or
    without attention the summary. State, context and last token together are read out,
    `tanh(W s + C c + Y y)`, and compared with every token of the vocabulary.

    Args:
        vocabulary_size: number of tokens.
        embedding_dimension: size of a token's vector.
        units: size of each recurrent layer's state.
        cell: `"lstm"` or `"gru"`.
        num_layers: number of recurrent layers.
        score: of the attention, `"additive"`, `"dot"` or `"general"`; `"none"` sees the summary at
            each step.
        attention_units: size of the space in which additive scores compare; by default `units`.
        dropout_rate: share of embeddings, states and of what is read out that is silenced at random
            in training.
        tied_embeddings: whether the vocabulary's product takes the embeddings as its kernel.
        teacher_forcing_rate: share of the tokens that training gives as they should be; in place of
            the others stands what the model itself says there, found in a first pass over the right
            tokens.

    Call arguments:
        tokens: `(batch, time)`, beginning with the start token.
        summary: `(batch, …)`, from which the first states are made.
        memory: `(batch, entries, memory_units)`; `None` with `score="none"`.
        memory_mask: `(batch, entries)`, false where an entry is padding.

    Returns:
        Logits, `(batch, time, vocabulary_size)`.

    Reference:
        [Neural Machine Translation by Jointly Learning to Align and
        Translate](https://arxiv.org/abs/1409.0473) (Bahdanau et al., 2015);
        [Scheduled Sampling for Transformers](https://arxiv.org/abs/1906.07651) (Mihaylova and
        Martins, 2019) for the two passes
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dimension: int,
        units: int,
        *,
        cell: Cell = "lstm",
        num_layers: int = 1,
        score: str = "additive",
        attention_units: int | None = None,
        dropout_rate: float = 0.0,
        tied_embeddings: bool = False,
        teacher_forcing_rate: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.settings = {
            "vocabulary_size": vocabulary_size,
            "embedding_dimension": embedding_dimension,
            "units": units,
            "cell": cell,
            "num_layers": num_layers,
            "score": score,
            "attention_units": attention_units,
            "dropout_rate": dropout_rate,
            "tied_embeddings": tied_embeddings,
            "teacher_forcing_rate": teacher_forcing_rate,
        }
        self.cell, self.units, self.num_layers, self.score = cell, units, num_layers, score
        self.teacher_forcing_rate, self.supports_masking = teacher_forcing_rate, True
        deviation = keras.initializers.RandomNormal(stddev=embedding_dimension**-0.5)
        self.embedding = Embedding(
            vocabulary_size, embedding_dimension, embeddings_initializer=deviation, name="embedding"
        )
        self.first_states = keras.layers.Dense(
            num_layers * self._states * units, activation="tanh", name="first_states"
        )
        self.recurrent = [
            AttendingRNN(
                cell,
                units,
                "none" if number else score,
                attention_units,
                name=f"recurrent_{number + 1}",
            )
            for number in range(num_layers)
        ]
        self.read_state = keras.layers.Dense(embedding_dimension, use_bias=False, name="read_state")
        self.read_context = keras.layers.Dense(
            embedding_dimension, use_bias=False, name="read_context"
        )
        self.read_token = keras.layers.Dense(embedding_dimension, name="read_token")
        self.dropout = keras.layers.Dropout(dropout_rate, name="dropout")
        self.vocabulary = (
            None if tied_embeddings else keras.layers.Dense(vocabulary_size, name="vocabulary")
        )
        self.seeds = keras.random.SeedGenerator()

    @property
    def _states(self) -> int:
        return 2 if self.cell == "lstm" else 1

    def build(
        self, tokens_shape: Any, summary_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Make the weights of all parts."""
        size, dimension = self.settings["vocabulary_size"], self.settings["embedding_dimension"]
        batch = tokens_shape[0]
        self.embedding.build(tokens_shape)
        self.first_states.build(summary_shape)
        context = summary_shape if self.score == "none" else memory_shape
        states = [(batch, self.units)] * self._states
        self.recurrent[0].build((batch, None, dimension), states, context)
        for layer in self.recurrent[1:]:
            layer.build((batch, None, self.units), states)
        self.read_state.build((batch, None, self.units))
        self.read_context.build((batch, None, context[-1]))
        self.read_token.build((batch, None, dimension))
        if self.vocabulary is None:
            self.bias = self.add_weight(name="vocabulary_bias", shape=(size,), initializer="zeros")
        else:
            self.vocabulary.build((batch, None, dimension))

    def call(
        self,
        tokens: Any,
        summary: Any,
        memory: Any = None,
        memory_mask: Any = None,
        training: bool = False,
    ) -> Any:
        """Give the logits after each token; see the class."""
        given = {
            "summary": summary,
            "memory": memory,
            "memory_mask": memory_mask,
            "training": training,
        }
        if training and self.teacher_forcing_rate < 1:
            tokens = self._mixed(tokens, ops.stop_gradient(self._all_steps(tokens, **given)[0]))
        return self._all_steps(tokens, **given)[0]

    def alignment(self, tokens: Any, summary: Any, memory: Any, memory_mask: Any = None) -> Any:
        """Give how much each entry of the memory weighs for each next token,
        `(batch, time, entries)`.
        """
        return self._all_steps(tokens, summary, memory, memory_mask, training=False)[1]

    def start(
        self, summary: Any, memory: Any = None, memory_mask: Any = None
    ) -> tuple[tuple[Any, ...], State]:
        """Make ready to take steps.

        Returns:
            What stays the same at each step, and the first state; all of it with the batch as first
            axis.
        """
        # Half precision is for training; a state that is carried on keeps its kind.
        summary = ops.cast(summary, self.variable_dtype)
        state = keras.tree.map_structure(
            lambda part: ops.cast(part, self.variable_dtype), self._first(summary)
        )
        if self.score == "none":
            return (summary,), state
        memory = ops.cast(memory, self.variable_dtype)
        return (
            memory,
            self.recurrent[0].attention.keys(memory),
            bias_of(memory_mask, memory),
        ), state

    def step(self, tokens: Any, state: State, fixed: tuple[Any, ...]) -> tuple[Any, State]:
        """Take one step.

        Args:
            tokens: `(batch,)`, the last ones.
            state: of all layers.
            fixed: what stays the same, from `start`.

        Returns:
            Logits `(batch, vocabulary_size)`, and the new state.
        """
        token = self.embedding(tokens)
        first, context = self.recurrent[0].step(token, state[0], *fixed)
        states = [first]
        for layer, own in zip(self.recurrent[1:], state[1:], strict=True):
            states.append(layer.step(states[-1][0], own)[0])
        read = self._read(states[-1][0], fixed[0] if context is None else context, token)
        return self._logits(read), tuple(states)

    def _first(self, summary: Any) -> State:
        parts = ops.split(self.first_states(summary), self.num_layers * self._states, axis=-1)
        return tuple(
            tuple(parts[n * self._states : (n + 1) * self._states]) for n in range(self.num_layers)
        )

    def _all_steps(
        self, tokens: Any, summary: Any, memory: Any, memory_mask: Any, training: bool
    ) -> tuple[Any, Any]:
        """Give the logits, and the attention's weights."""
        state = self._first(summary)
        embedded = self.dropout(
            self.embedding(tokens), training=training
        )  # (batch, time, embedding_dimension)
        seen = summary if self.score == "none" else memory
        mask = None if self.score == "none" else memory_mask
        x, contexts, weights = self.recurrent[0](embedded, state[0], seen, memory_mask=mask)
        for layer, own in zip(self.recurrent[1:], state[1:], strict=True):
            x = layer(self.dropout(x, training=training), own)[0]  # (batch, time, units)
        context = ops.expand_dims(summary, 1) if contexts is None else contexts
        read = self._read(x, context, embedded)
        return self._logits(self.dropout(read, training=training)), weights

    def _read(self, state: Any, context: Any, token: Any) -> Any:
        return ops.tanh(
            self.read_state(state) + self.read_context(context) + self.read_token(token)
        )

    def _logits(self, read: Any) -> Any:
        if self.vocabulary is not None:
            logits = self.vocabulary(read)
        else:
            logits = ops.matmul(read, ops.transpose(self.embedding.embeddings)) + self.bias
        # In float32 also where all else is in half precision: a softmax of bfloat16 is too coarse.
        return ops.cast(logits, self.variable_dtype)  # (…, vocabulary_size)

    def _mixed(self, tokens: Any, logits: Any) -> Any:
        """Put what the model says in the place of some of the right tokens; the start token
        stays.
        """
        said = ops.cast(ops.argmax(logits, axis=-1), tokens.dtype)
        said = ops.concatenate(
            [tokens[:, :1], said[:, :-1]], axis=1
        )  # what stands before each step
        right = keras.random.uniform(ops.shape(tokens), seed=self.seeds) < self.teacher_forcing_rate
        return ops.where(right, tokens, said)

    def compute_output_spec(self, tokens: Any, *_: Any, **__: Any) -> keras.KerasTensor:
        """Give the logits' shape and kind."""
        return keras.KerasTensor(
            (*tokens.shape, self.settings["vocabulary_size"]), dtype=self.variable_dtype
        )

    def compute_mask(self, *_: Any, **__: Any) -> None:
        """Give no mask: padding weighs nothing in the loss."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Give the arguments."""
        return {**super().get_config(), **self.settings}
