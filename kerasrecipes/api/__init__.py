"""The Python interface: a function for each verb of the command line, which calls it and prints.

    import kerasrecipes

    run = kerasrecipes.run("lenet", data="mnist", epochs=5, activation="relu")
    kerasrecipes.evaluate(run)["accuracy"]
    kerasrecipes.predict(run, ["photo.png"])

`tune` has a room of its own, `kerasrecipes.tuning`. Importing this module loads no framework.
"""

from kerasrecipes.api.finished_runs import diagnose, evaluate, export, find, generates, predict
from kerasrecipes.api.trainings import compare, find_learning_rate, resume, run
from kerasrecipes.runs.config import resolve

__all__ = [
    "compare",
    "diagnose",
    "evaluate",
    "export",
    "find",
    "find_learning_rate",
    "generates",
    "predict",
    "resolve",
    "resume",
    "run",
]
