"""What decorates a run cannot lose it."""

import json
import os

import pytest

import kerasrecipes

pytestmark = pytest.mark.pictures

PAGE = """
from dataclasses import replace
from kerasrecipes import registry

def infinite(evaluation):
    raise OverflowError("cannot convert float infinity to integer")

def wrong(evaluation):
    return "no figure"

def curves(evaluation):
    from kerasrecipes.reports.curves import curves
    return curves(evaluation)

def scores(evaluation):
    return {("a", "tuple"): 1.0}

recipe = replace(registry.load("mlp"), figures=(infinite, wrong, curves), scores=scores)
"""


def test_whatever_decorates_may_fail_and_is_noted(tmp_path, monkeypatch):
    page = tmp_path / "page.py"
    page.write_text(PAGE)
    monkeypatch.setattr("kerasrecipes.reports.run_report.layer_table", None)
    monkeypatch.setattr("kerasrecipes.diagnosis.Diagnosis.findings", property(lambda self: 1 / 0))
    given = {"limit": 96, "epochs": 12, "batch_size": 32, "hidden_layers": (4,)}
    run = kerasrecipes.run(str(page), **given, observers=())
    metrics = json.loads((run.path / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] > 0
    notes = " ".join(metrics["notes"])
    for what in ("figure infinite", "figure wrong", "scoring", "table of layers", "the diagnosis"):
        assert f"{what} failed and was left out" in notes or what in notes, what
    assert (run.path / "figures" / "curves.png").exists()
    report = (run.path / "report.html").read_text()
    assert "cannot convert float infinity to integer" in report
    assert not [name for name in os.listdir(run.path) if "part" in name or name == "lock"]


def test_a_report_that_fails_is_noted_in_the_metrics(monkeypatch):
    monkeypatch.setattr("kerasrecipes.reports.run_report.render", None)
    given = {"limit": 96, "epochs": 1, "hidden_layers": (4,), "diagnose": False}
    run = kerasrecipes.run("mlp", **given, observers=())
    assert any(note.startswith("the report failed") for note in run.metrics["notes"])
    assert not (run.path / "report.html").exists()
