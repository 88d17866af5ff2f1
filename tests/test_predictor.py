"""`kerasrecipes.load`: runs, models of the zoo and exports answer alike."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kerasrecipes
from kerasrecipes.answers.answer import Answers
from kerasrecipes.errors import UserError
from kerasrecipes.inference.exported_model import ExportedModel, ExportedRun
from kerasrecipes.reports import run_report
from tests.samples import table


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run on a table, the table, and exports of the run by suffix."""
    folder = tmp_path_factory.mktemp("predictor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder / "runs"))
        patch.setattr(run_report, "write", lambda *given: None)
        data = table(folder / "points.csv", 60)
        given = {"epochs": 1, "optimizer": "adam", "diagnose": False, "observers": []}
        run = kerasrecipes.run("logistic", data, **given)
        exports = {end: folder / f"model{end}" for end in (".keras", ".tflite", "")}
        for target in exports.values():
            kerasrecipes.export(run, target)
        yield run, data, exports


@pytest.mark.parametrize("end", [".keras", ".tflite", ""])
def test_an_export_answers_as_its_run_does(trained, end):
    run, data, exports = trained
    expected = kerasrecipes.load(run.path).predict([data], top=2)
    model = kerasrecipes.load(exports[end])
    answers = model.predict([data], top=2)
    assert isinstance(answers, Answers) and model.info == run.info
    for answer, own in zip(answers, expected, strict=True):
        assert answer.label == own.label and answer.input == own.input
        assert answer.probability == pytest.approx(own.probability, abs=1e-5)
    assert answers[0].run == str(exports[end])
    # Rows in memory, one at a time, are answered like those of the file.
    lines = Path(data).read_text().splitlines()
    one = model.predict("\n".join(lines[:2]).encode())
    assert one.probability == pytest.approx(expected[0].probability, abs=1e-5)


def test_one_input_gives_one_answer_and_several_give_several(tmp_path):
    model = kerasrecipes.load("zoo/lenet")
    picture = tmp_path / "digit.png"
    pixels = np.full((28, 28), 255, np.uint8)
    pixels[4:24, 13:16] = 0  # a one
    Image.fromarray(pixels).save(picture)
    assert model.predict(str(picture)).label == model(pixels[..., None]).label == "1"
    assert [answer.label for answer in model([picture, picture])] == ["1", "1"]
    assert [answer.label for answer in model.predict(str(tmp_path))] == ["1"]
    assert {option.name for option in model.options} >= {"top", "explain"}
    with pytest.raises(UserError, match="did you mean 'top'"):
        model.predict(picture, tp=3)


def test_an_export_is_answered_without_keras(trained):
    _, data, exports = trained
    # What computes is put in its place, as the runtime that needs no TensorFlow may not be here.
    program = f"""
import sys
import numpy as np
from kerasrecipes.inference import exported_model
exported_model.RUNTIMES[".tflite"] = (
    "none", lambda path: lambda arrays: [np.full((len(arrays[0]), 1), 0.25, "float32")]
)
import kerasrecipes
answers = kerasrecipes.load({str(exports[".tflite"])!r}).predict([{data!r}])
assert len(answers) == 60 and {{a.probability for a in answers}} == {{0.75}}
print([name for name in ("keras", "tensorflow", "jax", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(data).parent
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda d: d["model"].pop("recipe"), "is damaged"),
        (lambda d: d["model"].update(predict="os:system"), "does not say how"),
        (lambda d: d["model"].update(predict="kerasrecipes.inference.inputs:Path"), "not say how"),
        (lambda d: d["model"].update(predict="kerasrecipes.inference.absent:classify"), "not say"),
        (lambda d: d["model"].update(inputs=[1]), "is damaged"),
        (lambda d: d["preprocessor"].update(kind="absent"), "absent"),
    ],
)
def test_a_description_that_was_tampered_with_is_refused(trained, tmp_path, change, reason):
    _, data, exports = trained
    target = tmp_path / "model.tflite"
    target.write_bytes(exports[".tflite"].read_bytes())
    document = json.loads(Path(f"{exports['.tflite']}.json").read_text(encoding="utf-8"))
    change(document)
    Path(f"{target}.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UserError, match=reason):
        kerasrecipes.load(target).predict([data])


def test_files_that_are_missing_or_damaged_are_told_in_a_line(trained, tmp_path):
    _, data, exports = trained
    with pytest.raises(UserError, match="there is no export"):
        kerasrecipes.load(tmp_path / "absent.onnx")
    lonely = tmp_path / "lonely.onnx"
    lonely.write_bytes(b"?")
    with pytest.raises(UserError, match=r"lonely\.onnx\.json' is missing"):
        kerasrecipes.load(lonely)
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(exports[".tflite"].read_bytes()[:100])
    Path(f"{broken}.json").write_bytes(Path(f"{exports['.tflite']}.json").read_bytes())
    with pytest.raises(UserError, match="cannot be loaded"):
        kerasrecipes.load(broken).predict([data])
    with pytest.raises(UserError, match="did you mean 'lenet'"):
        kerasrecipes.load("zoo/lennet")


def test_an_unfinished_run_is_to_be_resumed(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text('recipe = "lenet"\n')
    with pytest.raises(UserError, match="is not finished"):
        kerasrecipes.load(tmp_path / "run")


def test_what_only_a_keras_model_has_is_refused():
    model = ExportedModel(lambda arrays: arrays, [{"name": "x", "dtype": "float32"}], Path("a"))
    with pytest.raises(UserError, match="has no 'layers'"):
        _ = model.layers
    several = [{"name": name, "dtype": "float32"} for name in "xy"]
    model = ExportedModel(lambda arrays: arrays, several, Path("a"))
    with pytest.raises(UserError, match="several outputs"):
        model.predict({name: np.zeros((1, 2)) for name in "xy"})
    with pytest.raises(UserError, match="unknown format"):
        ExportedRun("model.pt")
