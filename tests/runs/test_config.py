"""Which of several sources of a setting wins."""

import random
from dataclasses import replace

import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import UserError


def resolve(name="mlp", **said):
    return api.resolve(name, registry.load(name), **said)


def test_the_user_goes_before_the_file_before_the_data_before_the_recipe():
    recipe = registry.load("mlp")
    suited = recipe.by_data["mnist"]
    assert resolve().training.epochs == recipe.training.epochs
    assert resolve(data="mnist").training.epochs == suited["epochs"] != recipe.training.epochs
    document = {"training": {"epochs": 3}}
    assert resolve(data="mnist", config=document).training.epochs == 3
    assert resolve(data="mnist", config=document, epochs=4).training.epochs == 4


def test_a_setting_that_is_none_survives_its_file():
    import tomllib

    config = resolve(weight_decay=None, patience=None)
    document = tomllib.loads(config.to_toml())
    assert resolve(config=document) == config


def test_none_goes_before_what_suits_the_data():
    import tomllib

    config = resolve(data="mnist", clip_norm=None, patience=None)
    assert resolve(config=tomllib.loads(config.to_toml())) == config


def test_a_page_older_than_the_names_of_settings_still_suits_its_data():
    recipe = registry.load("attention")
    older = replace(recipe, by_data={"dates": {"tokens": "characters", "longest": 50}})
    resolved = api.resolve("attention", older, data="dates")
    assert resolved.settings["tokenization"] == "characters"
    assert resolved.settings["max_length"] == 50


@pytest.mark.parametrize(
    ("name", "said", "changed"),
    [
        ("logistic", {}, True),
        ("logistic", {"epochs": 5}, True),
        ("logistic", {"optimizer": "adam"}, False),
        ("logistic", {"config": {"training": {"batch_size": 8}}}, False),
        ("logistic", {"l1": 0.01}, False),
        ("linear", {"loss": "huber"}, True),
        ("linear", {"loss": "mae"}, False),
        ("lenet", {}, False),
    ],
)
def test_the_number_of_examples_chooses_only_what_nobody_chose(name, said, changed):
    recipe = registry.load(name)
    config = resolve(name, **said)
    found = config.for_count(recipe, 200)
    assert (found.training.optimizer == "lbfgs") is changed
    assert found.training.epochs == said.get("epochs", found.training.epochs)
    # Several devices share batches, and a large table would be one large batch.
    assert config.for_count(recipe, 200, num_replicas=2).training == config.training
    assert config.for_count(recipe, 10**6).training == config.training


def test_a_file_of_a_run_is_not_changed_by_the_number_of_examples():
    import tomllib

    recipe = registry.load("logistic")
    written = tomllib.loads(resolve("logistic").to_toml())
    config = resolve("logistic", config=written)
    assert config.for_count(recipe, 50) == config


def test_the_short_forms_of_columns_are_options_of_the_data_in_python_too(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,n,y\n" + 30 * "1,2,b\n2,1,c\n")
    plain = resolve("mlp", data=str(path), options={"target": "y"})
    said = resolve("mlp", data=str(path), target="y")
    assert said.options == plain.options == {"target": "y"}
    for column in ("weight=n", ["weight=n"], {"weight": "n"}):
        given = resolve("mlp", data=str(path), column=column, target="y")
        assert given.options == {"target": "y", "column": {"weight": "n"}}
    assert resolve("mlp", target=None).options == {}
    with pytest.raises(UserError, match="--column weight"):
        resolve("mlp", column="weight")


def test_a_misspelt_setting_is_told_the_nearest_of_the_recipe_and_of_the_training():
    draw = random.Random(0)
    names = ["epochs", "batch_size", "learning_rate", "optimizer", "hidden_layers", "activation"]
    for name in names:
        for _ in range(4):
            at = draw.randrange(1, len(name))
            wrong = name[:at] + name[at + 1 :]
            with pytest.raises(UserError, match=f"unknown setting '{wrong}'; did you mean"):
                resolve("mlp", **{wrong: 2})
    with pytest.raises(UserError, match="unknown setting 'epoch'; did you mean 'epochs'"):
        resolve("mlp", epoch=2)
    with pytest.raises(UserError, match=r"unknown setting 'zzzz'; choose from: .*hidden_layers"):
        resolve("mlp", zzzz=2)
