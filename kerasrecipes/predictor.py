"""A trained model as an object that answers: a run, a model of the zoo, or an export.

    import kerasrecipes

    model = kerasrecipes.load("zoo/lenet")
    model.predict("digit.png").label
    kerasrecipes.load("lenet.onnx").predict(["a.png", "b.png"])

No code of training is loaded, and for an export in ONNX, LiteRT or OpenVINO neither Keras nor
TensorFlow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerasrecipes import settings as settings_
from kerasrecipes.answers.answer import Answer, Answers
from kerasrecipes.answers.kinds import as_answer
from kerasrecipes.data import archives, objects
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.info import Info
from kerasrecipes.runs import finding
from kerasrecipes.runs.run import Run

if TYPE_CHECKING:
    from kerasrecipes.inference.exported_model import ExportedRun

_SUFFIXES = (".onnx", ".tflite", ".xml", ".keras")


class Predictor:
    """A trained model that answers raw inputs.

    Args:
        run: a finished run, or what an export makes of one.
    """

    def __init__(self, run: Run | ExportedRun):
        self.run = run

    def __repr__(self) -> str:
        """Return the call that makes an equal object."""
        return f"kerasrecipes.load({str(self.run.path)!r})"

    @property
    def info(self) -> Info:
        """Metadata of the data, among it `classes` and the preprocessor."""
        return self.run.info

    @property
    def model(self) -> Any:
        """The Keras model, or of an export what computes its outputs."""
        return self.run.model

    @cached_property
    def answers(self) -> Callable[..., Any]:
        """The recipe's function from inputs to answers.

        Raises:
            UserError: if the recipe does not predict.
        """
        function = self.run.recipe.predict if isinstance(self.run, Run) else self.run.predict
        if function is None:
            raise UserError(f"the recipe '{self.run.recipe_name}' does not predict")
        return settings_.resolved(function)

    @cached_property
    def options(self) -> Sequence[settings_.Setting]:
        """The options that `predict` takes, with their types, defaults and explanations."""
        return settings_.of_functions([self.answers])

    def predict(self, inputs: Any = (), **options: Any) -> Any:
        """Answer raw inputs, or generate without any.

        Args:
            inputs: what the recipe takes: a file, a text, bytes, an image as an array or of Pillow,
                a data frame; or a sequence of these.
            **options: of the recipe, such as `top=3`; see `options`.

        Returns:
            An `Answer` for one text, path, image or content of a file, `Answers` for several; for a
            folder or a file with several inputs also `Answers`.

        Raises:
            UserError: if an input or an option is not right.
        """
        single = _is_single(inputs)
        given, archived = archives.inputs_of(objects.as_inputs(inputs))
        bound = settings_.as_arguments(settings_.bind(self.options, options, "option"))
        found = [as_answer(answer) for answer in self.answers(self.run, given, **bound)]
        answers = Answers(archives.renamed(found, archived, run=str(self.run.path)))
        return answers[0] if single and len(answers) == 1 else answers

    def __call__(self, inputs: Any = (), **options: Any) -> Answer | Answers:
        """Answer raw inputs; see `predict`.

        Args:
            inputs: what the recipe takes.
            **options: of the recipe.

        Returns:
            An `Answer` for one input, `Answers` for several.
        """
        return self.predict(inputs, **options)


def load(model: str | Path | Run) -> Predictor:
    """Load a trained model.

    Args:
        model: a run, its folder or a recipe's name for its best run; a model of the zoo, such as
            `"zoo/lenet"`; or a file or folder that `export` wrote, with the JSON beside it.

    Returns:
        The model, whose `predict` answers raw inputs as the verb `predict` does.

    Raises:
        UserError: if there is none, it is damaged or of a later version, or a run is not finished.
    """
    if isinstance(model, Run):
        run = model
    else:
        path = Path(model)
        if path.suffix in _SUFFIXES or (path / "saved_model.pb").is_file():
            from kerasrecipes.inference.exported_model import ExportedRun

            return Predictor(ExportedRun(path))
        run = finding.find(str(model))
    if not run.finished:
        raise UserError(
            f"the run {excerpt(str(run.path))} is not finished; resume it first: "
            f"kerasrecipes run --resume {run.path}"
        )
    return Predictor(run)


def _is_single(inputs: Any) -> bool:
    """Whether what was given is one input, not a sequence of them."""
    if isinstance(inputs, (str, Path)):
        return "\0" in str(inputs) or not os.path.isdir(inputs)  # which takes no such name
    if isinstance(inputs, bytes) or hasattr(inputs, "convert"):
        return True
    return getattr(inputs, "ndim", 0) == 3
