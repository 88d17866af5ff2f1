"""Every recipe's training step compiles for eight devices with static shapes and without calls to
the host.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from kerasrecipes import registry

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(find_spec("jax") is None, reason="needs JAX")


# These take longest to compile. They are made of the layers that `lenet`, `resnet`, `transfer` and
# `vae` have, `gan` of steps as those, those that read texts of layers as `sentiment` and
# `tagger`, those of music, sound and genes of such as `next_word` and `speech`, and `seq2seq` of
# those of `attention`.
LONG = {
    *("colorize", "dna", "foley", "music", "restore", "seq2seq", "super_resolution", "wavenet"),
    "bert",
    *("alexnet", "assistant", "detector", "embedding", "faces", "gan", "googlenet", "inception"),
    *(
        "landmarks",
        "mobilenet",
        "pix2pix",
        "product",
        "question_answering",
        "ratings",
        "segmentation",
    ),
    *("summarize", "vgg", "zfnet"),
}
# A loop of its own trains on one device, and is refused on several.
ON_ONE_DEVICE = {"agent"}
QUICK = [name for name in registry.names() if name not in LONG | ON_ONE_DEVICE]


def objections_to(*names):
    """What a TPU would object to, by recipe; all are compiled in one process."""
    command = [sys.executable, "-m", "tests.programs.tpu_readiness", *names]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr[-2000:]
    rows = [json.loads(line) for line in answer.stdout.splitlines() if line.startswith("{")]
    return {row["recipe"]: row["objections"] for row in rows}


@pytest.fixture(scope="module")
def objections():
    return objections_to(*QUICK)


@pytest.mark.parametrize("name", QUICK)
def test_a_tpu_could_run_it(name, objections):
    assert objections[name] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LONG))
def test_a_tpu_could_run_what_takes_longest_to_compile(name):
    assert objections_to(name)[name] == []


def test_what_a_tpu_cannot_run_is_noticed(objections):
    assert len(objections["control"]) == 2, objections["control"]
