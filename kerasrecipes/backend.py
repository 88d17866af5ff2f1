"""Choice of the Keras backend, made before Keras loads, and what the backend supports."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError, unknown

BACKENDS = ("tensorflow", "jax")
DEVICES = Path("/dev")


def settle() -> None:
    """Choose JAX where TensorFlow is absent or there is a TPU, unless the user has chosen.

    What the user chose by `KERAS_BACKEND` or in Keras's own `keras.json` is left alone, but for a
    `keras.json` that names TensorFlow: Keras writes that by itself.
    """
    if "KERAS_BACKEND" in os.environ or not _installed("jax"):
        return
    # A TPU that JAX has the driver for, told without loading JAX.
    chips = [*DEVICES.glob("accel[0-9]*"), *DEVICES.glob("vfio/[0-9]*")]
    has_tpu = bool(chips) and _installed("libtpu")
    if _installed("tensorflow") and not has_tpu:
        return
    if _named_in_keras_json() in (None, "tensorflow"):
        os.environ["KERAS_BACKEND"] = "jax"


def choose(name: str) -> None:
    """Choose the backend that Keras runs on.

    Raises:
        UserError: if there is no such backend, it is not installed, or Keras runs on another
            already.
    """
    if name not in BACKENDS:
        raise unknown("backend", name, BACKENDS)
    if not _installed(name):
        raise UserError(f"the backend '{name}' is not installed; pip install {name}")
    if "keras" in sys.modules and sys.modules["keras"].backend.backend() != name:
        running = sys.modules["keras"].backend.backend()
        raise UserError(
            f"Keras runs on {running} already; choose the backend before anything imports Keras"
        )
    os.environ["KERAS_BACKEND"] = name


def require_known() -> None:
    """Refuse a `KERAS_BACKEND` that the project does not support.

    Raises:
        UserError: if `KERAS_BACKEND` names another backend.
    """
    name = os.environ.get("KERAS_BACKEND") or BACKENDS[0]
    if name not in BACKENDS:
        raise unknown("backend of KERAS_BACKEND", name, BACKENDS)


@functools.cache
def takes_any_shape() -> bool:
    """Whether nothing is compiled for the shape of a batch: on TensorFlow, on processors."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    return all(device.device_type == "CPU" for device in tf.config.get_visible_devices())


def compiled(
    function: Callable[..., Any],
    variables: Sequence[Any] = (),
    signature: Sequence[tuple[tuple[int | None, ...], str]] | None = None,
) -> Callable[..., Any]:
    """Compile a function of arrays and nested tuples of arrays.

    TensorFlow traces one graph for all shapes that fit the signature; JAX compiles each shape once.

    Args:
        function: of tensors; it must not have side effects.
        variables: weights that the function reads, with the values that they have at each call.
        signature: shape and dtype of each argument, with `None` for what differs from call to call;
            by default each new shape may be traced anew.

    Returns:
        A function of the same arguments. On other backends it is the function itself.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        specs = signature and [tf.TensorSpec(shape, dtype) for shape, dtype in signature]
        return tf.function(function, input_signature=specs, autograph=False)
    if keras.backend.backend() != "jax":
        return function
    import jax

    if not variables:
        return jax.jit(function)

    # As arguments, since JAX would take the weights of the first call for constants.
    @jax.jit
    def pure(values: list[Any], *arguments: Any) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return function(*arguments)

    return lambda *arguments: pure([variable.value for variable in variables], *arguments)


def _installed(name: str) -> bool:
    return name in sys.modules or importlib.util.find_spec(name) is not None


def _named_in_keras_json() -> str | None:
    home = os.environ.get("KERAS_HOME")
    path = (Path(home) if home else Path.home() / ".keras") / "keras.json"
    try:
        return json.loads(path.read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None
