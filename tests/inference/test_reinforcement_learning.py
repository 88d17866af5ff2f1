import pytest

from kerasrecipes.cli import main
from kerasrecipes.environments.cart_pole import CartPole
from kerasrecipes.errors import UserError
from kerasrecipes.inference import reinforcement_learning
from kerasrecipes.info import Info
from kerasrecipes.models.q_network import q_network
from kerasrecipes.recipe import Evaluation


def evaluation(**given):
    model = q_network((4,), 2, units=4)
    values = {"recipe": "agent", "examples": (), "labels": None, "outputs": None, "metrics": {}}
    return Evaluation(model=model, info=Info(), environment=CartPole(), **{**values, **given})


def test_an_agent_stands_beside_chance_and_rule():
    one = evaluation()
    found = reinforcement_learning.scores(one)
    assert found["rule_mean_return"] == 500 and 15 < found["baseline_mean_return"] < 30
    assert found["mean_return"] == found["mean_length"] and "best_mean_return" not in found
    baseline = reinforcement_learning.random_agent(one)
    assert baseline.metrics["mean_return"] == found["baseline_mean_return"]


def test_validation_and_test_have_other_episodes():
    seeds = [
        set(reinforcement_learning.seeds_of(evaluation(split=s))) for s in ("validation", "test")
    ]
    assert not seeds[0] & seeds[1]


class Trained:
    """As much of a run as is asked for before the world is made."""


@pytest.mark.parametrize(
    ("inputs", "options", "said"),
    [
        (["photo.png"], {}, "without inputs"),
        ([], {"episodes": 0}, "from 1 to"),
        ([], {"episodes": 10**6}, "from 1 to"),
        ([], {"seed": -1}, "--seed"),
    ],
)
def test_what_cannot_be_played_is_refused_in_a_line(inputs, options, said):
    with pytest.raises(UserError, match=said) as caught:
        reinforcement_learning.perform(Trained(), inputs, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["NoSuchWorld-v3", "gridwrld"])
def test_an_environment_that_does_not_exist_is_refused_in_a_line(name, capsys):
    assert main(["run", "agent", "--data", name]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and name in said
