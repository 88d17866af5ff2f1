"""The Python interface: what each verb of the command line does, from Python."""

import random
import re
from functools import partial

import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.errors import Interrupted, UserError

QUICK = {"limit": 96, "epochs": 1, "observers": ()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        yield kerasrecipes.run("lenet", activation="relu", **QUICK)


def test_a_run_gives_its_model_and_figures(finished):
    assert 0 <= finished.metrics["test"]["accuracy"] <= 1
    assert finished.model.count_params() == 61_706
    assert finished.info.num_classes == 10
    assert finished.config.settings["activation"] == "relu"
    assert finished.history[0]["epoch"] == 1


def test_an_unknown_setting_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="did you mean 'activation'"):
        kerasrecipes.run("lenet", aktivation="relu", **QUICK)
    assert not (tmp_path / "runs").exists()


def test_an_interrupted_run_is_resumed_from_python():
    import os
    import signal

    import keras

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="state is saved"):
        kerasrecipes.run("lenet", **{**QUICK, "epochs": 2, "batch_size": 32, "observers": [Stop()]})
    run = kerasrecipes.resume(observers=())
    assert run.finished and run.metrics["epochs"] == 2
    with pytest.raises(UserError, match="nothing to resume"):
        kerasrecipes.resume(run)


def test_a_run_is_evaluated_on_its_own_test_split(finished):
    found = kerasrecipes.evaluate(finished)
    assert found["accuracy"] == pytest.approx(finished.metrics["test"]["accuracy"])
    assert found["examples"] == finished.metrics["examples"]["test"] and found["notes"] == []
    assert kerasrecipes.evaluate(str(finished.path)) == found


def test_a_run_predicts_for_files_and_refuses_options_that_it_lacks(finished, tmp_path):
    from PIL import Image

    path = tmp_path / "digit.png"
    Image.fromarray(np.eye(32, dtype="uint8") * 255).save(path)
    (answer,) = kerasrecipes.predict(finished, [str(path)], top=2)
    assert answer["input"] == str(path) and len(answer["probabilities"]) == 2
    assert answer["run"] == str(finished.path)
    (explained,) = kerasrecipes.predict(finished, [str(path)], explain=True, folder=str(tmp_path))
    assert explained["notes"] == [f"see {explained['explanation']}"]
    for wrong in ("topp", "run", "inputs"):
        with pytest.raises(UserError, match=f"unknown flag '{wrong}'"):
            kerasrecipes.predict(finished, [str(path)], **{wrong: 2})


def test_answers_go_into_a_file_that_is_not_there(finished, tmp_path):
    from PIL import Image

    Image.fromarray(np.eye(32, dtype="uint8") * 255).save(tmp_path / "digit.png")
    ask = partial(kerasrecipes.predict, finished, [str(tmp_path / "digit.png")])
    answers = ask(output=tmp_path / "new" / "answers.csv")
    assert answers.files == [tmp_path / "new" / "answers.csv"]
    with pytest.raises(UserError, match="--force"):
        ask(output=answers.files[0])
    ask(output=answers.files[0], force=True)
    with pytest.raises(UserError, match=r"'label' is not written as '\.wav'"):
        ask(output=tmp_path / "digit.wav")


def test_what_does_not_generate_needs_an_input(finished):
    with pytest.raises(UserError, match="the recipe 'lenet' needs an input"):
        kerasrecipes.predict(finished)


def test_a_run_is_exported_and_diagnosed(finished, tmp_path):
    exported = kerasrecipes.export(finished, tmp_path / "lenet.keras")
    assert exported.comparison.difference < 1e-4 and exported.comparison.agreement == 1
    assert (tmp_path / "lenet.keras").is_file()
    with pytest.raises(UserError, match=r"too few steps to judge, \d+ of 30"):
        kerasrecipes.diagnose(finished)


def test_runs_are_compared(finished):
    found = kerasrecipes.compare(finished, str(finished.path))
    assert [row["run"] for row in found.rows] == [finished.name] * 2
    assert found.groups is None and found.verdict is None
    with pytest.raises(UserError, match="at least two runs"):
        kerasrecipes.compare(finished)


def test_a_recipe_is_trained_for_each_value_and_compared():
    seen = []
    found = kerasrecipes.compare(
        "linear",
        data="outliers",
        loss=["mse", "mae"],
        epochs=2,
        diagnose=False,
        observers=(),
        watch=lambda settings, run: seen.append(settings),
    )
    assert seen == [{"loss": "mse", "seed": 0}, {"loss": "mae", "seed": 0}]
    assert [row["loss"] for row in found.rows] == ["mse", "mae"]
    assert found.by == ["loss"] and len(found.groups) == 2 and "loss=" in found.verdict
    assert "linear: loss compared" in found.write().read_text(encoding="utf-8")
    with pytest.raises(UserError, match="nothing differs"):
        kerasrecipes.compare("linear", loss="mse")
    with pytest.raises(UserError, match="unknown setting 'loss'"):
        kerasrecipes.compare("linear", "logistic", loss=["mse", "mae"])


def test_a_function_of_the_package_is_not_hidden_by_a_room_of_its_name():
    for name in kerasrecipes.__all__:
        assert not isinstance(getattr(kerasrecipes, name), type(pytest)), name


def test_data_in_python_objects_is_trained_on_judged_and_answered(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 3))
    data = {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "kind": np.where(x[:, 0] > 0, "up", "down")}
    run = kerasrecipes.run("logistic", data=data, epochs=2, observers=[], diagnose=False)
    assert kerasrecipes.evaluate(run)["examples"] == 8
    assert kerasrecipes.evaluate(run, data)["examples"] == 8, "equal data is the run's own"
    rows = kerasrecipes.predict(run, {name: data[name][:2] for name in "abc"})
    assert {row["label"] for row in rows} <= {"up", "down"} and len(rows) == 2
    assert len(kerasrecipes.predict(run, x[:5])) == 5
    for shown in (run, kerasrecipes.evaluate(run), kerasrecipes.compare(run, run), rows):
        assert "<table>" in shown._repr_html_() and "accuracy" in run._repr_html_()


@pytest.mark.parametrize("verb", ["run", "tune", "compare", "find_learning_rate"])
def test_a_misspelt_name_is_told_the_nearest_whatever_it_names(verb, tmp_path):
    draw = random.Random(verb)
    names = ["epochs", "batch_size", "activation", "limit", "strategy", "target"]
    names += {"tune": ["trials", "method", "folds"], "compare": ["repeats"]}.get(verb, [])
    for name in names:
        at = draw.randrange(1, len(name))
        wrong = name[:at] + name[at + 1 :]
        said = f"unknown setting '{wrong}'; did you mean '{name}'?"
        with pytest.raises(UserError, match=re.escape(said)):
            getattr(kerasrecipes, verb)("mlp", **{wrong: 2})
    assert not (tmp_path / "runs").exists()
