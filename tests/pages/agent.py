"""REINFORCE in a corridor: an agent learns to walk to the door at its right end.

Actions of episodes that ended well become likelier, weighted by the return. The policy's gradient
is that of a cross-entropy in which the taken action is the label and the return the weight.

Paper: Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning
(Williams, 1992), https://doi.org/10.1007/BF00992696

    kerasrecipes run agent.py
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from kerasrecipes.data.environments import EnvironmentSource
from kerasrecipes.recipe import Evaluation, Info, Recipe, Training

STEPS = 20  # after so many an episode ends without the door


@dataclass
class Corridor:
    """Places in a row; the door is at the last one."""

    places: int = 6

    def observe(self, place):
        return np.eye(self.places, dtype="float32")[place]

    def play(self, choose):
        """Walk until the door or the last step: places, actions, and the return."""
        place, places, actions = self.places // 2, [], []
        for step in range(STEPS):
            action = choose(self.observe(place))
            places.append(self.observe(place))
            actions.append(action)
            place = min(self.places - 1, max(0, place + (1 if action else -1)))
            if place == self.places - 1:
                return np.stack(places), np.array(actions), 1 - step / STEPS
        return np.stack(places), np.array(actions), 0.0


def build(info: Info, *, units: int = 8) -> keras.Model:
    """Build the policy.

    Args:
        units: hidden units.
    """
    place = keras.Input(info.fixed_shape, name="place")
    x = layers.Dense(units, activation="tanh", name="hidden")(place)
    actions = layers.Dense(info.num_classes, activation="softmax", name="action")(x)
    return keras.Model(place, actions, name="policy")


def learn(job, *, steps_per_epoch: int = 8, decay: float = 0.9):
    """Play an episode a step, and learn from it.

    Args:
        steps_per_epoch: episodes of an epoch.
        decay: of the mean return, which is what an episode is compared with.
    """
    job.state.setdefault("returns", [])
    job.state.setdefault("visits", np.zeros(job.environment.places))
    for epoch in job.epochs():
        for step in job.steps():
            random = job.random(epoch, step)

            def choose(seen, random=random):
                chances = np.asarray(job.model(seen[None]))[0]
                return int(random.random() < chances[1])

            places, actions, found = job.environment.play(choose)
            expected = job.state.get("expected", 0.0)
            weight = np.full(len(actions), found - expected, "float32")
            job.state["expected"] = decay * expected + (1 - decay) * found
            logs = job.model.train_on_batch(places, actions, weight, return_dict=True)
            job.state["returns"].append(found)
            job.state["visits"] = job.state["visits"] + places.sum(0)
        yield {"loss": logs["loss"], "return": np.mean(job.state["returns"])}
        job.state["returns"].clear()


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Let the agent take its likeliest actions."""
    model = evaluation.model
    *_, found = evaluation.environment.play(lambda seen: int(np.argmax(model([seen[None]])[0])))
    return {"return": found}


recipe = Recipe(
    topic="Agents",
    build=build,
    data={
        "corridor": EnvironmentSource(
            "a corridor of six places", Corridor, Info(input_shape=(6,), classes=("left", "right"))
        )
    },
    objective="multiclass",
    loop=learn,
    training=Training(epochs=5, learning_rate=2e-2, optimizer="adam", monitor="return"),
    scores=scores,
    search_space=lambda hp: {"units": hp.Choice("units", [4, 8])},
)
