"""Where the time of a step goes: parts that are known because the test makes them wait."""

import time

import keras
import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.reports import run_report
from kerasrecipes.training import profiling
from tests.samples import table


class Waits(keras.callbacks.Callback):
    """A callback that takes its time."""

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.02)


def times_of(folder, *, steps=8, slow=(), monkeypatch):
    monkeypatch.setattr(profiling, "start_trace", lambda folder: None)
    monkeypatch.setattr(profiling, "stop_trace", lambda: None)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    times = profiling.StepTimes(folder)
    x = np.zeros((4 * steps, 2), "float32")
    given = {"batch_size": 4, "verbose": 0, "validation_data": (x, x[:, :1])}
    model.fit(x, x[:, :1], callbacks=[times, *slow, times.behind], **given)
    return times


def test_the_time_of_callbacks_is_theirs(tmp_path, monkeypatch):
    times = times_of(tmp_path, slow=[Waits()], monkeypatch=monkeypatch)
    found = profiling.measured(times, 8, lambda: iter(np.zeros(5)))
    assert found["callbacks_ms"] >= 20 > found["between_ms"]
    assert found["step_ms"] == pytest.approx(
        sum(found[f"{name}_ms"] for name in ("model", "callbacks", "between"))
    )
    text = " ".join(found["sentences"])
    assert "callbacks take more than a fifth of a step" in text
    assert "the model does not wait for data" in text
    assert "of validation" in text and "which compiles" in text
    assert len(times.parts["model"]) == 8 - profiling.WARM - 1


def test_slow_data_is_named(tmp_path, monkeypatch):
    times = times_of(tmp_path, monkeypatch=monkeypatch)

    def slowly():
        while True:
            time.sleep(0.05)
            yield 0

    monkeypatch.setattr(profiling, "LOADED", 3)
    found = profiling.measured(times, 8, slowly)
    assert found["loading_ms"] >= 50
    assert "the data holds the model up" in " ".join(found["sentences"])


def test_too_few_steps_are_told(tmp_path, monkeypatch):
    times = times_of(tmp_path, steps=2, monkeypatch=monkeypatch)
    assert profiling.measured(times, 2, None) == {
        "sentences": ["the profile needs more than 3 steps"]
    }


def test_a_run_has_its_profile_in_the_metrics_and_a_trace(tmp_path, monkeypatch):
    notes = []
    monkeypatch.setattr(run_report, "write", lambda *given: notes.extend(given[-1]))
    data = table(tmp_path / "points.csv", 80)
    given = {"epochs": 2, "batch_size": 8, "optimizer": "adam", "diagnose": False}
    run = kerasrecipes.run("logistic", data, profile=True, observers=[], **given)
    profile = run.metrics["profile"]
    assert profile["step_ms"] > 0 and profile["loading_ms"] > 0 and profile["steps"] == 8
    assert set(profile["sentences"]) <= set(notes), "the report has them"
    assert list((run.path / "profile").glob("**/*.xplane.pb"))
    assert sum(one["share"] for one in profile["top"]) <= 1.0001
    assert profile["top"], "operations are read from the trace"
    assert not {"multi_step_on_iterator", "one_step_on_data"} & {o["name"] for o in profile["top"]}


@pytest.mark.parametrize(
    ("line", "name", "kind"),
    [
        ("tf_XLAEigen/12", "dot.3", "dot"),
        ("tf_XLAPjRtCpuClient/5", "multiply_add_fusion", "multiply_add_fusion"),
        ("python", "$core.py:2109 _canonicalize_dimension", None),
        ("python", "PjitFunction(step)", None),
        ("tf_XLAEigen/12", "end: dot.3", None),
        ("tf_Compute/7", "lenet/dense/MatMul:MatMul", "MatMul"),
        ("tf_data_private/1", "map.2", None),
    ],
)
def test_operations_of_the_host_are_told_from_what_runs_them(line, name, kind):
    assert profiling._on_host(line, name) == kind


@pytest.mark.parametrize(("backend", "kind"), [("jax", "dot"), ("tensorflow", None)])
def test_what_python_runs_itself_are_operations_of_jax_only(monkeypatch, backend, kind):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    assert profiling._on_host("python", "dot.3") == kind
