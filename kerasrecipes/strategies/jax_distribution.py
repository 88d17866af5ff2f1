"""Several devices or hosts on the JAX backend, through `keras.distribution`."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import keras
import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.strategies import global_batches
from kerasrecipes.strategies.base import Purpose, Strategy, decode, encode
from kerasrecipes.strategies.cluster import Cluster
from kerasrecipes.strategies.rendezvous import rendezvous

# Bytes that `gather` carries from each worker.
MESSAGE = 4096

Layout = Mapping[str, Sequence[str | None]]


def choose(
    name: str,
    cluster: Cluster | None,
    timeout: float,
    layout: Layout | None = None,
    model_devices: int = 1,
) -> Strategy:
    """Return the strategy of a name; see `kerasrecipes.strategies.select`.

    Args:
        name: `auto`, `cpu`, `gpu`, `mirrored`, `multiworker` or `tpu`.
        cluster: hosts and rank of this process; `None` on one machine.
        timeout: seconds to wait for the other hosts.
        layout: axes along which variables are sharded, by regular expressions of the ends of their
            paths; by default every device holds all of them.
        model_devices: devices that hold one copy of the model together, with a layout.

    Returns:
        The strategy; for one device a plain `Strategy`, which shares nothing out.

    Raises:
        UserError: if the machine has no such devices, or a host does not answer in time.
    """
    make: Callable[..., Strategy] = Sharded
    if layout:
        make = functools.partial(ModelSharded, layout=layout, model_devices=model_devices)
    if name == "multiworker" or (name in ("auto", "tpu") and cluster is not None):
        return _multiworker(cluster, timeout, make)
    if name == "cpu":
        # Works only before JAX has initialized its backends, which the next line does.
        jax.config.update("jax_platforms", "cpu")
    kind = jax.default_backend()
    devices = jax.devices()
    if name in ("gpu", "tpu") and kind != name:
        raise UserError(f"this machine has no {name.upper()} that JAX sees: use --strategy auto")
    many = name in ("mirrored", "tpu") or (name == "auto" and kind != "cpu")
    if not many or (len(devices) == 1 and name != "mirrored"):
        return Strategy(
            name if name != "auto" else kind, f"one {kind.upper()} ({devices[0].device_kind})"
        )
    if len(devices) < 2:
        raise UserError(
            "this machine has no second device to mirror a model on: use --strategy auto"
        )
    return make(name if name != "auto" else "mirrored", f"{len(devices)} {kind.upper()} devices")


class Sharded(Strategy):
    """Data parallelism over all devices of all processes.

    Every device holds all variables; `feed` puts batches there, sliced if their rows divide by the
    number of devices, else whole on each of them. So every batch gives the result of one device,
    the last and uneven one too, and nothing is padded or dropped.

    Args:
        name: how it was asked for.
        description: what it is, in words.
        devices: names of the devices, as `keras.distribution.list_devices` gives them; by default
            all.
    """

    def __init__(self, name: str, description: str, devices: list[str] | None = None):
        self.distribution = self._distribution(devices)
        mesh = self.distribution.device_mesh.backend_mesh
        workers, rank = jax.process_count(), jax.process_index()
        super().__init__(
            name, description, num_replicas=mesh.devices.shape[0], num_workers=workers, rank=rank
        )
        self._sliced = jax.sharding.NamedSharding(
            mesh, jax.sharding.PartitionSpec(mesh.axis_names[0])
        )
        self._whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())

    def _distribution(self, devices: list[str] | None) -> keras.distribution.Distribution:
        return keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)

    def prepare(
        self, build: Callable[[], keras.Model], compile: Callable[[keras.Model], Any]
    ) -> tuple[keras.Model, keras.Model]:
        """Build and compile a model with variables on all devices; see `Strategy.prepare`."""
        # Inside its scope Keras would slice every batch as it did the first; outside it takes
        # arrays as they come.
        with self.distribution.scope():
            model = build()
            compile(model)
            model.optimizer.build(model.trainable_variables)
        return model, model

    def feed(self, batches: global_batches.GlobalBatches, purpose: Purpose = "train") -> Any:
        """Put every global batch on the devices; see `Strategy.feed`."""
        if hasattr(batches, "as_numpy_iterator"):
            batches = batches.as_numpy_iterator
        batches = global_batches.function_of(batches)
        # A process cannot fetch predictions that another one has computed.
        whole = purpose == "predict" and self.num_workers > 1
        if callable(batches):
            return global_batches.restartable(lambda: self._placed(batches(), whole))
        return self._placed(iter(batches), whole)

    def gather(self, value: Any) -> list[Any]:
        """Collect a value from every worker; see `Strategy.gather`."""
        if self.num_workers == 1:
            return [value]
        from jax.experimental import multihost_utils

        # Arrays of all processes must have one shape: text is padded to a fixed length.
        message = np.asarray(encode(value, MESSAGE), np.uint8)
        return [decode(row) for row in np.asarray(multihost_utils.process_allgather(message))]

    def _placed(self, batches: Iterator[Any], whole: bool) -> Iterator[Any]:
        def place(array: Any) -> jax.Array:
            array = np.asarray(array)
            # JAX computes in 32 bits unless told otherwise.
            array = array.astype(jax.dtypes.canonicalize_dtype(array.dtype), copy=False)
            where = self._whole if whole or array.shape[0] % self.num_replicas else self._sliced
            # Each process holds the whole batch, and gives the rows of its own devices.
            return jax.make_array_from_callback(array.shape, where, lambda index: array[index])

        for batch in batches:
            yield keras.tree.map_structure(place, global_batches.trimmed(batch))


class ModelSharded(Sharded):
    """Data and model parallelism: each group of devices holds one sharded copy of the model.

    Batches are sliced by group.

    Args:
        name: how it was asked for.
        description: what it is, in words.
        devices: names of the devices; by default all.
        layout: the axes along which variables are sharded, by regular expressions of their paths.
        model_devices: devices of a group.

    Raises:
        UserError: if the devices do not divide into groups of this size.
    """

    replicates_model = False

    def __init__(
        self,
        name: str,
        description: str,
        devices: list[str] | None = None,
        *,
        layout: Layout,
        model_devices: int,
    ):
        self.layout, self.model_devices = layout, model_devices
        super().__init__(name, f"{description}, {model_devices} to a copy of the model", devices)

    def _distribution(self, devices: list[str] | None) -> keras.distribution.Distribution:
        devices = devices or keras.distribution.list_devices()
        groups, rest = divmod(len(devices), self.model_devices)
        if rest or self.model_devices < 2:
            raise UserError(
                f"model_devices={self.model_devices}: must be at least 2 "
                f"and divide the {len(devices)} devices"
            )
        mesh = keras.distribution.DeviceMesh(
            (groups, self.model_devices), ["batch", "model"], devices
        )
        layout = keras.distribution.LayoutMap(mesh)
        for path, axes in self.layout.items():
            layout[_anywhere(path)] = tuple(axes)
        return keras.distribution.ModelParallel(
            layout_map=layout, batch_dim_name="batch", auto_shard_dataset=False
        )

    def prepare(
        self, build: Callable[[], keras.Model], compile: Callable[[keras.Model], Any]
    ) -> tuple[keras.Model, keras.Model]:
        """Build and compile a model with sharded variables; see `Strategy.prepare`.

        Raises:
            UserError: if a pattern of the layout matches no variable, which would go unnoticed.
        """
        # Keras numbers names of the same kind on, and the layout's paths would match nothing.
        keras.utils.clear_session()
        fit, model = super().prepare(build, compile)
        paths = [variable.path for variable in model.variables]
        for pattern in self.layout:
            if not any(re.fullmatch(_anywhere(pattern), path) for path in paths):
                some = ", ".join(paths[:6])
                raise UserError(
                    f"the layout's '{pattern}' is not a variable of the model; there are {some}, …"
                )
        return fit, model


def _anywhere(pattern: str) -> str:
    """Extend a pattern of a path's end to the whole path, which some releases of Keras need."""
    return f"^(.*/)?{pattern}$"


def _multiworker(
    cluster: Cluster | None, timeout: float, make: Callable[..., Strategy]
) -> Strategy:
    if cluster is None:
        raise UserError(
            "there is no cluster of two workers or more: give hosts and rank, or TF_CONFIG"
        )
    _join(cluster, timeout)
    devices = jax.device_count()
    described = (
        f"{len(cluster.hosts)} workers with {devices} devices together, this is rank {cluster.rank}"
    )
    return make("multiworker", described)


@functools.cache
def _join(cluster: Cluster, timeout: float) -> None:
    """Join the cluster, which a process does once."""
    # JAX would wait long for a missing host, and not name it.
    rendezvous(cluster, timeout)
    try:
        keras.distribution.initialize(",".join(cluster.hosts), len(cluster.hosts), cluster.rank)
    except RuntimeError as error:
        raise UserError(f"choose the strategy before anything makes a tensor: {error}") from error
