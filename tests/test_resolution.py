"""Installing the package leaves alone what Colab holds; what asks a package index is slow."""

import configparser
import json
import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not (ROOT / "setup.cfg").is_file(), reason="needs the source tree")


@pytest.fixture(scope="module")
def pip(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resolution")
    venv.create(folder, with_pip=True)
    return [str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"), "-m", "pip"]


def resolved(pip, *wanted):
    """Give what pip would install, by name and version, without installing it."""
    command = [*pip, "install", "--dry-run", "--quiet", "--report", "-", *wanted]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if "No matching distribution" in answer.stderr or "Could not find a version" in answer.stderr:
        pytest.skip("no package index holds these versions")
    assert answer.returncode == 0, answer.stderr
    return {
        item["metadata"]["name"]: item["metadata"]["version"]
        for item in json.loads(answer.stdout)["install"]
    }


@pytest.mark.slow
def test_colab_keeps_its_tensorflow_and_keras(pip):
    chosen = resolved(pip, ".", "tensorflow==2.19.*", "keras==3.10.*")
    assert chosen["tensorflow"].startswith("2.19.") and chosen["keras"].startswith("3.10.")
    # Newer releases are generated for a protobuf that this TensorFlow refuses.
    assert chosen["tensorflow-metadata"].startswith("1.17.") and chosen["protobuf"] < "6"


def notebook_requirements():
    """Give the packages that the TPU notebook installs beside this one."""
    notebook = json.loads((ROOT / "notebooks" / "tpu.ipynb").read_text())
    lines = [line for cell in notebook["cells"] for line in "".join(cell["source"]).splitlines()]
    installed = [
        shlex.split(line)[2:]
        for line in lines
        if line.startswith("%pip") and "--no-deps" not in line
    ]
    return [word for words in installed for word in words if not word.startswith("-")]


@pytest.mark.slow
def test_colabs_tpu_keeps_its_jax_and_keras_and_gets_no_tensorflow(pip):
    chosen = resolved(pip, "jax", "keras==3.13.*", *notebook_requirements())
    assert chosen["keras"].startswith("3.13.") and "tensorflow" not in chosen


def test_the_tpu_notebook_installs_all_that_is_needed_but_tensorflow():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    needed = {
        re.split(r"[<>=!~ ;\[]", line)[0]
        for line in parser["options"]["install_requires"].split("\n")
        if line
    }
    installed = {re.split(r"[<>=!~ ;\[]", word)[0] for word in notebook_requirements()}
    assert needed - installed == {"tensorflow", "keras", "numpy"}
