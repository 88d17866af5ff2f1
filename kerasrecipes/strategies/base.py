"""The interface of every strategy; the base class itself is one device and one process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import keras

from kerasrecipes.errors import UserError
from kerasrecipes.strategies import global_batches

Purpose = Literal["train", "evaluate", "predict"]


class Strategy:
    """One device of one process; the base of all others.

    Args:
        name: how it was asked for, such as `mirrored`.
        description: what it is, in words for people.
        num_replicas: devices over which a batch is spread, on all workers together.
        num_workers: processes.
        rank: number of this process, from 0.

    Attributes:
        replicates_model: whether every device holds the whole model.
    """

    replicates_model = True

    def __init__(
        self,
        name: str,
        description: str,
        *,
        num_replicas: int = 1,
        num_workers: int = 1,
        rank: int = 0,
    ):
        self.name = name
        self.description = description
        self.num_replicas = num_replicas
        self.num_workers = num_workers
        self.rank = rank

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes files and prints."""
        return self.rank == 0

    def prepare(
        self, build: Callable[[], keras.Model], compile: Callable[[keras.Model], Any]
    ) -> tuple[keras.Model, keras.Model]:
        """Build and compile a model whose variables live on the devices of the strategy.

        Set the same random seed on every worker before, for equal initial weights.

        Args:
            build: returns the model.
            compile: compiles it; optimizer, loss and metrics are created in this call. On several
                devices of the TensorFlow backend gradient accumulation, `jit_compile=True`,
                `ema_overwrite_frequency`, `steps_per_execution` above 1 and models with steps of
                their own are refused, and batch normalization is synchronized.

        Returns:
            The model to call `fit`, `evaluate` and `predict` on, outside of any scope, and the
            plain model to save, to count and to look into. With one device they are the same
            object.

        Raises:
            UserError: if the model asks for something that several devices cannot do exactly.
        """
        model = build()
        compile(model)
        return model, model

    def feed(self, batches: global_batches.GlobalBatches, purpose: Purpose = "train") -> Any:
        """Deliver global batches, of which each replica takes its slice.

        Args:
            batches: global batches, equal on every worker: a `tf.data.Dataset` or
                `keras.utils.PyDataset` of them, or an iterator of `(x,)`, `(x, y)` or
                `(x, y, sample_weight)` of NumPy arrays, or a function without arguments that
                returns such an iterator. `x` may be an array, a tuple or a dict. Batches may be of
                any size from one example on. An iterator serves one call of `fit`, `evaluate` or
                `predict`, the others any number.
            purpose: which method it is for.

        Returns:
            What `fit`, `evaluate` or `predict` take as `x`, and `fit` as `validation_data`. It has
            no end of which they know: give them the number of steps.
        """
        return global_batches.for_one_device(batches)

    def gather(self, value: Any) -> list[Any]:
        """Collect a JSON-able value from every worker, in the order of their ranks.

        All workers must call it.
        """
        return [value]

    def broadcast(self, value: Any) -> Any:
        """Return the chief's value on every worker, such as a decision about time.

        All workers must call it.
        """
        return self.gather(value)[0]

    def barrier(self) -> None:
        """Wait until every worker has reached this call."""
        self.gather(None)

    def require_same(self, fingerprint: Mapping[str, Any]) -> None:
        """Check that all workers have the same settings and data.

        Args:
            fingerprint: JSON-able values by a readable name, such as `{"the batch size": 128}`.

        Raises:
            UserError: on every worker, with the first value in which they differ.
        """
        texts = {name: str(value) for name, value in fingerprint.items()}
        if len(set(self.gather(_digest(texts)))) == 1:
            return
        # A message holds few bytes, so values are compared one by one; workers with fewer entries
        # end with an empty name.
        for name, value in [*texts.items(), ("", "")]:
            # Beginnings are shown, digests compared: values may differ after the beginning.
            everyone = self.gather([name, _digest(value), value[:200]])
            if len({digest for _, digest, _ in everyone}) > 1:
                values = ", ".join(f"{text} (rank {r})" for r, (_, _, text) in enumerate(everyone))
                raise UserError(f"{name or everyone[0][0]} differs between workers: {values}")

    @contextmanager
    def saving(self) -> Iterator[bool]:
        """Context in which the chief writes files while the other workers wait for it.

        All workers enter. Values that workers hold in parts, such as metrics, must be read on all
        of them, so read variables before, or on every worker inside.

        Yields:
            Whether this process is to write.

        Raises:
            UserError: on the other workers, if the chief failed.
        """
        failed = True
        try:
            yield self.is_chief
            failed = False
        finally:
            # Also after an error: the other workers are waiting in this exchange.
            if self.broadcast(failed) and not failed:
                raise UserError(
                    "the first worker could not write its files; its own message says why"
                )

    @contextmanager
    def reporting_lost_workers(self, advice: str = "start all of them again") -> Iterator[None]:
        """Context that turns the runtime's error after the death of another worker into one line.

        JAX ends the process by itself.

        Args:
            advice: what the user can do then.

        Raises:
            UserError: if another worker was lost in the block.
        """
        try:
            yield
        except Exception as error:
            if not self._is_lost_worker(error):
                raise
            raise UserError(
                f"another worker of the {self.num_workers} was lost or stopped; {advice}"
            ) from error

    def _is_lost_worker(self, error: Exception) -> bool:
        return False


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def encode(value: Any, size: int) -> list[int]:
    """Encode a JSON-able value as a fixed number of bytes, as collective operations need them.

    Args:
        value: what to encode.
        size: bytes; the rest is filled with spaces.

    Returns:
        `size` numbers from 0 to 255, which `decode` reads.

    Raises:
        UserError: if the value takes more bytes.
    """
    text = json.dumps(value).encode()
    if len(text) > size:
        raise UserError(f"workers can exchange values of up to {size} bytes, received {len(text)}")
    # JSON ignores spaces at the end, so no length has to be sent.
    return list(text.ljust(size))


def decode(numbers: Any) -> Any:
    """Decode the bytes of `encode`."""
    return json.loads(bytes(int(number) for number in numbers).decode())


ONE_DEVICE = Strategy("one", "one device")
