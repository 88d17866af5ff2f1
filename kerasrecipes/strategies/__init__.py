"""Distributed training over devices and hosts, with the result of a single process.

A strategy is chosen before anything makes a tensor, and serves any script that uses Keras:

    from kerasrecipes import strategies

    strategy = strategies.select("auto")  # or "mirrored", "multiworker", …

    def build():
        return keras.Sequential([keras.Input((64,)), keras.layers.Dense(10, activation="softmax")])

    def compile(model):
        optimizer = keras.optimizers.AdamW(1e-3, global_clipnorm=1.0)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])

    def batches():  # global batches: the same on every worker, of any size, the last one too
        for start in range(0, len(x), 128):
            yield x[start : start + 128], y[start : start + 128]

    fit, model = strategy.prepare(build, compile)
    steps = -(-len(x) // 128)
    fit.fit(strategy.feed(batches), steps_per_epoch=steps, epochs=3)
    print(fit.evaluate(strategy.feed(batches), steps=steps))
    with strategy.saving() as here:
        if here:  # on the first worker alone
            model.save("model.keras")

The same script runs alone, on several devices of one machine, and once per host of a cluster that
`TF_CONFIG`, SLURM's variables or `select("multiworker", hosts=["a:2222", "b:2222"], rank=0)`
describe.

On the TensorFlow backend a strategy drives `tf.distribute` (see `tf_replica_model` for its faults),
on the JAX backend `keras.distribution.DataParallel`. With one device nothing is wrapped: `fit` is
`model`, and `feed` gives the batches back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.strategies.base import ONE_DEVICE, Strategy
from kerasrecipes.strategies.cluster import Cluster

__all__ = ["NAMES", "ONE_DEVICE", "Cluster", "Strategy", "select"]

NAMES = ("auto", "cpu", "gpu", "mirrored", "multiworker", "tpu")


def select(
    name: str = "auto",
    *,
    hosts: Sequence[str] | None = None,
    rank: int | None = None,
    timeout: float = 120.0,
    layout: Mapping[str, Sequence[str | None]] | None = None,
    model_devices: int = 1,
) -> Strategy:
    """Return the strategy of a name. Call it before anything creates a tensor.

    Args:
        name: `cpu` and `gpu` are one device; `mirrored` is all devices of this machine;
            `multiworker` is all devices of all machines of a cluster; `tpu` is all its cores;
            `auto` is the cluster where there is one, else all of this machine's accelerators, else
            the processor.
        hosts: address `host:port` of every worker, in the order of their ranks; by default the
            environment's.
        rank: number of this worker, from 0.
        timeout: seconds to wait for the other hosts.
        layout: for a model too large for one device, on JAX: how variables are sharded, by regular
            expressions of the ends of their paths; for each axis `"model"` or `None`, such as
            `{"feed_forward/kernel": (None, "model")}`.
        model_devices: devices that hold one copy of the model together, with a layout.

    Returns:
        The strategy.

    Raises:
        UserError: if the name is unknown, the machine has no such devices, the cluster's
            description is malformed, a host does not answer in time, or the workers' software
            differs.
    """
    if name not in NAMES:
        raise unknown("strategy", name, NAMES)
    together = name in ("auto", "multiworker", "tpu")
    if (hosts or rank is not None) and not together:
        raise UserError(
            f"the strategy {name} is of one machine: leave out hosts and rank, "
            "or choose multiworker"
        )
    cluster = Cluster.find(hosts, rank) if together else None
    import keras

    if keras.backend.backend() == "jax":
        from kerasrecipes.strategies import jax_distribution

        return jax_distribution.choose(name, cluster, timeout, layout, model_devices)
    if layout:
        raise UserError(
            "a model is sharded over devices on the backend jax only: set KERAS_BACKEND=jax"
        )
    from kerasrecipes.strategies import tf_distribute

    return tf_distribute.choose(name, cluster, timeout)
