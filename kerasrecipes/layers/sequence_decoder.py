"""Recurrent decoder: from an encoder's output to tokens, one after another.

In training the inputs of all steps are known (teacher forcing), so that the inputs' product before
the loop and the vocabulary's after it are one each. In inference `start` and `step` take one token
at a time and carry the state.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
from keras import ops

from kerasrecipes.layers.recurrent.attention_rnn import AttendingRNN, Cell, ScoreOrNone
from kerasrecipes.layers.word_embeddings import Embedding

State = tuple[tuple[Any, ...], ...]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SequenceDecoder(keras.layers.Layer):
    """Logits of the next token, from the tokens before it and from an encoder's output.

    The first of its recurrent layers gets a context at each step: from the memory by attention, or
    without attention the summary. State `s`, context `c` and the last token's embedding `y` are
    combined to `tanh(W s + C c + Y y)`, which is multiplied with the vocabulary's kernel.

    Args:
        vocabulary_size: number of tokens.
        embedding_dimension: size of the token embeddings.
        units: size of each recurrent layer's state.
        cell: `"lstm"` or `"gru"`.
        num_layers: number of recurrent layers.
        score: score function of the attention, `"additive"`, `"dot"` or `"general"`; with `"none"`
            the context is the summary.
        attention_units: size of the space in which additive scores compare; by default `units`.
        dropout_rate: fraction of embeddings, states and combined features to drop during training.
        tied_embeddings: whether the output layer uses the token embeddings as its kernel.
        teacher_forcing_rate: probability of a correct token as input during training; otherwise the
            input is the model's own prediction, from a first pass over the correct tokens.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        tokens: token ids, `(batch, time)`, beginning with the start token.
        summary: `(batch, features)`, from which the initial states are computed.
        memory: `(batch, entries, memory_units)`; `None` with `score="none"`.
        memory_mask: `(batch, entries)`, false where an entry is padding.

    Output shape:
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
        score: ScoreOrNone = "additive",
        attention_units: int | None = None,
        dropout_rate: float = 0.0,
        tied_embeddings: bool = False,
        teacher_forcing_rate: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.settings: dict[str, Any] = {
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
        # So that embeddings have length 1, whatever their size.
        initializer = keras.initializers.RandomNormal(stddev=embedding_dimension**-0.5)
        self.embedding = Embedding(
            vocabulary_size,
            embedding_dimension,
            embeddings_initializer=initializer,
            name="embedding",
        )
        self.first_states = keras.layers.Dense(
            num_layers * self._states_per_layer * units, activation="tanh", name="first_states"
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
        read = functools.partial(keras.layers.Dense, embedding_dimension)
        self.read_state = read(use_bias=False, name="read_state")
        self.read_context = read(use_bias=False, name="read_context")
        self.read_token = read(name="read_token")
        self.dropout = keras.layers.Dropout(dropout_rate, name="dropout")
        self.vocabulary = (
            None if tied_embeddings else keras.layers.Dense(vocabulary_size, name="vocabulary")
        )
        self.seeds = keras.random.SeedGenerator()

    @property
    def _states_per_layer(self) -> int:
        return 2 if self.cell == "lstm" else 1

    def build(
        self, tokens_shape: Any, summary_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Create the weights of all parts.

        Args:
            tokens_shape: `(batch, time)`.
            summary_shape: `(batch, features)`.
            memory_shape: `(batch, entries, memory_units)`, or `None`.
            **_: shapes of further arguments, which do not matter.
        """
        batch = tokens_shape[0]
        self.embedding.build(tokens_shape)
        self.first_states.build(summary_shape)
        context = summary_shape if self.score == "none" else memory_shape
        self._build_recurrent(batch, context)
        self._build_output(batch, context[-1])

    def _build_recurrent(self, batch: int | None, context_shape: Any = None) -> None:
        width = self.settings["embedding_dimension"]
        states = [(batch, self.units)] * self._states_per_layer
        for layer in self.recurrent:
            layer.build((batch, None, width), states, context_shape)
            width, context_shape = self.units, None  # of the layers after the first

    def _build_output(self, batch: int | None, context_width: int) -> None:
        dimension = self.settings["embedding_dimension"]
        self.read_state.build((batch, None, self.units))
        self.read_context.build((batch, None, context_width))
        self.read_token.build((batch, None, dimension))
        if self.vocabulary is None:
            size = self.settings["vocabulary_size"]
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
        """Compute the logits after each token.

        Args:
            tokens: token ids, `(batch, time)`.
            summary: `(batch, features)`.
            memory: `(batch, entries, memory_units)`, or `None`.
            memory_mask: `(batch, entries)`, false where an entry is padding.
            training: whether inputs are dropped, and some replaced by the model's predictions.

        Returns:
            `(batch, time, vocabulary_size)`.
        """
        given = (summary, memory, memory_mask, training)
        if training and self.teacher_forcing_rate < 1:
            logits, _ = self._all_steps(tokens, *given)
            predicted = ops.cast(ops.argmax(ops.stop_gradient(logits), axis=-1), tokens.dtype)
            # Shifted, for the prediction after a token is the input of the next step; the start
            # token stays.
            predicted = ops.concatenate([tokens[:, :1], predicted[:, :-1]], axis=1)
            drawn = keras.random.uniform(ops.shape(tokens), seed=self.seeds)
            tokens = ops.where(drawn < self.teacher_forcing_rate, tokens, predicted)
        return self._all_steps(tokens, *given)[0]

    def alignment(self, tokens: Any, summary: Any, memory: Any, memory_mask: Any = None) -> Any:
        """Compute the attention's weights for each next token.

        Args:
            tokens: token ids, `(batch, time)`.
            summary: `(batch, features)`.
            memory: `(batch, entries, memory_units)`.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            `(batch, time, entries)`.
        """
        return self._all_steps(tokens, summary, memory, memory_mask, training=False)[1]

    def start(
        self, summary: Any, memory: Any = None, memory_mask: Any = None, *, max_length: int = 0
    ) -> tuple[tuple[Any, ...], State]:
        """Compute what `step` needs before the first token.

        Args:
            summary: `(batch, features)`.
            memory: `(batch, entries, memory_units)`, or `None`.
            memory_mask: `(batch, entries)`, false where an entry is padding.
            max_length: tokens that will be read; a recurrent state needs no room for them.

        Returns:
            The tensors that stay the same at each step, and the initial state; all of them with the
            batch as first axis.
        """
        # Half precision is for training; a carried state keeps its dtype.
        summary = ops.cast(summary, self.variable_dtype)
        state = self._in_variable_dtype(self._initial_state(summary))
        attention = self.recurrent[0].attention
        if attention is None:
            return (summary,), state
        memory = ops.cast(memory, self.variable_dtype)
        if memory_mask is None:
            memory_mask = ops.ones_like(memory[..., 0], dtype="bool")
        return (memory, attention.keys(memory), memory_mask), state

    def step(self, tokens: Any, state: State, fixed: tuple[Any, ...]) -> tuple[Any, State]:
        """Take one step.

        Args:
            tokens: last token ids, `(batch,)`.
            state: states of all layers.
            fixed: tensors that stay the same, from `start`.

        Returns:
            Logits `(batch, vocabulary_size)`, and the new states.
        """
        embedded = self.embedding(tokens)
        first, context = self.recurrent[0].step(embedded, state[0], *fixed)
        states = [first]
        for layer, own in zip(self.recurrent[1:], state[1:], strict=True):
            states.append(layer.step(states[-1][0], own)[0])
        context = fixed[0] if context is None else context
        return self._logits(self._combined(states[-1][0], context, embedded)), tuple(states)

    def _in_variable_dtype(self, state: State) -> State:
        return keras.tree.map_structure(lambda part: ops.cast(part, self.variable_dtype), state)

    def _initial_state(self, summary: Any) -> State:
        count = self._states_per_layer
        parts = ops.split(self.first_states(summary), self.num_layers * count, axis=-1)
        return tuple(tuple(parts[n * count : (n + 1) * count]) for n in range(self.num_layers))

    def _all_steps(
        self, tokens: Any, summary: Any, memory: Any, memory_mask: Any, training: bool
    ) -> tuple[Any, Any]:
        """Compute the logits of all steps, and the attention's weights."""
        state = self._initial_state(summary)
        embedded = self.dropout(self.embedding(tokens), training=training)
        if self.score == "none":
            memory, memory_mask = summary, None
        x, contexts, weights = self.recurrent[0](
            embedded, state[0], memory, memory_mask=memory_mask
        )
        for layer, own in zip(self.recurrent[1:], state[1:], strict=True):
            x = layer(self.dropout(x, training=training), own)[0]  # (batch, time, units)
        context = ops.expand_dims(summary, 1) if contexts is None else contexts
        combined = self._combined(x, context, embedded)
        return self._logits(self.dropout(combined, training=training)), weights

    def _combined(self, state: Any, context: Any, token: Any) -> Any:
        return ops.tanh(
            self.read_state(state) + self.read_context(context) + self.read_token(token)
        )

    def _logits(self, combined: Any) -> Any:
        if self.vocabulary is not None:
            logits = self.vocabulary(combined)
        else:
            logits = ops.matmul(combined, ops.transpose(self.embedding.embeddings)) + self.bias
        # In float32 also where all else is in half precision: a softmax of bfloat16 is too coarse.
        return ops.cast(logits, self.variable_dtype)  # (…, vocabulary_size)

    def compute_output_spec(self, tokens: Any, *_: Any, **__: Any) -> keras.KerasTensor:
        """Return the specification of the logits, `(batch, time, vocabulary_size)`."""
        shape = (*tokens.shape, self.settings["vocabulary_size"])
        return keras.KerasTensor(shape, dtype=self.variable_dtype)

    def compute_mask(self, *_: Any, **__: Any) -> None:
        """Return no mask: padding has no weight in the loss."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.settings}
