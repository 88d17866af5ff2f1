"""What the hand-written loops of recurrent layers gain, and what else was tried.

    python -m benchmarks.recurrent
    python -m benchmarks.recurrent --backend jax

Each line is a step forwards and backwards of one layer, 64 inputs to 64 units over 96 steps, batch
64, with the gradients of inputs and weights. The ways take turns, and the time is the median of the
rounds; the ratio is that of the first way's median to it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from benchmarks import where

BATCH, TIME, UNITS = 64, 96, 64
CELLS = ("lstm", "gru", "simple_rnn")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--cells", nargs="+", default=CELLS, choices=CELLS)
    arguments = where.parsed(parser)
    import keras

    jax = keras.backend.backend() == "jax"
    inputs = np.random.default_rng(0).normal(size=(BATCH, TIME, UNITS)).astype("float32")
    for cell in arguments.cells:
        ways = on_jax(cell) if jax else on_tensorflow(cell)
        steps = {way: (lambda step=step: step(inputs)) for way, step in ways.items()}
        report(cell, steps, arguments.rounds)


def report(name: str, ways: dict[str, Callable[[], Any]], rounds: int) -> None:
    """Print the median time of each way, its ratio to the first one, and its first call's time."""
    import keras

    first: dict[str, float] = {}
    times: dict[str, list[float]] = {way: [] for way in ways}
    for way, step in ways.items():
        began = time.perf_counter()
        step()
        first[way] = time.perf_counter() - began
    for _ in range(rounds):
        for way, step in ways.items():
            began = time.perf_counter()
            step()
            times[way].append(time.perf_counter() - began)
    print(f"{name} on {keras.backend.backend()}, processor, median of {rounds}")
    base = median(times[next(iter(ways))])
    for way in ways:
        middle = median(times[way])
        print(
            f"  {way:46s} {1e3 * middle:7.1f} ms {BATCH / middle:8,.0f} sequences/s, "
            f"{base / middle:5.2f} times, first {first[way]:.1f} s",
            flush=True,
        )


def _layers(cell: str, **options: Any) -> Any:
    import keras

    kinds = {
        "lstm": keras.layers.LSTM,
        "gru": keras.layers.GRU,
        "simple_rnn": keras.layers.SimpleRNN,
    }
    layer = kinds[cell](UNITS, return_sequences=True, **options)
    layer.build((BATCH, TIME, UNITS))
    return layer


def on_tensorflow(cell: str) -> dict[str, Callable[[Any], Any]]:
    """Return what was tried with TensorFlow."""
    import tensorflow as tf

    from kerasrecipes.layers.recurrent import recurrent
    from kerasrecipes.layers.recurrent import tf_loop as recurrence

    def step_of(
        function: Callable[[Any], Any], weights: list[Any], jit: bool = False
    ) -> Callable[[Any], Any]:
        @tf.function(jit_compile=jit)
        def step(inputs):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = function(inputs)
                loss = tf.reduce_sum(outputs * outputs)
            return tape.gradient(loss, [inputs, *weights])

        return lambda inputs: [np.asarray(part)[:1] for part in step(tf.constant(inputs))[:1]]

    plain, unrolled = _layers(cell), _layers(cell, unroll=True)
    own = recurrent(cell, UNITS, return_sequences=True)
    own.build((BATCH, TIME, UNITS))
    weights, kernels = ([v.value for v in layer.trainable_variables] for layer in (plain, own))

    def turns(steps: int) -> Callable[[Any], Any]:
        def call(inputs):
            before, recurrence.STEPS = recurrence.STEPS, steps  # read while the graph is made
            try:
                return own(inputs, training=True)
            finally:
                recurrence.STEPS = before

        return step_of(call, kernels)

    ways = {
        "Keras's loop": step_of(plain, weights),
        "Keras's, unrolled": step_of(unrolled, [v.value for v in unrolled.trainable_variables]),
        "Keras's loop, compiled by XLA": step_of(plain, weights, jit=True),
        "ours, 1 step a turn": turns(1),
        "ours, 8 steps a turn (what is used)": turns(8),
        "ours, 24 steps a turn": turns(24),
        "ours, gradients by TensorFlow's own rule": step_of(
            lambda x: own(x, training=False), kernels
        ),
    }
    if cell == "lstm":
        ways["raw_ops.BlockLSTM"] = step_of(lambda x: _block(x, *weights), weights)
    return ways


def _block(inputs: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """Run TensorFlow's fused operation.

    That of version 2 is not usable: it has version 1's gradient, whose gates are in another order.
    """
    import tensorflow as tf

    def ordered(weight):
        enter, keep, new, leave = tf.split(tf.convert_to_tensor(weight), 4, axis=-1)
        return tf.concat([enter, new, keep, leave], axis=-1)

    none = tf.zeros((UNITS,))
    zeros = tf.zeros((tf.shape(inputs)[0], UNITS))
    found = tf.raw_ops.BlockLSTM(
        seq_len_max=tf.constant(TIME, tf.int64),
        x=tf.transpose(inputs, [1, 0, 2]),
        cs_prev=zeros,
        h_prev=zeros,
        w=ordered(tf.concat([kernel, recurrent_kernel], axis=0)),
        wci=none,
        wcf=none,
        wco=none,
        b=ordered(bias),
        forget_bias=0.0,
        cell_clip=-1.0,
    )
    return tf.transpose(found.h, [1, 0, 2])


def on_jax(cell: str) -> dict[str, Callable[[Any], Any]]:
    """Return what was tried with JAX: Keras's scan, and the input's product before the loop."""
    import jax
    from jax import numpy as jnp

    def step_of(function: Callable[..., Any], weights: list[Any]) -> Callable[[Any], Any]:
        gradient = jax.jit(
            jax.grad(lambda x, *w: jnp.sum(function(x, *w) ** 2), tuple(range(1 + len(weights))))
        )
        return lambda inputs: jax.block_until_ready(gradient(inputs, *weights))

    plain = _layers(cell)
    weights = [v.value for v in plain.trainable_variables]
    others = [v.value for v in plain.non_trainable_variables]

    def keras_(x, *w):
        return plain.stateless_call(list(w), others, x)[0]

    def hoisted(x, kernel, recurrent_kernel, bias):
        def step(states, projected):
            output, memory = states
            enter, keep, new, leave = jnp.split(projected + output @ recurrent_kernel, 4, axis=-1)
            memory = jax.nn.sigmoid(keep) * memory + jax.nn.sigmoid(enter) * jnp.tanh(new)
            output = jax.nn.sigmoid(leave) * jnp.tanh(memory)
            return (output, memory), output

        zeros = jnp.zeros((x.shape[0], UNITS))
        return jax.lax.scan(step, (zeros, zeros), jnp.swapaxes(x, 0, 1) @ kernel + bias)[1]

    ways = {"Keras's scan (what is used)": step_of(keras_, weights)}
    if cell == "lstm":
        ways["the input's product before the loop"] = step_of(hoisted, weights)
    return ways


if __name__ == "__main__":
    main()
