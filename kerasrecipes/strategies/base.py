"""What every strategy offers; as it stands, one device and one process."""

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

    Attributes:
        name: how it was asked for, such as `mirrored`.
        description: what it is, in words for people.
        num_replicas: devices over which a batch is spread, on all workers together.
        num_workers: processes.
        rank: number of this process, from 0.
        copies_whole: whether every device holds all of the model.
    """

    copies_whole = True

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
        """Whether this process is the one that writes files and speaks to people."""
        return self.rank == 0

    def prepare(
        self, build: Callable[[], keras.Model], compile: Callable[[keras.Model], Any]
    ) -> tuple[keras.Model, keras.Model]:
        """Make a model whose variables live where the work is done.

        Set the random seed before, the same on every worker, for equal initial weights.

        Args:
            build: makes the model.
            compile: compiles it; optimizer, loss and metrics are made in this call. On several
                devices of the TensorFlow backend gradient accumulation, `jit_compile=True`,
                `ema_overwrite_frequency`, `steps_per_execution` above 1 and models with steps of
                their own are refused, and batch normalization is made synchronized.

        Returns:
            The model to call `fit`, `evaluate` and `predict` on, outside of any scope, and the
            plain model to save, to count and to look into. With one device they are the same
            object.

        Raises:
            UserError: if the model asks for something that several devices cannot do right.
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
        """Collect a JSON-able value from every worker, in the order of their ranks. All must call
        it.
        """
        return [value]

    def broadcast(self, value: Any) -> Any:
        """Give every worker the chief's value, such as a decision about time. All must call it."""
        return self.gather(value)[0]

    def barrier(self) -> None:
        """Wait until every worker has come here."""
        self.gather(None)

    def require_same(self, facts: Mapping[str, Any]) -> None:
        """Make sure that all workers agree.

        Args:
            facts: JSON-able values by a name for people, such as `{"the batch size": 128}`.

        Raises:
            UserError: on every worker, with the first fact in which they differ.
        """
        told = {name: str(value) for name, value in facts.items()}
        if len(set(self.gather(_digest(told)))) == 1:
            return
        # A message holds few bytes: they are compared one by one, and workers that know less end
        # with an empty name.
        for name, value in [*told.items(), ("", "")]:
            everyone = self.gather([name, _digest(value), value[:200]])
            if len({digest for _, digest, _ in everyone}) > 1:
                values = ", ".join(
                    f"{said} (rank {rank})" for rank, (_, _, said) in enumerate(everyone)
                )
                raise UserError(f"{name or everyone[0][0]} differs between workers: {values}")

    @contextmanager
    def saving(self) -> Iterator[bool]:
        """Let the chief write files while the others wait for it.

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
            if self.broadcast(failed) and not failed:
                raise UserError(
                    "the first worker could not write its files; its own message says why"
                )

    @contextmanager
    def telling_of_losses(self, advice: str = "start all of them again") -> Iterator[None]:
        """Turn what the runtime says when another worker has died into one line; JAX ends the
        process by itself.

        Args:
            advice: what to do then.

        Raises:
            UserError: if another worker was lost in the block.
        """
        try:
            yield
        except Exception as error:
            if not self._is_loss(error):
                raise
            raise UserError(
                f"another worker of the {self.num_workers} was lost or stopped; {advice}"
            ) from error

    def _is_loss(self, error: Exception) -> bool:
        return False


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def encode(value: Any, size: int) -> list[int]:
    """Write a JSON-able value as a fixed number of bytes, as collective operations need them."""
    text = json.dumps(value).encode()
    if len(text) > size:
        raise UserError(f"workers can exchange values of up to {size} bytes, received {len(text)}")
    return list(text.ljust(size))


def decode(numbers: Any) -> Any:
    """Read what `encode` wrote."""
    return json.loads(bytes(int(number) for number in numbers).decode())
