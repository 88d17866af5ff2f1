"""Machines that work together on one search."""

import threading
import time

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.tuning.results import folders
from kerasrecipes.tuning.search import tune
from tests.tuning.samples import PAGE, free_port, silent, state


def join_from_elsewhere(address, elsewhere, monkeypatch):
    """Come to the chief from a machine with runs of its own, which perhaps has a search of the same
    second.
    """
    begin = time.monotonic()
    while not folders("page") and time.monotonic() < begin + 60:
        time.sleep(0.1)
    name = folders("page")[0].name
    monkeypatch.setattr("kerasrecipes.tuning.join._APPEAR", 0.5)
    with monkeypatch.context() as other:
        other.setenv("KERASRECIPES_HOME", str(elsewhere))
        with pytest.raises(
            UserError,
            match=f"is not in {elsewhere}/page/{name} here; machines that search together",
        ):
            tune(PAGE, join=address)
        assert not elsewhere.exists(), "who is refused writes nothing"
        (elsewhere / "page" / name).mkdir(parents=True)
        (elsewhere / "page" / name / "search.json").write_text(state(token="another"))
        with pytest.raises(UserError, match="is not in"):
            tune(PAGE, join=address)


@pytest.mark.slow
def test_machines_work_together(tmp_path, monkeypatch):
    monkeypatch.setattr("kerasrecipes.tuning.join.PATIENCE", 120.0)
    monkeypatch.setattr("kerasrecipes.tuning.chief._LINGER", 2.0)
    address = f"127.0.0.1:{free_port()}"
    found = []
    given = {"method": "random", "trials": 2, "repeats": 0, "epochs": 1, "watch": silent}
    chief = threading.Thread(
        target=lambda: found.append(tune(PAGE, chief=address, workers=0, **given)), daemon=True
    )
    chief.start()
    join_from_elsewhere(address, tmp_path / "elsewhere", monkeypatch)
    assert tune(PAGE, join=address, workers=2).folder == folders("page")[0]
    chief.join(60)
    (tuning,) = found
    assert [trial["status"] for trial in tuning.trials] == ["completed"] * 2
    assert all("@" in record["worker"] for record in tuning.records("search"))
    rates = [record["settings"]["learning_rate"] for record in tuning.records("search")]
    configs = [
        (tuning.folder / "trials" / r["id"] / "config.toml").read_text()
        for r in tuning.records("search")
    ]
    assert all(repr(rate) in config for rate, config in zip(rates, configs, strict=True)), (
        "no digit is lost on the way"
    )
