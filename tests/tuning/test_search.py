"""Whole searches, in processes as they are."""

import csv
import json
import signal
import socket
import statistics
import subprocess
import sys
import time

import pytest

import kerasrecipes
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.tuning.results import Tuning, folders
from kerasrecipes.tuning.search import tune
from tests.tuning.samples import PAGE, free_port, refused, silent, state


def test_a_search_survives_every_mishap_and_its_result_runs(tmp_path, capsys):
    searches = {
        "mishap": "choice(none,crash,memory,nan,kill)",
        "units": "choice(3)",
        "learning_rate": "choice(0.05)",
    }
    found = tune(PAGE, method="grid", search=searches, workers=2, epochs=1, repeats=1, watch=silent)
    by_mishap = {trial["settings"]["mishap"]: trial for trial in found.trials}
    assert by_mishap["none"]["status"] == "completed" and by_mishap["none"]["reason"] is None
    for mishap, says in {
        "crash": "RuntimeError: the page has a fault",
        "memory": "out of memory: no more room",
        "nan": "the loss became nan at step 1 of epoch 1",
        "kill": "its process was killed by SIGKILL, 5 times in or before epoch 1",
    }.items():
        assert by_mishap[mishap]["status"] == "failed" and says in by_mishap[mishap]["reason"]
    assert (
        found.settings["mishap"] == "none"
        and len(found.repeated("winner")) == len(found.repeated("defaults")) == 1
    )
    log = found.folder / "trials" / by_mishap["crash"]["trial"] / "log.txt"
    assert "of two lines" in log.read_text(), "the whole traceback is kept"
    run = found.run
    assert (
        run.history
        == kerasrecipes.Run(found.folder / "trials" / by_mishap["none"]["trial"]).history
        != []
    )
    assert run.finished and run.metrics["validation"]["accuracy"] == pytest.approx(
        found.best["score"], abs=1e-6
    )
    assert kerasrecipes.Run(run.path).model.count_params() > 0
    again = kerasrecipes.run(PAGE, config=found.config, observers=())
    assert again.metrics["validation"]["accuracy"] == pytest.approx(found.best["score"], abs=0.04)
    capsys.readouterr()
    assert f"to search on in a finished one: --resume {found.folder}" in refused(
        capsys, "tune", PAGE, "--resume"
    )
    rows = list(csv.DictReader((found.folder / "trials.csv").open()))
    assert len(rows) == 5 and {row["mishap"] for row in rows} == {
        "none",
        "crash",
        "memory",
        "nan",
        "kill",
    }
    assert len(json.loads((found.folder / "trials.json").read_text())[0]["history"]) == 1
    page = found.report.read_text()
    assert (
        "tuned</h1>" in page
        and "RuntimeError:\u00a0the\u00a0page" in page
        and "<script" not in page
    )


@pytest.mark.slow
@pytest.mark.parametrize(("method", "trials"), [("random", 2), ("hyperband", 4)])
def test_a_search_is_judged_by_folds(method, trials):
    found = tune(PAGE, method=method, folds=3, trials=trials, epochs=3, repeats=1, watch=silent)
    records = found.records("search")
    assert [record["status"] for record in records] == ["completed"] * trials
    for record in records:
        each = record["until"] or 3
        assert record["epochs"] == 3 * each and len(record["scores"]) == 3
        assert record["score"] == pytest.approx(sum(record["scores"]) / 3)
        for number, score in enumerate(record["scores"], 1):
            history = kerasrecipes.Run(
                found.folder / "trials" / record["id"] / f"fold-{number}"
            ).history
            assert len(history) == each and history[-1]["val_accuracy"] == score
    assert found.best["score"] == max(r["score"] for r in records if r["until"] is None)
    assert (
        len({tuple(record["scores"]) for record in records}) > 1
        or len(set(records[0]["scores"])) > 1
    )
    if method == "hyperband":
        assert [record["until"] for record in records] == [1, 1, 1, None]
        assert [record["begun"] for record in records] == [[0], [0], [0], [1]], (
            "the last one went on"
        )
        earlier = kerasrecipes.Run(
            found.folder / "trials" / records[3]["earlier"] / "fold-2"
        ).history
        assert (
            kerasrecipes.Run(found.folder / "trials" / records[3]["id"] / "fold-2").history[0]
            == earlier[0]
        )
    assert found.optimism is None, "folds and validation examples are not compared"
    assert found.run.metrics["test"]["accuracy"] > 0 and len(found.run.history) == 3
    assert "tuned</h1>" in found.report.read_text()


