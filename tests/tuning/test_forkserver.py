"""Trials on their share of the machine, seen from within them."""

import json
import os
from pathlib import Path

import keras
import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.tuning import plan, trial_process, workers
from kerasrecipes.tuning.search import tune
from kerasrecipes.tuning.trial import TrialSpec

PAGE = Path(__file__).parent / "page.py"
SHARE = """
    import json
    names = ("TF_FORCE_GPU_ALLOW_GROWTH", "CUDA_VISIBLE_DEVICES")
    share = {name: os.environ.get(name) for name in names}
    share |= {"cores": sorted(os.sched_getaffinity(0))}
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf
        share |= {"threads": tf.config.threading.get_intra_op_parallelism_threads()}
    print("share", json.dumps(share))
"""
DEVICES = """
import tensorflow as tf
_processor = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(_processor, [tf.config.LogicalDeviceConfiguration()] * 2)
"""


def page(path, *, before="", within=""):
    """Write the page again, with lines before its builder and at the builder's beginning."""
    text = PAGE.read_text()
    for place, lines in (("\n\nclass Halves", before), ('    if mishap == "crash"', within)):
        assert text.count(place) == 1
        text = text.replace(place, lines + place)
    path.write_text(text)
    return str(path)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="needs Linux")
def test_a_trial_has_its_workers_share(tmp_path, monkeypatch):
    name = page(tmp_path / "page.py", within=SHARE)
    config = plan.document(
        api.resolve(name, registry.load(name), mishap="crash")
    )  # It has said enough by then.

    def seen(folder, number, count):
        """Let a worker's trial say what it has."""
        spec = TrialSpec(
            kind="trial", folder=str(tmp_path / folder), config=config, objective="val_accuracy"
        )
        with pytest.raises(UserError, match="the page has a fault"):
            fork_server.start(spec, **workers.resources(number, count)).result()
        (line,) = [
            li
            for li in (tmp_path / folder / "log.txt").read_text().splitlines()
            if li.startswith("share ")
        ]
        return json.loads(line.removeprefix("share "))

    cores = sorted(os.sched_getaffinity(0))
    fork_server = trial_process.ForkServer(name)
    try:
        monkeypatch.setattr(workers, "gpus", list)
        for number in range(2):
            share = seen(f"core{number}", number, 2)
            assert share["cores"] == (cores[number::2] or cores)
            assert share.get("threads", len(share["cores"])) == len(share["cores"])
            assert (
                share["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
                and share["CUDA_VISIBLE_DEVICES"] is None
            )
        assert seen("alone", 0, 1)["cores"] == cores
        monkeypatch.setattr(workers, "gpus", lambda: ["3", "5"])
        share = seen("gpu", 1, 2)
        assert share["CUDA_VISIBLE_DEVICES"] == "5" and share["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
        assert share["cores"] == cores, "who has a GPU feeds it from any core"
    finally:
        fork_server.close()


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the virtual devices are TensorFlow's"
)
def test_trials_are_mirrored_over_devices(tmp_path):
    name = page(tmp_path / "page.py", before=DEVICES)
    given = {
        "method": "random",
        "trials": 2,
        "repeats": 1,
        "epochs": 2,
        "watch": lambda scheduler, over: None,
    }
    mirrored = tune(
        name, strategy="mirrored", **given
    )  # It is refused where there are no two devices.
    assert [trial["status"] for trial in mirrored.trials] == ["completed"] * 2, mirrored.trials
    assert (
        mirrored.run.config.strategy == "mirrored" and mirrored.run.metrics["test"]["accuracy"] > 0
    )
