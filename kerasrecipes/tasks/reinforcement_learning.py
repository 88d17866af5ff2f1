"""Reinforcement learning: an agent that learns by what its actions bring."""

from kerasrecipes.recipe import Objective, Task

# Its loss stands in its loop: the network's own labels, which change as it learns.
OBJECTIVE = Objective(headline="mean_return", best="max")

TASK = Task(
    predict="kerasrecipes.inference.reinforcement_learning:perform",
    scores="kerasrecipes.inference.reinforcement_learning:scores",
    baseline="kerasrecipes.inference.reinforcement_learning:random_agent",
    loop="kerasrecipes.training.reinforcement_learning:learn",
    figures=("kerasrecipes.reports.reinforcement_learning:REINFORCEMENT_FIGURES",),
)
