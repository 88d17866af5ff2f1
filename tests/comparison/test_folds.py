"""Evaluation by folds: fresh trainings with a run's settings, averaged, kept and gone on with."""

import json

import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.cli import main
from kerasrecipes.comparison import folds
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.runs import finding
from kerasrecipes.runs.run import Run
from tests.samples import table


@pytest.fixture
def run(tmp_path, without_reports):
    data = table(tmp_path / "points.csv", 90)
    given = {"epochs": 1, "optimizer": "adam", "diagnose": False, "observers": []}
    return kerasrecipes.run("logistic", data, **given)


def test_folds_are_averaged_kept_and_shown(run, capsys, monkeypatch):
    trained = []
    train = folds._train

    def counted(*given):
        trained.append(given[1].number)
        if trained == [0, 1]:
            raise Interrupted("stopped")
        train(*given)

    monkeypatch.setattr(folds, "_train", counted)
    with pytest.raises(Interrupted):
        kerasrecipes.evaluate(run, folds=3)
    assert main(["evaluate", str(run.path), "--folds", "3", "--json"]) == 0
    assert trained == [0, 1, 1, 2], "the finished fold is kept"
    result = json.loads(capsys.readouterr().out)
    rows = result["by_fold"]
    assert [row["fold"] for row in rows] == [1, 2, 3]
    assert result["examples"] == sum(row["examples"] for row in rows) == 90
    for name in ("accuracy", "loss"):
        values = [row[name] for row in rows]
        assert result[name] == pytest.approx(np.mean(values))
        assert result["std"][name] == pytest.approx(np.std(values, ddof=1))
    assert result["baseline"]["name"] == "majority class"
    assert result["main_metric"] in result["baseline"]["mean"]
    # All of it is read, and nothing is trained again.
    assert main(["evaluate", str(run.path), "--folds", "3"]) == 0
    said = capsys.readouterr().out
    assert "± is the standard deviation over 3 folds" in said and "fold 3  test" in said
    assert len(trained) == 4
    page = (run.path / "folds-3" / "report.html").read_text(encoding="utf-8")
    assert "by 3 folds" in page and "fold 2" in page
    assert ">Folds<" in page and "Descent" not in page
    assert json.loads((run.path / "folds-3" / "folds.json").read_text())["folds"] == 3


@pytest.mark.slow
def test_each_fold_is_a_run_with_the_settings_of_the_run(run):
    found = kerasrecipes.evaluate(run, folds=2)
    one = Run(run.path / "folds-2" / "fold-2")
    assert one.config.training == run.config.training and one.config.fold == "2/2"
    assert kerasrecipes.evaluate(one)["examples"] == one.metrics["examples"]["test"]
    assert kerasrecipes.evaluate(one)["accuracy"] == pytest.approx(found["by_fold"][1]["accuracy"])
    assert len(finding.all_runs()) == 1, "folds are no runs by which a recipe answers"
    assert found["report"].endswith("report.html")


def test_what_cannot_be_divided_is_refused(run):
    with pytest.raises(UserError, match="folds=1: must be at least 2"):
        kerasrecipes.evaluate(run, folds=1)
    with pytest.raises(UserError, match="the run's own data"):
        kerasrecipes.evaluate(run, "other.csv", folds=3)
    with pytest.raises(UserError, match="too few for 91 folds"):
        kerasrecipes.evaluate(run, folds=91)
    assert not any(run.path.glob("folds-91/*/model.keras"))
