"""Agent: deep Q-learning, by which a network learns to act from what its actions bring.

Nobody shows the agent what to do. It acts, at first by chance, remembers what it saw, and learns
the value of each action: the reward, and what the best next action is worth, which an older copy of
the network says. Then it does what it values most. Four ideas that made this work better are
settings: the network that learns names the next action and the copy only values it (`double`); the
value of a place and what each action adds to it have a head each (`duelling`); rewards of several
moves are counted before the rest is estimated (`n_step`); and surprises are remembered more often
(`prioritised`). An episode whose time runs out has not ended badly: what would have come is
estimated all the same.

Papers: Human-level control through deep reinforcement learning (Mnih et al., 2015),
https://doi.org/10.1038/nature14236; Rainbow: Combining Improvements in Deep Reinforcement Learning
(Hessel et al., 2018), https://arxiv.org/abs/1710.02298

Measured: by the first command, seeds 0, 1 and 4, a mean return of 0.70, 0.52 and 0.69 over 100
episodes, and 0.52 by a second run of seed 0, as sums of several threads are not repeated (actions
by chance −1.30, a rule that goes straight to key and door 0.04, the largest there is 0.87), in 33
to 80 s of training on a busy machine; on CartPole-v1, seed 2, of 500 of 500 in 288 s there, and
with `--epochs 10`, seeds 0 to 3, of 500, 500, 178 and 498 in 65 to 247 s.

    kerasrecipes run agent
    kerasrecipes run agent --data cart_pole
    kerasrecipes run agent --data CartPole-v1
    kerasrecipes run agent --data MountainCar-v0 n_step=5 prioritised=0.6
    kerasrecipes compare agent double=true,false --repeats 3
    kerasrecipes predict agent --episodes 3 --output play.gif
"""

from kerasrecipes.data import environments
from kerasrecipes.models.q_network import q_network
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import reinforcement_learning
from kerasrecipes.training_settings import Training

build = settings_of(q_network)


def search_space(hp) -> dict:
    """How far ahead it looks, how it explores, and how fast it learns."""
    return {
        "learning_rate": hp.Float("learning_rate", 3e-4, 3e-3, sampling="log"),
        "n_step": hp.Choice("n_step", [1, 3, 5]),
        "exploration_share": hp.Choice("exploration_share", [0.2, 0.4, 0.6]),
        "prioritised": hp.Choice("prioritised", [0.0, 0.6]),
        "units": hp.Choice("units", [64, 128, 256]),
    }


# Poles and links: little is seen, and each move counts for long. A wide network learns often from
# fresh moves, and soon acts by what it learned.
SWINGING = {
    "discount": 0.99,
    "environments": 8,
    "moves_per_step": 32,
    "steps_per_epoch": 20,
    "target_steps": 1,
    "capacity": 100_000,
    "prioritised": 0.0,
    "units": 256,
    "validation_episodes": 20,
}
BALANCING = {
    **SWINGING,
    "n_step": 1,
    "updates_per_step": 128,
    "exploration": 0.04,
    "exploration_share": 0.16,
    "epochs": 20,  # of four seeds one had not learned to balance after 10
    "batch_size": 64,
    "learning_rate": 2.3e-3,
}
ACROBAT = {
    **SWINGING,
    "n_step": 3,
    "updates_per_step": 64,
    "exploration": 0.05,
    "exploration_share": 0.2,
    "learning_rate": 6.3e-4,
}

recipe = Recipe(
    topic="Agents",
    task=reinforcement_learning.TASK,
    build=build,
    data={
        "gridworld": environments.gridworld(),
        "cart_pole": environments.cart_pole(),
        "CartPole-v1": environments.GymnasiumSource("CartPole-v1", "gymnasium's pole on a cart"),
        "Acrobot-v1": environments.GymnasiumSource("Acrobot-v1", "two links to swing up"),
        "gymnasium": environments.GymnasiumSource(),
    },
    objective=reinforcement_learning.OBJECTIVE,
    # The best epoch is that of the highest mean return on validation episodes. A rate that falls
    # lets the values settle, which else go on to sway.
    training=Training(
        epochs=12,
        batch_size=128,
        optimizer="adam",
        learning_rate=1e-3,
        schedule="cosine",
        monitor="mean_return",
    ),
    by_data={"cart_pole": BALANCING, "CartPole-v1": BALANCING, "Acrobot-v1": ACROBAT},
    search_space=search_space,
    example="--episodes 3 --output play.gif",
)
