"""Several devices or hosts on the TensorFlow backend, through `tf.distribute`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from kerasrecipes.errors import UserError
from kerasrecipes.strategies import global_batches
from kerasrecipes.strategies.base import Purpose, Strategy, decode, encode
from kerasrecipes.strategies.cluster import Cluster
from kerasrecipes.strategies.rendezvous import rendezvous

# Bytes that `gather` carries from each worker.
MESSAGE = 4096
# The last release with TPU support is 2.19.
LAST_WITH_TPU = (2, 19)
OWN_STEPS = ("train_step", "test_step", "predict_step", "compute_loss")


def choose(name: str, cluster: Cluster | None, timeout: float) -> Strategy:
    """Return the strategy of a name; see `kerasrecipes.strategies.select`.

    Args:
        name: `auto`, `cpu`, `gpu`, `mirrored`, `multiworker` or `tpu`.
        cluster: hosts and rank of this process; `None` on one machine.
        timeout: seconds to wait for the other hosts.

    Returns:
        The strategy; on one device it is a plain `Strategy`.

    Raises:
        UserError: if the machine has no such devices, or a host does not answer in time.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            f"strategies need the backend tensorflow or jax, received {keras.backend.backend()}"
        )
    if keras.distribution.distribution() is not None:
        raise UserError(
            "keras.distribution does nothing on TensorFlow: use the strategy mirrored, or jax"
        )
    if name == "tpu":
        return _tpu()
    if name == "multiworker" or (name == "auto" and cluster is not None):
        return _multiworker(cluster, timeout)
    gpus = tf.config.list_physical_devices("GPU")
    if name == "mirrored" or (name == "auto" and len(gpus) > 1):
        return _mirrored()
    if name == "gpu" and not gpus:
        raise UserError("this machine has no GPU that TensorFlow sees: use --strategy cpu, or auto")
    if name == "cpu" or not gpus:
        # A GPU that is visible gets the tensors, whatever the strategy.
        _show([], "to train on the processor")
        return Strategy("cpu", "the processor")
    _show(gpus[:1], "to train on one GPU")
    details = tf.config.experimental.get_device_details(gpus[0])
    return Strategy("gpu", f"one GPU ({details.get('device_name', gpus[0].name)})")


