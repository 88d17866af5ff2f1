"""A model spread over devices answers as the plain one."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.inference.distributed import DistributedModel
from kerasrecipes.strategies import Strategy

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("count", [1, 31, 32, 70])
def test_its_answers_come_in_the_order_of_the_inputs(count):
    inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((2,), name="b")}
    plain = keras.Model(
        inputs, keras.layers.Dense(4)(keras.layers.Concatenate()([inputs["a"], inputs["b"]]))
    )
    random = np.random.default_rng(0)
    x = {
        name: random.normal(size=(count, size)).astype("float32")
        for name, size in (("a", 3), ("b", 2))
    }
    spread = DistributedModel(Strategy("one", "one device"), lambda: plain)
    np.testing.assert_allclose(spread.predict(x), plain.predict(x, verbose=0), atol=1e-6)
    assert spread.count_params() == plain.count_params()


@pytest.mark.slow
def test_two_processes_evaluate_and_predict_as_one_does(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    run = kerasrecipes.run("logistic", epochs=2, observers=())
    rows = tmp_path / "rows.csv"
    names = [column.name for column in run.info.preprocessor.columns]
    values = np.random.default_rng(0).uniform(0, 10, (5, len(names)))
    rows.write_text(
        "\n".join([",".join(names), *(",".join(f"{value:.3f}" for value in row) for row in values)])
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    for words in (["evaluate", str(run.path)], ["predict", str(run.path), str(rows)]):
        launched = ["launch", "--processes", "2", *words, "--strategy", "multiworker"]
        alone, together = (
            subprocess.run(
                [sys.executable, "-m", "kerasrecipes", *command],
                capture_output=True,
                text=True,
                cwd=ROOT,
                env=environment,
                check=True,
            ).stdout
            for command in (words, launched)
        )
        assert together.replace("[0] ", "") == alone
