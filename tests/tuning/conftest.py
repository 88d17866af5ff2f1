"""A search with made-up trials, and searches to lead by hand."""

import json
import random

import pytest

from kerasrecipes import registry
from kerasrecipes.runs.config import resolve
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.scheduler import Scheduler
from tests.tuning.samples import PAGE


def record(number, *, score, rate, status="completed", kind="search", reason=None, **more):
    """Make up a trial of four epochs."""
    curve = (
        {str(e): {"val_accuracy": score * e / 4, "val_loss": 1.0 / e} for e in range(1, 5)}
        if score
        else {}
    )
    activation = "tanh" if number % 2 else "relu"
    settings = {
        "learning_rate": rate,
        "activation": activation,
        "hidden_layers": [8] * (number % 3),
    }
    known = {
        "id": f"{number:04d}",
        "kind": kind,
        "status": status,
        "score": score,
        "reason": reason,
        "seed": number,
    }
    times = {"at": 2.0 * number, "began": 1e9 + number, "ended": 1e9 + number + 1, "seconds": 1.0}
    trained = {
        "settings": settings,
        "history": curve,
        "epochs": len(curve),
        "until": None,
        "earlier": None,
    }
    return {**known, **times, **trained, **more}


@pytest.fixture
def tuning(tmp_path):
    """A search in which the learning rate decides."""
    chance = random.Random(0)
    records = []
    for number in range(20):
        rate = 10 ** chance.uniform(-4, -1)
        score = round(0.95 - abs(rate - 0.01) * 4 + chance.uniform(-0.01, 0.01), 4)
        records.append(record(number, score=score, rate=rate))
    records.append(
        record(20, score=None, rate=0.5, status="failed", reason="the loss became <nan> at step 1")
    )
    records.append(
        record(21, score=0.3, rate=0.09, status="ended early", reason="behind the median")
    )
    best = max(records[:20], key=lambda one: one["score"])["score"]
    for number in range(3):
        for kind, score in (("winner", best - 0.02), ("defaults", 0.7)):
            records.append(record(len(records), score=score + 0.001 * number, rate=0.01, kind=kind))
    base = plan.document(resolve("mlp", registry.load("mlp"), data="wine"))
    given = {
        "recipe": "mlp",
        "method": "random",
        "objective": "val_accuracy",
        "maximize": True,
        "epochs": 4,
    }
    state = {"plan": plan.Plan(base=base, **given).to_dict(), "phase": "over", "seconds": 61.0}
    state |= {"oracle": {}, "trials": []}
    folder = tmp_path / "tuning-1"
    folder.mkdir()
    text = json.dumps({**state, "records": {one["id"]: one for one in records}})
    (folder / "search.json").write_text(text)
    return Tuning(folder)


@pytest.fixture(scope="module")
def recipe():
    return registry.load(PAGE)


@pytest.fixture
def new(tmp_path, recipe):
    """Make a search."""

    def make(**changes):
        given = {
            "method": "random",
            "trials": 6,
            "repeats": 0,
            "objective": "val_accuracy",
            "maximize": True,
        }
        base = plan.document(resolve(PAGE, recipe))
        return Scheduler(
            tmp_path, plan.Plan(recipe=PAGE, base=base, epochs=9, **{**given, **changes}), recipe
        )

    return make
