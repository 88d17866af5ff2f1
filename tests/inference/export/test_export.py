"""An exported model with the preprocessor beside it answers as `predict` does."""

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasrecipes
from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.inference.export import export, formats
from kerasrecipes.inference.export.words import sentences
from kerasrecipes.info import Info
from kerasrecipes.reports import run_report
from kerasrecipes.training.job import Job
from tests.samples import table


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on a table, and the table."""
    folder = tmp_path_factory.mktemp("exports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder / "runs"))
        patch.setattr(run_report, "write", lambda *given: None)
        data = table(folder / "points.csv", 60)
        given = {"epochs": 1, "optimizer": "adam", "diagnose": False, "observers": []}
        yield kerasrecipes.run("logistic", data, **given), data


def test_the_file_beside_a_model_prepares_inputs_as_predict_does(trained, tmp_path):
    run, data = trained
    target = tmp_path / "new" / "folder" / "model.keras"
    exported = export(run, target)
    assert exported.size == target.stat().st_size and exported.needs == ()
    document = json.loads(Path(f"{target}.json").read_text(encoding="utf-8"))
    info = Info.from_dict(document)
    assert info == run.info
    x, _ = info.preprocessor(data)
    outputs = np.asarray(keras.saving.load_model(target)(x)).reshape(-1)
    answers = kerasrecipes.predict(run, [data])
    for output, answer in zip(outputs, answers, strict=True):
        share = output if answer["label"] == info.classes[1] else 1 - output
        assert answer["probability"] == pytest.approx(share, abs=1e-6)
    (given,) = document["model"]["inputs"]
    assert given["shape"] == [None, x.shape[1]] and document["model"]["recipe"] == "logistic"

    target.unlink()
    with pytest.raises(UserError, match=r"model\.keras\.json' exists already"):
        export(run, target)
    assert not target.exists()


def test_how_it_compares_is_said_and_kept(trained, tmp_path):
    run, _ = trained
    kept = run.path / "exports.json"
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    exported = api.export(run, tmp_path / "one.keras", quantize="int8")
    found = exported.comparison
    assert found.examples == 6 and found.agreement == 1
    assert 0 < found.difference < 0.05 and found.scores[0] == "accuracy"
    said = " ".join(sentences(exported))
    assert "6 test examples" in said and "becomes" in said and "in Keras" in said
    rows = json.loads(kept.read_text(encoding="utf-8"))
    assert rows[:-1] == before and rows[-1]["file"] == "one.keras"
    assert rows[-1]["quantize"] == "int8" and rows[-1]["milliseconds"] > 0
    # The run's own model is not the one that was quantized.
    assert api.export(run, tmp_path / "two.keras").comparison.difference < 1e-6


def test_without_its_data_random_inputs_compare_it(trained, tmp_path):
    run, data = trained
    Path(data).rename(f"{data}.gone")
    try:
        exported = api.export(run, tmp_path / "model.keras")
    finally:
        Path(f"{data}.gone").rename(data)
    assert exported.comparison.examples == 0 and "random inputs" in next(sentences(exported))


@pytest.mark.parametrize("target", [".", "..", "/", "there"])
def test_what_exists_is_left_alone(trained, tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match="exists already and is left alone"):
        export(trained[0], target)
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def _raises(*_):
    place = "Exception encountered when calling Dense.call()."
    raise RuntimeError(f"{place}\n\nan operation that the format lacks\nand a list of them")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"write": _raises}, r"^the model cannot be written as \.keras: an operation that the"),
        ({"load": _raises}, "an operation that the format lacks; .keras can$"),
        ({"load": lambda *_: lambda arrays: [np.ones((len(arrays[0]), 1))]}, "differ by 0"),
        ({"load": lambda *_: lambda arrays: [np.nan * arrays[0][:, :1]]}, "differ by nan"),
        ({"packages": ("a_package_that_is_missing",)}, "needs a_package_that_is_missing: pip"),
    ],
)
def test_what_does_not_load_or_agree_is_removed(trained, tmp_path, monkeypatch, changes, said):
    changed = replace(formats.FORMATS[".keras"], **changes)
    monkeypatch.setitem(formats.FORMATS, ".keras", changed)
    with pytest.raises(UserError, match=said) as error:
        export(trained[0], tmp_path / "model.keras")
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_weights_that_a_format_lacks_are_refused(trained, tmp_path):
    with pytest.raises(UserError, match=r"\.keras is not written with float16 weights"):
        export(trained[0], tmp_path / "model.keras", "float16")
    with pytest.raises(UserError, match="int4"):
        export(trained[0], tmp_path / "model.keras", "int4")
    with pytest.raises(UserError, match=r"\.onx"):
        export(trained[0], tmp_path / "model.onx")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_file_of_keras_layers_opens_without_this_package(trained, tmp_path):
    export(trained[0], tmp_path / "model.keras")
    code = "import keras; print(keras.saving.load_model('model.keras').count_params())"
    command = [sys.executable, "-P", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) == trained[0].model.count_params()


FORMATS = {".onnx": "onnxruntime", ".tflite": "tensorflow", ".xml": "openvino", "": "tensorflow"}


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names())
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_recipe_exports_to_every_format(name, suffix, tmp_path, monkeypatch):
    if importlib.util.find_spec(FORMATS[suffix]) is None:
        pytest.skip(f"needs {FORMATS[suffix]}: pip install '.[export]'")
    keras.utils.clear_session()
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    recipe = registry.load(name)
    job = Job(recipe, api.resolve(name, recipe, limit=32, epochs=1, diagnose=False))
    run = job.start(lambda job, _: (job.run.path / "metrics.json").write_text("{}"), [])
    exported = export(run, tmp_path / f"model{suffix}")
    assert exported.comparison.difference <= 1e-4 * exported.comparison.scale
