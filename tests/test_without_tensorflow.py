"""Where TensorFlow is absent and JAX present, the package imports, trains, resumes and predicts."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(
    find_spec("tensorflow") is not None or find_spec("jax") is None,
    reason="needs JAX and no TensorFlow",
)


def kerasrecipes(*words):
    result = subprocess.run(
        [sys.executable, "-m", "kerasrecipes", *words], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_trains_evaluates_and_predicts(tmp_path):
    from PIL import Image
    from sklearn.datasets import load_digits

    assert "lenet" in kerasrecipes("list")
    assert "jax" in kerasrecipes("check", "--json")
    assert "accuracy" in kerasrecipes("run", "lenet", "--limit", "200", "--epochs", "2")
    assert "accuracy" in kerasrecipes("evaluate", "lenet")
    digit = (load_digits().images[0] * 255 / 16).astype("uint8")
    Image.fromarray(digit).resize((64, 64)).save(tmp_path / "digit.png")
    assert "%" in kerasrecipes("predict", "lenet", str(tmp_path / "digit.png"))


def test_it_tunes():
    from kerasrecipes.tuning.results import Tuning, folders

    words = ("--limit", "60", "--epochs", "3", "--trials", "4", "--repeats", "0", "--workers", "1")
    assert "best    val_accuracy" in kerasrecipes("tune", "mlp", *words)
    (folder,) = folders("mlp")
    found = Tuning(folder)
    records = found.records("search")
    assert {record["status"] for record in records} == {"completed"}
    assert [record["epochs"] for record in records] == [1, 1, 1, 3]
    assert [record["begun"] for record in records] == [[0], [0], [0], [1]], (
        "the best of the others went on"
    )
    assert json.loads((found.run.path / "environment.json").read_text())["backend"] == "jax"
    assert found.run.metrics["validation"]["accuracy"] == pytest.approx(
        found.best["score"], abs=1e-6
    )