class Replicated(Strategy):
    """A `tf.distribute` strategy, with the training step of `tf_replica_model`.

    Args:
        name: how it was asked for.
        description: what it is, in words.
        distribution: the strategy of TensorFlow.
        rank: number of this process.
        num_workers: processes.
    """

    def __init__(
        self, name: str, description: str, distribution: Any, *, rank: int = 0, num_workers: int = 1
    ):
        replicas = distribution.num_replicas_in_sync
        super().__init__(
            name, description, num_replicas=replicas, num_workers=num_workers, rank=rank
        )
        self.distribution = distribution
        self._inner: keras.Model | None = None

    def prepare(
        self, build: Callable[[], keras.Model], compile: Callable[[keras.Model], Any]
    ) -> tuple[keras.Model, keras.Model]:
        """Build a model in TensorFlow's scope and one that drives it; see `Strategy.prepare`."""
        from kerasrecipes.strategies.tf_replica_model import ReplicaModel

        with self.distribution.scope():
            inner = build()
            for layer in layers_of(inner):
                if isinstance(layer, keras.layers.BatchNormalization):
                    # A replica's own mean and variance would differ from those of the whole batch.
                    layer.synchronized = True
            compile(inner)
            require_supported(inner)
            # Variables made later, outside the scope, would not be mirrored.
            inner.optimizer.build(inner.trainable_variables)
        self._inner = inner
        return ReplicaModel(inner, self.distribution), inner

    def feed(self, batches: global_batches.GlobalBatches, purpose: Purpose = "train") -> Any:
        """Slice every global batch, one slice for each replica; see `Strategy.feed`."""
        dataset = global_batches.as_dataset(batches)
        if purpose != "predict":
            self._make_metrics(dataset.element_spec)
        replicas = self.num_replicas

        def of_this_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
            workers, worker = context.num_input_pipelines, context.input_pipeline_id

            def slices(*batch: Any) -> tf.data.Dataset:
                # Keras joins predictions in this order: the first replica of each worker, then the
                # second.
                numbers = tf.data.Dataset.from_tensor_slices(tf.range(worker, replicas, workers))
                return numbers.map(lambda number: slice_of_replica(batch, number, replicas))

            # Without end, as Keras is given the number of steps.
            return global_batches.plain(dataset.flat_map(slices).repeat().prefetch(2))

        return self.distribution.distribute_datasets_from_function(of_this_worker)

    def gather(self, value: Any) -> list[Any]:
        """Collect a value from every worker; see `Strategy.gather`."""
        if self.num_workers == 1:
            return [value]
        message = tf.constant([encode(value, MESSAGE)], tf.int32)
        local = self.distribution.experimental_distribute_values_from_function(
            lambda context: message
        )
        everyone = self.distribution.gather(local, axis=0).numpy()
        # Every replica of a worker sends its message: one of each worker is enough.
        return [decode(row) for row in everyone[:: self.num_replicas // self.num_workers]]

    def _is_lost_worker(self, error: Exception) -> bool:
        lost = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)
        return self.num_workers > 1 and isinstance(error, lost)

    @contextmanager
    def saving(self) -> Iterator[bool]:
        """Context in which the chief writes files; see `Strategy.saving`."""
        if tf.distribute.has_strategy():
            raise RuntimeError(
                "saving inside a strategy's scope creates variables that other workers lack"
            )
        with super().saving() as here:
            yield here

    def _make_metrics(self, spec: Any) -> None:
        """Create the metrics' variables in the scope, where Keras would not at the first batch."""
        model = self._inner
        if model is None or all(getattr(metric, "built", True) for metric in model.metrics):
            return
        example = tf.nest.map_structure(
            # Sizes that vary are unknown in the signature; 1 stands for them.
            lambda s: tf.zeros([size or 1 for size in s.shape], s.dtype),
            spec,
        )
        x, y, weight = keras.utils.unpack_x_y_sample_weight(example)

        def once() -> None:
            y_pred = model(x)
            model.compute_loss(x, y, y_pred, weight, training=False)
            model.compute_metrics(x, y, y_pred, weight)

        self.distribution.run(once)
        # The row of zeros must not count.
        model.reset_metrics()


def slice_of_replica(batch: Any, replica: tf.Tensor, replicas: int) -> dict[str, Any]:
    """Take a replica's slice of a global batch.

    A batch with fewer examples than replicas goes to every replica whole, as not every operation
    works without an example; then only the first replica owns its rows, that is, counts and
    predicts them.

    Args:
        batch: nested tensors, `(rows, …)`.
        replica: number of the replica.
        replicas: number of replicas.

    Returns:
        The slice as `batch`, and the number of rows that the replica owns as `own`.
    """
    rows = tf.shape(tf.nest.flatten(batch)[0])[0]
    # Rounded so, slices differ by one row at most, and together they are the batch.
    begin, end = replica * rows // replicas, (replica + 1) * rows // replicas
    few = rows < replicas
    own = tf.where(few, tf.where(replica == 0, rows, 0), end - begin)
    begin, end = tf.where(few, 0, begin), tf.where(few, rows, end)
    return {"batch": tf.nest.map_structure(lambda tensor: tensor[begin:end], batch), "own": own}


def layers_of(layer: Any) -> Iterator[keras.layers.Layer]:
    """Iterate over a layer and all layers within it."""
    seen: set[int] = set()
    waiting = [layer]
    while waiting:
        found = waiting.pop()
        if isinstance(found, (list, tuple)):
            waiting.extend(found)
        elif isinstance(found, dict):
            waiting.extend(found.values())
        elif isinstance(found, keras.layers.Layer) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting.extend(getattr(found, "layers", []))
            waiting.extend(vars(found).values())


def require_supported(model: keras.Model) -> None:
    """Check that a model asks for nothing that several replicas would do wrong or not at all.

    Raises:
        UserError: with the first such feature.
    """
    own = [
        name for name in OWN_STEPS if getattr(type(model), name) is not getattr(keras.Model, name)
    ]
    # In float16 Keras wraps the optimizer in one that scales the loss.
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    reasons = {
        f"a model with a {' and a '.join(own)} of its own": bool(own),
        "gradient accumulation": bool(optimizer.gradient_accumulation_steps),
        "ema_overwrite_frequency": bool(optimizer.ema_overwrite_frequency),
        "jit_compile=True": bool(model.jit_compile),
        f"steps_per_execution={model.steps_per_execution}": model.steps_per_execution > 1,
    }
    for reason, found in reasons.items():
        if found:
            raise UserError(
                f"{reason} does not work on several devices of the TensorFlow backend: "
                "leave it out, use one device, or the backend jax"
            )


def _mirrored() -> Strategy:
    devices = tf.config.list_logical_devices("GPU")
    kind = "GPUs" if devices else "virtual devices of the processor"
    devices = devices or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        raise UserError(
            "this machine has no second device to mirror a model on: use --strategy auto"
        )
    return Replicated(
        "mirrored", f"{len(devices)} {kind}", _mirroring(tuple(device.name for device in devices))
    )


@functools.cache
def _mirroring(devices: tuple[str, ...]) -> tf.distribute.Strategy:
    """Make TensorFlow's strategy, once: two over the same devices number their exchanges alike and
    mix them up.
    """
    return tf.distribute.MirroredStrategy(devices)


def _multiworker(cluster: Cluster | None, timeout: float) -> Strategy:
    if cluster is None:
        raise UserError(
            "there is no cluster of two workers or more: give hosts and rank, or TF_CONFIG"
        )
    distribution = _join(cluster, timeout)
    workers = len(cluster.hosts)
    replicas = distribution.num_replicas_in_sync
    described = f"{workers} workers with {replicas} devices together, this is rank {cluster.rank}"
    return Replicated(
        "multiworker", described, distribution, rank=cluster.rank, num_workers=workers
    )


@functools.cache
def _join(cluster: Cluster, timeout: float) -> tf.distribute.Strategy:
    """Join the cluster, which a process does once."""
    rendezvous(cluster, timeout)
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.hosts)}),
        task_type="worker",
        task_id=cluster.rank,
        rpc_layer="grpc",
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    except RuntimeError as error:
        raise UserError(f"choose the strategy before anything makes a tensor: {error}") from error


def _tpu() -> Strategy:
    release = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if release > LAST_WITH_TPU:
        raise UserError(
            f"TensorFlow {tf.__version__} has no TPU support (2.19 was the last): use jax"
        )
    try:
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(tpu="")
    except (ValueError, tf.errors.OpError) as error:
        raise UserError(
            "this machine has no TPU that TensorFlow sees: use --strategy auto"
        ) from error
    distribution = tf.distribute.TPUStrategy(resolver)
    return Replicated("tpu", f"{distribution.num_replicas_in_sync} TPU cores", distribution)


def _show(gpus: list[Any], why: str) -> None:
    try:
        tf.config.set_visible_devices(gpus, "GPU")
    except RuntimeError as error:
        # Once TensorFlow is initialized it refuses a change; the same choice again is none.
        if tf.config.get_visible_devices("GPU") != gpus:
            raise UserError(
                f"choose the strategy before anything makes a tensor, {why}: {error}"
            ) from error
