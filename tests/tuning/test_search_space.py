"""What is searched over."""

import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.tuning import oracles, plan
from kerasrecipes.tuning.search_space import Space


@pytest.fixture(scope="module")
def mlp():
    return registry.load("mlp")


def item(space, name):
    return next(found for found in space.parameters().space if found.name == name)


def test_an_entry_adds_or_replaces_and_a_value_pins(mlp):
    searches = ["learning_rate=log(1e-3,1e-1)", "batch_size=int(8,64,8)", "l2=float(0,0.1)"]
    space = Space(mlp, searches, {"activation": "tanh"})
    assert set(space.names()) == {
        "hidden_layers",
        "dropout_rate",
        "batch_normalization",
        "learning_rate",
        "batch_size",
        "l2",
    }
    rate, size = item(space, "learning_rate"), item(space, "batch_size")
    assert (rate.min_value, rate.max_value, rate.sampling) == (1e-3, 1e-1, "log")
    assert (size.min_value, size.max_value, size.step) == (8, 64, 8)
    assert item(space, "activation").value == "tanh", "the page sees the pinned value"


def test_values_become_settings_of_their_types(mlp):
    space = Space(
        mlp,
        ["hidden_layers=choice(8/16,16)", "patience=choice(none,5)", "batch_size=choice(all,16)"],
    )
    values = {
        "hidden_layers": "16,16",
        "patience": "none",
        "batch_size": "all",
        "learning_rate": 0.01,
    }
    settings = space.settings({**values, "tuner/epochs": 3})
    assert settings["hidden_layers"] == (16, 16) and settings["patience"] is None
    assert settings["batch_size"] == "all" and settings["learning_rate"] == 0.01


def test_a_page_without_a_space_has_the_learning_rate():
    from dataclasses import replace

    bare = replace(registry.load("mlp"), search_space=None)
    assert Space(bare).names() == ["learning_rate"]
    assert Space(bare, ["l2=float(0,1)"]).names() == ["l2"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("learning_rat=log(1,2)", "did you mean 'learning_rate'?"),
        ("seed=int(1,9)", "unknown setting 'seed'"),
        ("learning_rate=logg(1,2)", "did you mean 'log'?"),
        ("learning_rate", "expected name=choice(a,b)"),
        ("learning_rate=log(1e-1,1e-4)", "the range is empty"),
        ("dropout_rate=log(0,0.5)", "begins above 0"),
        ("learning_rate=float(1)", "a lower and an upper bound, received 1"),
        ("batch_size=int(4,4)", "the range is empty"),
        ("l1=int(0.5,2)", "int takes whole numbers"),
        ("batch_size=int(4,8,x)", "the step 'x'"),
        ("batch_size=int(4,8,0)", "the step must be above 0"),
        ("activation=choice()", "the range is empty"),
        ("activation=choice(relu,reluu)", "did you mean 'relu'?"),
        ("activation=float(0,1)", "unknown value of activation"),
        ("epochs=int(0,5)", "at least 1"),
    ],
)
def test_a_wrong_entry_is_told_of(mlp, entry, says):
    with pytest.raises(UserError, match=r".") as error:
        Space(mlp, [entry])
    assert says in str(error.value)


def test_pinned_and_searched_at_once_is_refused(mlp):
    with pytest.raises(UserError, match="pinned and searched over at once"):
        Space(mlp, ["l2=float(0,1)"], {"l2": 0.1})


@pytest.mark.parametrize(
    ("text", "found"), [("90", 90), ("30m", 1800), ("1h30m", 5400), ("1.5h", 5400), (12.5, 12.5)]
)
def test_a_length_of_time_is_read(text, found):
    assert plan.seconds(text) == found


@pytest.mark.parametrize("text", ["", "soon", "0", "-5m", "5 parsecs", "1.2.3s"])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(UserError, match="expected a length of time"):
        plan.seconds(text)


@pytest.mark.parametrize("name", registry.names())
def test_every_space_begins_with_what_the_page_has_for_the_data(name):
    recipe = registry.load(name)
    for data in recipe.data:
        config = api.resolve(name, recipe, data=data)
        assert plan.keeps(Space(recipe, defaults=config.values).settings({}), config.values)


def test_what_the_user_named_is_not_widened_to_the_pages_default(mlp):
    defaults = {"learning_rate": 3e-3, "dropout_rate": 0.25, "batch_size": 20, "activation": "selu"}
    defaults |= {"hidden_layers": (7, 5)}
    searches = [
        "learning_rate=log(1e-2,1e-1)",
        "dropout_rate=choice(0.1,0.2)",
        "batch_size=int(8,64,8)",
    ]
    space = Space(mlp, searches, defaults=defaults)
    rate, dropout, size = (
        item(space, name) for name in ("learning_rate", "dropout_rate", "batch_size")
    )
    assert (rate.default, dropout.default, size.default) == (1e-2, 0.1, 8) and dropout.values == [
        0.1,
        0.2,
    ]
    assert item(space, "activation").values[-1] == item(space, "activation").default == "selu"
    assert item(space, "hidden_layers").default == "7,5", "it goes by its spelling"


@pytest.mark.parametrize("name", registry.names())
def test_every_page_can_be_searched(name):
    recipe = registry.load(name)
    space, config = Space(recipe), api.resolve(name, recipe)
    oracle = oracles.make("random", space.parameters(), maximize=True, epochs=9, trials=8, seed=0)
    for number in range(8):
        trial = oracles.create(oracle, f"worker {number}")
        if trial.status == "RUNNING":  # A small space may be exhausted.
            assert plan.with_settings(config, space.settings(trial.hyperparameters.values))
