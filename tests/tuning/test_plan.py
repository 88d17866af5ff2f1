"""The plan of a search, and what it is written as."""

import json

import pytest

from kerasrecipes import registry
from kerasrecipes.errors import UserError
from kerasrecipes.runs.config import resolve
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.search_space import Space
from tests.tuning.samples import PAGE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), (90, 90), ("90s", 90), ("1.5h", 5400), ("1h30m", 5400), ("2 d", 172_800)],
)
def test_lengths_of_time_are_read(text, seconds):
    assert plan.seconds(text) == seconds


@pytest.mark.parametrize("text", ["soon", "", "0", "-5", "1h30x", "1.2.3s", "nan"])
def test_what_is_not_a_length_of_time_is_refused(text):
    with pytest.raises(UserError, match="expected a length of time above 0"):
        plan.seconds(text)


def test_a_plan_and_its_configuration_survive_a_file():
    recipe = registry.load(PAGE)
    config = resolve(PAGE, recipe, units=7, patience=3, limit=50)
    given = {"recipe": PAGE, "method": "grid", "objective": "val_loss", "maximize": False}
    made = plan.Plan(base=plan.document(config), epochs=9, searches=("units=int(1,2)",), **given)
    again = plan.Plan.from_dict({**json.loads(json.dumps(made.to_dict())), "unknown": 1})
    assert again == made
    assert plan.config_of(again.base, recipe) == config
    assert made.better(0.1, 0.2) and not made.better(0.2, 0.1)


def test_settings_of_the_recipe_and_of_the_training_are_replaced():
    config = resolve(PAGE, registry.load(PAGE))
    other = plan.with_settings(config, {"units": 9, "epochs": 2})
    assert other.settings["units"] == 9 and other.training.epochs == 2
    assert config.settings["units"] == 4 and config.training.epochs == 9


def test_lists_and_tuples_of_equal_values_are_the_defaults():
    assert plan.keeps({"hidden_layers": [8, 8]}, {"hidden_layers": (8, 8), "units": 3})
    assert not plan.keeps({"hidden_layers": [8]}, {"hidden_layers": (8, 8)})


def test_all_trials_have_the_sizes_of_the_run_that_they_begin_with(tmp_path):
    recipe = registry.load("gpt")
    written = 'recipe = "gpt"\n[settings]\nunits = 12\nnum_layers = 1\ndropout_rate = 0.3\n'
    (tmp_path / "config.toml").write_text(written)
    begun = resolve("gpt", recipe, weights=str(tmp_path))
    assert plan.begun_with(recipe, begun) == {"units": 12, "num_layers": 1}
    assert plan.begun_with(recipe, begun, ["units=choice(4,8)"]) == {"num_layers": 1}
    assert plan.begun_with(recipe, resolve("gpt", recipe)) == {}
    space = Space(recipe, (), plan.begun_with(recipe, begun), begun.values)
    drawn = space.declare(space.parameters())
    assert not {"units", "num_layers"} & set(drawn) and "dropout_rate" in drawn
