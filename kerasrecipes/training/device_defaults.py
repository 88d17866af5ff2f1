"""Defaults of the device for precision, compilation and steps per call.

The choices were measured with `python -m benchmarks.execution`; its table stands in
benchmarks/RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from kerasrecipes.errors import UserError
from kerasrecipes.training_settings import Training


def kind() -> str:
    """Return the kind of device that the backend computes on: `"cpu"`, `"gpu"` or `"tpu"`."""
    if keras.backend.backend() == "jax":
        import jax

        # Releases of JAX say "gpu" or the name of the GPU's platform.
        return jax.default_backend().replace("cuda", "gpu").replace("rocm", "gpu")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # The visible ones: a strategy may have hidden the GPU.
        kinds = {device.device_type.lower() for device in tf.config.get_visible_devices()}
        return next((k for k in ("tpu", "gpu") if k in kinds), "cpu")
    return "cpu"


def precision(training: Training) -> str:
    """Return the precision: bfloat16 where the device is made for it, float32 on processors."""
    if training.precision != "auto":
        return training.precision
    return "float32" if kind() == "cpu" else "mixed_bfloat16"


@contextmanager
def dtype_policy(training: Training) -> Iterator[None]:
    """Context in which layers are built with the chosen precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision(training))
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def make_deterministic() -> None:
    """Restrict the backend to operations that give the same bits each time."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def jit(training: Training, replicas: int = 1) -> bool | str:
    """Return whether XLA compiles the step: on JAX always, on TensorFlow on one accelerator.

    Args:
        training: its `jit` is returned if it is set.
        replicas: devices that share a batch.
    """
    if training.jit is not None:
        return training.jit
    if keras.backend.backend() == "tensorflow":
        return False if kind() == "cpu" or replicas > 1 else "auto"
    return True


def steps_per_execution(
    training: Training, steps: int, replicas: int = 1, ragged: bool = False
) -> int:
    """Return the number of steps that the device runs per call.

    Args:
        training: the settings.
        steps: steps per epoch.
        replicas: devices that share a batch.
        ragged: whether the shape of batches varies; a compiler would meet every combination of
            shapes.

    Returns:
        A divisor of `steps`, so that every epoch ends with a call.

    Raises:
        UserError: if the user asked for a number that does not divide an epoch.
    """
    wanted = training.steps_per_execution
    divisors = [number for number in range(1, steps + 1) if steps % number == 0]
    if wanted is None:
        if kind() == "cpu" or replicas > 1 or ragged:
            return 1
        # 32 at most is Keras's advice for accelerators.
        return max(d for d in divisors if d <= 32)
    if wanted not in divisors:
        nearest = min(divisors, key=lambda d: abs(d - wanted))
        raise UserError(
            f"steps_per_execution={wanted}: must divide the {steps} steps of an epoch; "
            f"the nearest is {nearest}"
        )
    return wanted
