"""The values of a sweep, and the settings of each of its trainings."""

import pytest

from kerasrecipes import registry
from kerasrecipes.comparison.sweep import alternatives, grid
from kerasrecipes.errors import UserError


@pytest.fixture(scope="module")
def mlp():
    return registry.load("mlp")


def test_values_are_read_as_on_the_command_line(mlp):
    given = {"hidden_layers": "64,32/128", "batch_size": "1,32,all", "epochs": "3"}
    assert alternatives(mlp, given) == {
        "hidden_layers": [(64, 32), (128,)],
        "batch_size": [1, 32, "all"],
        "epochs": [3],
    }


def test_a_list_holds_values_and_anything_else_is_one(mlp):
    given = {"hidden_layers": [(64, 32), (128,)], "learning_rate": 0.1}
    found = alternatives(mlp, given)
    assert found == {"hidden_layers": [(64, 32), (128,)], "learning_rate": [0.1]}
    assert alternatives(mlp, {"hidden_layers": (64, 32)}) == {"hidden_layers": [(64, 32)]}


def test_a_wrong_name_or_value_offers_the_nearest(mlp):
    with pytest.raises(UserError, match="did you mean 'epochs'"):
        alternatives(mlp, {"epoch": "3"})
    with pytest.raises(UserError, match="did you mean 'relu'"):
        alternatives(mlp, {"activation": "tanh,reluu"})


def test_every_combination_is_trained_with_each_seed():
    plan = list(grid({"a": [1, 2], "b": ["x"]}, repeats=2, seed=7))
    assert [tuple(row.values()) for row in plan] == [
        (1, "x", 7),
        (1, "x", 8),
        (2, "x", 7),
        (2, "x", 8),
    ]
    with pytest.raises(UserError, match="repeats=0"):
        list(grid({}, repeats=0, seed=0))


def test_seeds_that_are_given_are_those_that_are_trained():
    rows = list(grid({"a": [1], "seed": [3, 9]}, repeats=1, seed=0))
    assert rows == [{"a": 1, "seed": 3}, {"a": 1, "seed": 9}]
    assert [row["seed"] for row in grid({"seed": [3]}, repeats=2, seed=0)] == [3, 4]
    with pytest.raises(UserError, match="2 seeds and --repeats 2; give one of the two"):
        list(grid({"seed": [3, 9]}, repeats=2, seed=0))
