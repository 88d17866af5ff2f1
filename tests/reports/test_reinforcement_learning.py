import dataclasses

import numpy as np
import pytest

from kerasrecipes.environments.cart_pole import CartPole
from kerasrecipes.environments.gridworld import GridWorld
from kerasrecipes.info import Info
from kerasrecipes.models.q_network import q_network
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import reinforcement_learning as reports


@pytest.fixture(scope="module")
def evaluation():
    world = GridWorld.drawn(seed=1)
    random = np.random.default_rng(0)
    return Evaluation(
        recipe="agent",
        model=q_network(world.shape, 4, units=8),
        info=Info(),
        examples=(),
        labels=None,
        outputs=None,
        metrics={},
        history=[{"mean_return": value} for value in (-1.0, 0.5)],
        environment=world,
        state={"returns": random.normal(size=120), "ends": np.arange(120) * 50},
    )


def test_the_moving_mean_ends_at_that_of_the_last_episodes(evaluation):
    axes = reports.return_by_episode(evaluation).axes[0]
    mean = axes.lines[1].get_ydata()
    assert len(mean) == 71
    assert mean[-1] == pytest.approx(evaluation.state["returns"][-50:].mean())
    texts = {text.get_text() for text in axes.texts}
    assert {"by chance", "simple rule", "best there is", "without exploration"} <= texts
    few = dataclasses.replace(evaluation, state={})
    assert reports.return_by_episode(few) is None


def test_an_arrow_stands_in_every_cell_where_an_agent_can_be(evaluation):
    world = evaluation.environment
    panels = reports.greedy_actions(evaluation).axes[:2]
    free = int(np.isin(world.map, (0, 3)).sum())
    # Not where it finds the key, or where the door is.
    assert [len(axes.collections[0].X) for axes in panels] == [free - 2, free - 1]
    balancing = dataclasses.replace(evaluation, environment=CartPole())
    assert reports.greedy_actions(balancing) is None


def test_the_same_episodes_are_played_by_all(evaluation):
    axes = reports.return_beside_others(evaluation).axes[0]
    names = [label.get_text().split(",")[0] for label in axes.get_yticklabels()]
    assert names == ["agent", "simple rule", "by chance"]
    assert {len(line.get_xdata()) for line in axes.lines} == {100, 2}


def test_an_episode_is_shown_from_beginning_to_end(evaluation):
    figure = reports.episode_strip(evaluation)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert texts[0] == "at the beginning" and 2 <= len(texts) <= 8
