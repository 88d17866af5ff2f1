"""Model cards: what fails, and names that bring markup along."""

import pytest

from kerasrecipes.reports import model_card
from kerasrecipes.runs.run import Run

METRICS = {
    "test": {"accuracy": 0.8, "loss": 0.5},
    "validation": {"accuracy": 0.7, "loss": 0.6},
    "baseline": {"name": "majority class", "test": {"accuracy": 0.5}},
    "main_metric": "accuracy",
    "examples": {"train": 1200, "validation": 10, "test": 10},
    "parameters": 12345,
    "seconds_in_all": 75.0,
    "notes": ["3 files were left out"],
    "by_class": {
        "cat": {"f1": 0.9},
        "| <b>dog</b> `x`": {"f1": 0.2},
        "mouse": {"f1": 0.5},
        "bird": {"f1": 0.6},
    },
}


def a_run(folder, data="digits"):
    path = folder / "lenet" / "1"
    path.mkdir(parents=True)
    (path / "config.toml").write_text(f"recipe = 'lenet'\ndata = '{data}'\n[settings]\nunits = 3\n")
    (path / "environment.json").write_text('{"command": "kerasrecipes run lenet", "cores": 2}')
    return Run(path)


def test_a_card_says_what_the_model_is_and_where_it_fails(tmp_path):
    card = model_card.card(a_run(tmp_path), METRICS, "multiclass", terms="Licence: CC0")
    assert card.startswith("---\nlibrary_name: keras\n") and "value: 0.8\n---" in card
    assert "between 49.02 % and 94.33 %" in card and "1,200 train" in card
    weakest = next(line for line in card.splitlines() if "lowest F1" in line)
    assert weakest.index("dog") < weakest.index("mouse") < weakest.index("bird")
    assert "cat" not in weakest and "<b>" not in card and "Licence: CC0" in card
    assert "| units | 3 |" in card and 'predict("lenet/1", [INPUT])' in card


def test_an_interval_is_given_for_shares_of_examples_alone(tmp_path):
    run = a_run(tmp_path)
    assert "Wilson" not in model_card.card(run, METRICS, "")
    assert "Wilson" not in model_card.card(
        run, {**METRICS, "examples": {"train": 1, "validation": 1, "test": 0}}, "multiclass"
    )


def test_figures_are_shown_where_they_are(tmp_path):
    run = a_run(tmp_path)
    (run.path / "figures").mkdir()
    (run.path / "figures" / "curves.png").touch()
    assert "![curves](figures/curves.png)" in model_card.card(run, METRICS)
    assert "curves" not in model_card.card(run, METRICS, address="zoo/lenet")


def test_an_environment_has_no_counts_of_examples(tmp_path):
    none = {"train": 0, "validation": 0, "test": 0}
    metrics = {**METRICS, "examples": none, "by_class": {}}
    card = model_card.card(a_run(tmp_path, "gridworld"), metrics)
    assert "`gridworld`: an environment" in card and "0 train" not in card


@pytest.mark.parametrize(
    ("example", "call", "command"),
    [
        ("photo.png", 'predict("zoo/a", [INPUT])', "predict zoo/a photo.png"),
        ("--count 16", 'predict("zoo/a")', "predict zoo/a --count 16"),
        (None, 'predict("zoo/a", [INPUT])', "predict zoo/a your_digit.png"),
    ],
)
def test_a_model_that_ships_says_how_it_answers_and_is_measured(tmp_path, example, call, command):
    run = a_run(tmp_path, "my digits.npz")
    card = model_card.card(run, METRICS, address="zoo/a", license="mit", example=example)
    assert card.startswith("---\nlibrary_name: keras\nlicense: mit\n")
    assert call in card and f"$ kerasrecipes {command}\n" in card
    assert "$ kerasrecipes evaluate zoo/a --data 'my digits.npz'" in card
    assert "license" not in model_card.card(run, METRICS)