@pytest.mark.slow
def test_a_recipe_of_phases_is_tuned(capsys):
    words = [
        "--trials",
        "4",
        "--repeats",
        "1",
        "--epochs",
        "3",
        "--limit",
        "64",
        "freeze=last_block",
        "head_epochs=2",
    ]
    assert main(["tune", "transfer", *words]) == 0, capsys.readouterr().err
    (folder,) = folders("transfer")
    found = Tuning(folder)
    first, last = found.records("search")[:3], found.records("search")[3]
    assert [record["epochs"] for record in first] == [1, 1, 1] and all(
        r["status"] == "completed" for r in first
    )
    assert (last["status"], last["epochs"], last["begun"]) == ("completed", 3, [1])
    checkpoints = folder / "trials" / last["id"] / "checkpoints"
    assert sorted(path.name for path in checkpoints.iterdir()) == ["head", "last_block"]
    run = found.run
    assert len(run.history) == 3 and run.metrics["validation"]["accuracy"] == pytest.approx(
        last["score"], abs=1e-6
    )
    assert f"config  {found.config}" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(("method", "workers"), [("random", 2), ("bayesian", 1)])
def test_one_seed_gives_the_same_scores_again(method, workers):
    """Bayesian proposals follow from the scores, so that one worker alone makes the same ones
    again.
    """
    given = {"method": method, "trials": 4, "repeats": 1, "epochs": 3, "seed": 7, "watch": silent}
    first, second = tune(PAGE, **given), tune(PAGE, workers=workers, **given)
    assert first.folder != second.folder
    for one, other in zip(
        first.state["records"].values(), second.state["records"].values(), strict=True
    ):
        for name in ("kind", "settings", "seed", "status", "score"):
            assert one[name] == other[name], name
        assert curves(one) == curves(other)
    assert len({record["score"] for record in first.records("search")}) > 1, (
        "the scores could differ"
    )
    assert first.run.metrics["test"] == second.run.metrics["test"]


def curves(record):
    return [
        {name: value for name, value in row.items() if name != "seconds"}
        for row in record["history"].values()
    ]


@pytest.mark.slow
def test_the_configuration_reaches_the_tuned_score_within_the_noise_of_seeds():
    found = tune(
        PAGE,
        method="random",
        trials=6,
        epochs=3,
        workers=2,
        objective="val_loss",
        repeats=5,
        watch=silent,
    )
    runs = [
        kerasrecipes.run(PAGE, config=found.config, seed=seed, observers=())
        for seed in (101, 102, 103)
    ]
    fresh, repeated = [run.metrics["validation"]["loss"] for run in runs], found.repeated("winner")
    tuned, noise = statistics.fmean(repeated), statistics.stdev(repeated)
    allowed = 4 * noise * (1 / 5 + 1 / 3) ** 0.5
    print(
        f"best {found.best['score']:.4f}, repeated {tuned:.4f} ± {noise:.4f}, "
        f"fresh {fresh}, allowed {allowed:.4f}"
    )
    assert noise > 0 and abs(statistics.fmean(fresh) - tuned) <= allowed
    assert abs(statistics.fmean(found.repeated("defaults")) - tuned) > allowed, (
        "other settings would be told apart"
    )
    assert found.optimism == pytest.approx(tuned - found.best["score"])


