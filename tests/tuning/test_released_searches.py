"""Search folders that an earlier version has written are read, and go on as they would have there.

`released/` holds a search for each method as version 0.1.0 wrote it, models and pictures left out:
the one by `bayesian` finished, the others interrupted in the middle of a trial. In `expected.json`
stands how each of them ended when that version itself took it up again, with one worker.
"""

import json
import shutil
from pathlib import Path

import keras
import pytest

from kerasrecipes import trust
from kerasrecipes.tuning.results import Tuning, folders, read
from kerasrecipes.tuning.search import tune

RELEASED = Path(__file__).parent / "released"
PAGE = str(Path(__file__).parent / "page.py")
EXPECTED = json.loads((RELEASED / "expected.json").read_text())

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="written on TensorFlow"
)


def released(method, tmp_path):
    """Copy the search of a method to where runs are, and return its folder."""
    shutil.copytree(RELEASED / method, tmp_path / "runs")
    for path in (tmp_path / "runs").rglob("*"):
        if path.suffix in (".json", ".toml"):  # The recipe's place is not that of then.
            path.write_text(path.read_text().replace('"PAGE"', json.dumps(PAGE)))
    return folders("page")[0]


def outcomes(tuning):
    """Return what became of each trial, without times."""
    names = ("kind", "status", "settings", "seed", "until", "earlier", "attempt", "epochs")
    return {
        identity: {**{name: record[name] for name in names}, "score": record["score"]}
        for identity, record in tuning.state["records"].items()
    }


def test_a_finished_search_is_read(tmp_path):
    trust.remember(Path(PAGE))
    tuning = Tuning(released("bayesian", tmp_path))
    assert tuning.finished and tuning.plan.method == "bayesian"
    assert tuning.best["trial"] == "0001" and tuning.best["score"] == 0.96875
    assert tuning.settings == {"units": 11, "learning_rate": 0.023989447799428115}
    assert tuning.repeated("winner") == [0.96875] and tuning.repeated("defaults") == [0.09375]
    assert tuning.run is not None and tuning.run.metrics["test"]["accuracy"] == 1.0
    assert tuning.run.config.training.learning_rate == tuning.settings["learning_rate"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["hyperband", "random", "grid", "bayesian"])
def test_a_search_ends_as_it_would_have(method, tmp_path):
    folder = released(method, tmp_path)
    before = read(folder)
    more = {"trials": 3} if method == "bayesian" else {}
    tuning = tune(PAGE, resume=folder, workers=1, watch=lambda *shown: None, **more)
    assert tuning.folder == folder and tuning.finished and tuning.run.finished
    assert tuning.state["token"] == before["token"]
    after = outcomes(tuning)
    assert list(after) == list(EXPECTED[method])
    for identity, expected in EXPECTED[method].items():
        tolerant = {"score": pytest.approx(expected["score"], abs=0.1)}
        assert after[identity] == {**expected, **tolerant}
    done = {r["id"]: r for r in before["records"].values() if r["status"] == "completed"}
    for identity, record in done.items():
        assert tuning.state["records"][identity]["history"] == record["history"], "not trained anew"
