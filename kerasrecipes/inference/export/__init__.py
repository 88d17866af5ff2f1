"""Export of a trained model to other formats, each loaded and compared before it is kept.

A model takes numbers. What makes them of a user's input, the run's preprocessor, and what the
outputs mean, is written beside it as JSON, which `Info.from_dict` restores: other programs read it,
and from Python the preprocessor is the one that `predict` calls. Where that is simple enough, a
script beside it does the same with NumPy and the runtime alone.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import keras

from kerasrecipes import files, zoo
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.export import comparison, scripts
from kerasrecipes.inference.export.comparison import Comparison
from kerasrecipes.inference.export.formats import Format, Quantization, format_of
from kerasrecipes.models import surgery
from kerasrecipes.runs.run import Run, as_json

TOLERANCE = 1e-4  # of outputs up to 1, in float32; of larger ones in proportion


@dataclass(frozen=True)
class Exported:
    """What an export wrote, and how it compares.

    Args:
        target: the file or folder.
        size: bytes of it and of what belongs to it, without the JSON.
        quantize: `int8`, `float16`, or `None`.
        needs: classes of this package without which a `.keras` file does not open.
        script: a program that answers without this package; `None` where it takes more.
        comparison: the written model beside the Keras model.
        note: what else the format has to say, a sentence.
    """

    target: Path
    size: int
    quantize: Quantization | None
    needs: tuple[str, ...]
    script: Path | None
    comparison: Comparison
    note: str = ""


def export(
    run: Run,
    target: str | Path,
    quantize: Quantization | None = None,
    library: str | None = None,
) -> Exported:
    """Write a run's model in another format, and beside it what its inputs and outputs mean.

    The written file is loaded in its own runtime and given test examples of the run's data. How it
    did is kept in the run's `exports.json`.

    Args:
        run: a finished run.
        target: file to write, whose suffix tells the format: `.keras`, `.onnx`, `.tflite`, `.xml`
            for OpenVINO, `.safetensors` for torchvision and timm, or a folder (no suffix) for a
            TensorFlow SavedModel. Its folder is made. The metadata goes to the file of this name
            with `.json` behind it, a script to that with `.py` behind it.
        quantize: `int8` or `float16` to store the weights in so many bits; by default as they are.
        library: whose names a `.safetensors` file has, `torchvision` or `timm`; by default the
            first that has the network.

    Returns:
        What was written, and how far its outputs are those of the Keras model.

    Raises:
        UserError: if the target exists, the format is unknown, a package for it is missing, or the
            outputs of the exported model differ from the model's; nothing is then written.
    """
    target = Path(target)
    form = format_of(target, library)
    if quantize is not None and quantize not in get_args(Quantization):
        raise unknown("quantization", quantize, get_args(Quantization))
    form.check(quantize)
    # A folder such as `.` has no name to put an ending to.
    names = [Path(f"{target}{ending}") for ending in (".json", ".py")]
    further = [*names, *map(target.with_suffix, form.beside)] if target.name else []
    for path in (target, *further):
        if path.exists():
            raise UserError(f"'{path}' exists already and is left alone; choose another name")
    model = exported(run)
    with files.telling_failures(f"'{target}' was not written"):
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        files.remove_leftovers(target.absolute().parent)
        beside = [target, *map(target.with_suffix, form.beside)]
        # Beside the target: a file is renamed only within a file system.
        with files.replacing_paths([*beside, *names]) as written:
            found = _written(run, model, form, written[0], quantize)
            size = sum(map(_size, written[: len(beside)]))
            described = description(run)
            written[-2].write_text(as_json(described), encoding="utf-8")
            needs: tuple[str, ...] = ()
            if form.name == ".keras":
                needs = tuple(surgery.own_classes(surgery.with_keras_layers(model)))
            program = None if needs else scripts.script(target, described["model"], run.info)
            if program is not None:
                written[-1].write_text(program, encoding="utf-8")
            script = names[-1] if program is not None else None
            note = "" if form.note is None else form.note(model)
            result = Exported(target, size, quantize, needs, script, found, note)
            # Before the target is there: a process that dies meanwhile is asked for it again.
            _keep(run, result)
    return result


def _written(
    run: Run, model: keras.Model, form: Format, path: Path, quantize: str | None
) -> Comparison:
    """Write a model, load it and compare it.

    Raises:
        UserError: if it cannot be written or loaded, or its outputs are others.
    """
    try:
        form.write(model, path, quantize)
        call = form.load(path, model)
        count = comparison.QUANTIZED_EXAMPLES if quantize else comparison.EXAMPLES
        found = comparison.compare(run, model, call, count)
    except (UserError, OSError):
        raise
    except Exception as error:  # what exporters raise has no common kind
        # Keras puts the place before the cause.
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        causes = [line for line in lines if not line.startswith("Exception encountered when")]
        said = (causes or lines or [type(error).__name__])[0]
        raise UserError(
            f"the model cannot be written as {form.name}: {said[:300]}; .keras can"
        ) from error
    # Quantized weights are others: what they cost is told. No limit lets a NaN pass.
    if not found.difference <= (math.inf if quantize else TOLERANCE * found.scale):
        raise UserError(
            f"the outputs of the model as {form.name} differ by {found.difference:.2g}; nothing "
            "was written; .keras keeps them"
        )
    return found


def _size(path: Path) -> int:
    parts = path.rglob("*") if path.is_dir() else [path]
    return sum(part.stat().st_size for part in parts if part.is_file())


def _keep(run: Run, result: Exported) -> None:
    """Append an export to the run's `exports.json`; models that ship stay as they are."""
    if run.path.parent.resolve() == zoo.folder().resolve():
        return
    path = run.path / "exports.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    row = {
        "file": result.target.name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "bytes": result.size,
        "quantize": result.quantize,
        **asdict(result.comparison),
    }
    files.write_text(path, as_json([*rows, row]))


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
        and `model`: its recipe, the function that answers, and `name`, `shape` (`None` for an axis
        of any size) and `dtype` of each of its `inputs` and `outputs`.
    """

    def tensors(structure: Any) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "shape": list(one.shape), "dtype": str(one.dtype)}
            for one in keras.tree.flatten(structure)
        ]

    model: dict[str, Any] = {"recipe": run.recipe_name, "run": run.name}
    predict = run.recipe.task.predict if run.recipe.task is not None else None
    if isinstance(predict, str):  # a function of the package that answers with these outputs
        model["predict"] = predict
    whole = exported(run)
    model |= {"inputs": tensors(whole.input), "outputs": tensors(whole.output)}
    return {**run.info.as_dict(), "model": model}
