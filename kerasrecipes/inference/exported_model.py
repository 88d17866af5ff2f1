"""A model in a file that `export` wrote, and the run that answers with it, without Keras."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.errors import UserError, excerpt, unknown
from kerasrecipes.inference import runtimes
from kerasrecipes.inference.runtimes import Call
from kerasrecipes.info import Info

# By suffix, the module and the distribution that it needs, and the runtime.
RUNTIMES: dict[str, tuple[str, Callable[[Path], Call]]] = {
    ".onnx": ("onnxruntime", runtimes.onnx),
    ".tflite": ("ai_edge_litert", runtimes.litert),
    ".xml": ("openvino", runtimes.openvino),
    "": ("tensorflow", runtimes.saved_model),
}
_FUNCTION = re.compile(r"kerasrecipes\.inference\.([a-z_]+):([a-z_]+)")


class ExportedModel:
    """A model that is computed by the runtime of its file; it has outputs, and no layers.

    Args:
        call: of the runtime.
        inputs: name, shape and type of each input.
        path: of the file, for messages.

    Attributes:
        is_exported: by which `kerasrecipes.training.model_outputs` knows it.
    """

    is_exported: ClassVar[bool] = True

    def __init__(self, call: Call, inputs: Sequence[Mapping[str, Any]], path: Path):
        self._call, self._inputs, self._path = call, inputs, path

    def predict(self, x: Any, **_: Any) -> np.ndarray:
        """Compute the outputs of one batch.

        Args:
            x: an array `(examples, …)`, or a dictionary of arrays by the names of the inputs.

        Returns:
            `(examples, …)`.

        Raises:
            UserError: if the model has several outputs.
        """
        names = [one["name"] for one in self._inputs]
        given = [x[name] for name in names] if isinstance(x, Mapping) else [x]
        arrays = [
            np.ascontiguousarray(array, one["dtype"])
            for array, one in zip(given, self._inputs, strict=True)
        ]
        outputs = self._call(arrays)
        if len(outputs) > 1:
            raise self._refused("has several outputs")
        return np.asarray(outputs[0])

    def __getattr__(self, name: str) -> Any:
        """Refuse what only a Keras model has, such as its layers.

        Args:
            name: of the attribute.

        Raises:
            UserError: always, but for Python's own names.
        """
        if name.startswith("_"):
            raise AttributeError(name)
        raise self._refused(f"has no '{name}'")

    def _refused(self, why: str) -> UserError:
        return UserError(
            f"'{self._path}' only computes outputs and {why}; load the run that it was made of, or "
            "its .keras export"
        )


class ExportedRun:
    """What a run is to the functions that answer, made of an export: `info`, `model` and a name.

    Args:
        path: of the exported file or folder, with its JSON beside.

    Raises:
        UserError: if there is no such export, its JSON is missing or damaged, or its runtime is not
            installed.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if self.path.suffix not in (*RUNTIMES, ".keras"):
            raise unknown("format of an export", self.path.suffix, [*RUNTIMES, ".keras"])
        if not self.path.exists():
            raise UserError(f"there is no export '{excerpt(str(path))}'")
        beside = Path(f"{self.path}.json")
        try:
            document = json.loads(beside.read_text(encoding="utf-8"))
            self.described = document["model"]
            self.info = Info.from_dict({k: v for k, v in document.items() if k != "model"})
            self.recipe_name = str(self.described["recipe"])
            inputs = [dict(one) for one in self.described["inputs"]]
            self._inputs = [{key: one[key] for key in ("name", "dtype")} for one in inputs]
        except FileNotFoundError:
            raise UserError(
                f"'{beside}' is missing: it says what the inputs and outputs of {self.path.name} "
                "mean, and is written beside each export"
            ) from None
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise UserError(
                f"'{beside}' is damaged: {excerpt(str(error))}; export the run again"
            ) from error

    @cached_property
    def model(self) -> Any:
        """The model, loaded by its runtime; a `.keras` file by Keras, in safe mode.

        Raises:
            UserError: if the file is damaged, or what it needs is not installed.
        """
        if self.path.suffix == ".keras":
            from kerasrecipes.runs import model_file

            return model_file.load(self.path)
        module, load = RUNTIMES[self.path.suffix]
        try:
            call = load(self.path)
        except ImportError:
            name = module.replace("_", "-")
            raise UserError(
                f"{self.path.name} needs {name}: pip install {name}, or 'kerasrecipes[export]'"
            ) from None
        except Exception as error:  # what runtimes raise has no common kind
            raise UserError(
                f"'{self.path}' cannot be loaded: {excerpt(str(error).splitlines()[0])}"
            ) from error
        return ExportedModel(call, self._inputs, self.path)

    @cached_property
    def predict(self) -> Callable[..., Any]:
        """The function that answers, one of the package's own: a file names no other.

        Raises:
            UserError: if it names none, or one that there is not.
        """
        named = str(self.described.get("predict", ""))
        found = _FUNCTION.fullmatch(named)
        function = None
        if found is not None:
            try:
                module = importlib.import_module(f"kerasrecipes.inference.{found[1]}")
                function = getattr(module, found[2], None)
            except ModuleNotFoundError:
                function = None
            if getattr(function, "__module__", "") != f"kerasrecipes.inference.{found[1]}":
                function = None
        if not callable(function):
            raise UserError(
                f"'{self.path}.json' does not say how a '{excerpt(self.recipe_name)}' answers; "
                "export the run again, or load the run"
            )
        return function