def begun(folder, epochs, deadline=120):
    """Wait until a trial has come some epochs far."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        for path in folder.rglob("history.csv"):
            if len(path.read_text().splitlines()) > epochs:
                return
        time.sleep(0.05)
    raise AssertionError("no trial has begun")


@pytest.mark.slow
def test_ctrl_c_stops_all_and_resume_goes_on_from_checkpoints(tmp_path, capsys):
    given = ["--method", "random", "--trials", "1", "--repeats", "0", "--epochs", "30"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kerasrecipes", "tune", PAGE, *given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    begun(tmp_path, 3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    line = errors.strip().splitlines()[-1]
    assert (
        "the search was stopped and its state is saved" in line
        and f"kerasrecipes tune {PAGE} --resume" in line
    )
    (folder,) = folders("page")
    record = Tuning(folder).state["records"]["0000"]
    assert record["status"] == "waiting" and record["epochs"] >= 3
    assert main(["tune", PAGE, "--resume"]) == 0
    printed = capsys.readouterr().out
    assert "best    val_accuracy" in printed and "best.toml" in printed
    after = Tuning(folder).state["records"]["0000"]
    assert after["status"] == "completed" and after["begun"][0] == 0 and after["begun"][-1] >= 3
    assert len(after["history"]) == 30 and after["attempt"] == 2


def test_a_mistake_gets_one_line(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("kerasrecipes.tuning.join.PATIENCE", 0.5)
    other = tmp_path / "other"
    other.mkdir()
    (other / "search.json").write_text(state())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for words, says in {
            ("lenett",): "did you mean 'lenet'?",
            (PAGE, "--search", "unitss=int(1,2)"): "did you mean 'units'?",
            (PAGE, "--search", "units=int(5,2)"): "the range is empty",
            (PAGE, "--method", "bayes"): "did you mean 'bayesian'?",
            (PAGE, "--trials", "0"): "trials=0: must be at least 1",
            (PAGE, "--time", "soon"): "expected a length of time",
            (PAGE, "--workers", "x"): "workers=x: expected a whole number",
            (PAGE, "--folds", "0"): "folds=0",
            (PAGE, "--search", "epochs=int(1,9)"): "hyperband sets the epochs",
            (PAGE, "--resume"): "there is no unfinished search of 'page'",
            (PAGE, "--resume", str(tmp_path)): "is not a search: it has no search.json",
            (PAGE, "--resume", str(tmp_path / "nowhere")): "is not a search: it has no search.json",
            (
                PAGE,
                "--resume",
                PAGE,
            ): "page.py' is not a search: it is a file, not a search's folder",
            (PAGE, "--resume", str(other)): "is of the recipe 'lenet', not of 'page'",
            (PAGE, "--chief", "here"): "expected host:port",
            (PAGE, "--chief", "a:1", "--join", "a:1"): "not both",
            (PAGE, "--join", f"127.0.0.1:{free_port()}"): "nobody answers at",
            (
                PAGE,
                "--objective",
                "val_acc",
            ): "unknown objective 'val_acc'; did you mean 'val_accuracy'?",
            (PAGE, "--chief", f"127.0.0.1:{port}"): f"cannot listen at 127.0.0.1:{port}",
        }.items():
            assert says in refused(capsys, "tune", *words), words
        assert not (tmp_path / "runs").exists(), "a refused search leaves nothing behind"
        monkeypatch.setattr("kerasrecipes.tuning.hosts.refuse_taken", lambda address: None)
        assert "cannot listen at" in refused(capsys, "tune", PAGE, "--chief", f"127.0.0.1:{port}")
        assert not list(tmp_path.rglob("tuning-*")), (
            "nor does one whose port is taken while it is prepared"
        )


def test_what_a_planned_search_could_only_ignore_is_refused(capsys):
    for words, says in {
        (
            "units=3",
            "--resume",
        ): "a search that goes on keeps its data and settings, received units;",
        ("--resume", "--method", "grid"): "received method;",
        ("--resume", "--objective", "val_loss"): "received objective;",
        ("--resume", "--search", "units=int(2,5)"): "received search;",
        ("--resume", "--folds", "2", "--repeats", "1"): "received folds, repeats;",
        (
            "--resume",
            "--epochs",
            "3",
        ): "received epochs; leave that out, only trials, time, workers and chief may be",
        ("--resume", "--data", "halves", "--limit", "9"): "received data, limit;",
        (
            "--join",
            "a:1",
            "--trials",
            "2",
            "--time",
            "9m",
        ): "a search that is joined keeps its data and settings, "
        "received trials, time; leave that out, only workers may be given",
        ("--join", "a:1", "--strategy", "cpu"): "received strategy;",
        ("--join", "a:1", "--resume"): "received resume;",
    }.items():
        assert says in refused(capsys, "tune", PAGE, *words), words
    for given in (
        {"epochs": 3},
        {"patience": None},
        {"method": "random"},
        {"early": False},
        {"config": {}},
    ):
        with pytest.raises(UserError, match=f"received {next(iter(given))};"):
            tune(PAGE, resume=True, **given)
