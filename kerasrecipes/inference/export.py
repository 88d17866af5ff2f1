"""Export of a trained model to other formats, each loaded and compared before it is kept.

A model takes numbers. What makes them of a user's input, the run's preprocessor, and what the
outputs mean, is written beside it as JSON, which `Info.from_dict` restores: other programs read it,
and from Python the preprocessor is the one that `predict` calls.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.runs.run import Run, as_json

TOLERANCE = 1e-4


def export(run: Run, target: str | Path) -> float:
    """Write a run's model in another format, and beside it what its inputs and outputs mean.

    Args:
        run: a finished run.
        target: file to write, whose suffix tells the format: `.keras`, `.onnx`, `.tflite`, or a
            folder (no suffix) for a TensorFlow SavedModel. The metadata goes to the file of this
            name with `.json` behind it.

    Returns:
        The largest difference between the model's outputs and the exported file's, on random
        inputs.

    Raises:
        UserError: if the target exists, the format is unknown, a package for it is missing, or the
            outputs of the exported model differ from the model's; nothing is then written.
    """
    target = Path(target)
    beside = target.with_name(f"{target.name}.json")
    for path in (target, beside):
        if path.exists():
            raise UserError(f"'{path}' exists already and is left alone; choose another name")
    if target.suffix not in FORMATS:
        raise unknown("format", target.suffix, [ending or "a folder" for ending in FORMATS])
    name, packages, load = FORMATS[target.suffix]
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise UserError(
            f"writing {target.suffix or 'a SavedModel'} needs {', '.join(missing)}: "
            "pip install them"
        )
    model = exported(run)
    inputs = _inputs(model)
    # Beside the target: a file is renamed only within a file system.
    files.remove_leftovers(target.absolute().parent)
    with (
        files.telling_failures(f"'{target}' was not written"),
        files.replacing_path(target) as written,
    ):
        try:
            model.save(written) if name is None else model.export(
                written, format=name, verbose=False
            )
            own, found = (keras.tree.flatten(one(inputs)) for one in (model, load(written)))
            difference = max(
                float(np.abs(keras.ops.convert_to_numpy(a) - np.asarray(b)).max())
                for a, b in zip(own, found, strict=True)
            )
        except (UserError, OSError):
            raise
        except Exception as error:  # what exporters raise has no common kind
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise UserError(
                f"the model cannot be written as {target.suffix or 'a SavedModel'}: {said[:300]}"
            ) from error
        # Not `>`, which would let a NaN pass.
        if not difference <= TOLERANCE:
            raise UserError(
                f"the exported model's outputs differ by {difference:.2g}; nothing was written"
            )
        files.write_text(beside, as_json(description(run)))
    return difference


def exported(run: Run) -> keras.Model:
    """Return what of a run's model is exported: the part that its class calls `exported`, such as
    the generator of an adversarial one, else all of it.

    Args:
        run: a finished run.
    """
    return getattr(run.model, "exported", run.model)


def description(run: Run) -> dict[str, Any]:
    """Return what a program that calls an exported model has to know.

    Args:
        run: a finished run.

    Returns:
        The metadata of the run's data, among it `preprocessor` and `classes`, as in `info.json`,
        and `model`: its recipe, and `name`, `shape` (`None` for an axis of any size) and `dtype`
        of each of its `inputs` and `outputs`.
    """

    def tensors(structure: Any) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "shape": list(one.shape), "dtype": str(one.dtype)}
            for one in keras.tree.flatten(structure)
        ]

    model: dict[str, Any] = {"recipe": run.recipe_name, "run": run.name}
    whole = exported(run)
    model |= {"inputs": tensors(whole.input), "outputs": tensors(whole.output)}
    return {**run.info.as_dict(), "model": model}


def _inputs(model: keras.Model) -> Any:
    """Make two random examples of the model's input."""
    random = np.random.default_rng(0)

    def example(tensor: Any) -> np.ndarray:
        # An axis of any size is None.
        shape = [size or 8 for size in tensor.shape[1:]]
        if "int" in tensor.dtype:  # token ids, of which every vocabulary has a few
            return random.integers(1, 4, (2, *shape)).astype(tensor.dtype)
        return random.uniform(0, 255, (2, *shape)).astype(tensor.dtype)

    return keras.tree.map_structure(example, model.input)


def _load_keras(path: Path) -> Callable[..., Any]:
    return lambda inputs: keras.tree.map_structure(
        keras.ops.convert_to_numpy, keras.saving.load_model(path, safe_mode=True)(inputs)
    )


def _load_saved_model(path: Path) -> Callable[..., Any]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(tf.nest.map_structure(tf.constant, inputs))


def _load_onnx(path: Path) -> Callable[..., Any]:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]
    return lambda inputs: session.run(
        None, dict(zip(names, keras.tree.flatten(inputs), strict=True))
    )


def _load_tflite(path: Path) -> Callable[..., Any]:
    import tensorflow as tf

    def call(inputs: Any) -> list[np.ndarray]:
        interpreter = tf.lite.Interpreter(model_path=str(path))
        arrays, details = keras.tree.flatten(inputs), interpreter.get_input_details()
        for detail, array in zip(details, arrays, strict=True):
            # An axis of any size is 1 until it is resized; memory is allocated only then.
            interpreter.resize_tensor_input(detail["index"], array.shape)
        interpreter.allocate_tensors()
        for detail, array in zip(details, arrays, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
        return [
            interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()
        ]

    return call


# By suffix: Keras's name of the format, the packages that it needs, how a written file is loaded.
FORMATS: dict[str, tuple[str | None, tuple[str, ...], Callable[[Path], Callable[..., Any]]]] = {
    "": ("tf_saved_model", ("tensorflow",), _load_saved_model),
    ".keras": (None, (), _load_keras),
    ".onnx": ("onnx", ("onnx", "tf2onnx", "onnxruntime"), _load_onnx),
    ".tflite": ("litert", ("tensorflow",), _load_tflite),
}
