"""The figure of what went on in the layers."""

from __future__ import annotations

from types import SimpleNamespace

from kerasrecipes.diagnosis import Finding
from kerasrecipes.reports import run_report
from kerasrecipes.reports.diagnosis import diagnosis_figure
from kerasrecipes.reports.style import WRONG, png


def record(layers=12, silent=False):
    names = [f"dense_{i}" for i in range(layers)]
    described = [{"name": name, "output": name == names[-1]} for name in names]

    def numbers(step, i):
        update = None if step == 0 else 0.0 if silent else 1e-3
        return {
            "gradient": 0.0 if silent else 10.0**-i,
            "update": update,
            "share": 0.1 * i / layers,
        }

    moments = [
        {"step": s, "layers": {n: numbers(s, i) for i, n in enumerate(names)}}
        for s in (0, 1, 2, 4, 100)
    ]
    return {"layers": described, "moments": moments}


def test_named_layers_stand_out_and_the_output_is_not_judged():
    finding = Finding(kind="vanishing_gradients", layer="dense_3", sentence="")
    figure = diagnosis_figure(record(), [finding.to_dict()])
    gradient, _update, share = figure.axes
    assert [line.get_color() for line in gradient.lines].count(WRONG) == 1
    assert "dense_3" in [text.get_text() for text in gradient.texts]
    assert len(gradient.lines) == 12
    assert "dense_11" not in [text.get_text() for text in share.texts]
    assert png(figure).startswith(b"\x89PNG")


def test_what_is_zero_throughout_is_left_out():
    assert len(diagnosis_figure(record(silent=True)).axes) == 1


def test_no_figure_without_measurements():
    assert diagnosis_figure({}) is None
    assert diagnosis_figure({"layers": [], "moments": [{"step": 0, "layers": {}}]}) is None


def test_a_report_calls_the_picture_diagnosis():
    run = SimpleNamespace(record=record())
    (picture,) = run_report._diagnosis(run, {"findings": []})
    assert picture.name == "diagnosis" and picture.caption.startswith("Norm of the gradients")
    assert run_report._diagnosis(run, {}) == []
