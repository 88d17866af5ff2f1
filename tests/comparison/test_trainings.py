"""Comparisons that train: several recipes on the same data, and several numbers of examples."""

import json

import pytest

import kerasrecipes
from kerasrecipes.cli import main
from kerasrecipes.comparison import trainings
from kerasrecipes.errors import UserError
from kerasrecipes.runs import finding
from tests.samples import table


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [None]),
        ("all", [None]),
        (100, [100]),
        ("100,300,all", [100, 300, "all"]),
        ([100, "all"], [100, "all"]),
        ([None, 100, 100], ["all", 100]),
    ],
)
def test_numbers_of_examples_are_read_as_on_the_command_line(given, expected):
    assert trainings.limits(given) == expected


@pytest.mark.parametrize("given", ["0", "-3", "a hundred", "100,", 2.5, [100, 0]])
def test_a_number_of_examples_that_is_none_is_refused(given):
    with pytest.raises(UserError, match="must be a whole number of at least 1, or all"):
        trainings.limits(given)


@pytest.mark.slow
def test_several_numbers_of_examples_and_recipes_are_judged_by_the_same_test_examples(
    tmp_path, capsys, without_reports
):
    data = table(tmp_path / "points.csv")
    words = ["compare", "logistic", "perceptron", "--data", data, "--limit", "20,all"]
    words += ["--epochs", "1", "--optimizer", "adam", "--diagnose", "false"]
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(row["recipe"], row["limit"]) for row in document["runs"]] == [
        *(("logistic", limit) for limit in (20, "all")),
        *(("perceptron", limit) for limit in (20, "all")),
    ]
    curves = document["learning_curve"]
    assert list(curves) == ["logistic", "perceptron"]
    for points in curves.values():
        assert [point["examples"] for point in points] == [20, 128]
        assert all(point["baseline"] is not None for point in points)
    found = finding.all_runs()
    assert {run.metrics["examples"]["test"] for run in found} == {16}
    # The configuration says so, and a later evaluation judges by the same examples.
    limited = next(run for run in found if run.document.get("limit") == 20)
    assert kerasrecipes.evaluate(limited)["examples"] == 16
    assert document["verdict"].startswith("Best ")


def test_what_cannot_be_compared_is_refused_before_anything_is_trained(tmp_path):
    data = table(tmp_path / "points.csv", 60)
    with pytest.raises(UserError, match="there are 48 training examples; 'all' takes all"):
        kerasrecipes.compare("logistic", data=data, limit=[10, 48])
    with pytest.raises(UserError, match=r"different data \(.*\); give --data"):
        kerasrecipes.compare("lenet", "sentiment", epochs=1)
    with pytest.raises(UserError, match="unknown setting 'units'"):
        kerasrecipes.compare("logistic", "perceptron", data=data, units=[1, 2])
    assert not finding.all_runs()


def test_recipes_with_unlike_numbers_of_epochs_are_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(trainings.sweep, "train", lambda *given, **named: iter(()))
    data = table(tmp_path / "points.csv", 60)
    found = kerasrecipes.compare("mlp", "perceptron", data=data)
    assert "its own number of epochs (mlp" in found.notes[0] and "--time" in found.notes[0]
    assert not kerasrecipes.compare("mlp", "perceptron", data=data, time="1m").notes
