"""An exported model with the preprocessor beside it answers as `predict` does."""

import json

import keras
import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.errors import UserError
from kerasrecipes.inference.export import export
from kerasrecipes.info import Info
from kerasrecipes.reports import run_report
from tests.samples import table


def test_the_file_beside_a_model_prepares_inputs_as_predict_does(tmp_path, monkeypatch):
    monkeypatch.setattr(run_report, "write", lambda *given: None)
    data = table(tmp_path / "points.csv", 60)
    given = {"epochs": 1, "optimizer": "adam", "diagnose": False, "observers": []}
    run = kerasrecipes.run("logistic", data, **given)
    target = tmp_path / "model.keras"
    export(run, target)
    document = json.loads((tmp_path / "model.keras.json").read_text(encoding="utf-8"))
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
