"""TensorFlow Datasets that cannot be used beside other packages is refused in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# Runs where a part of what TFDS imports fails as generated code does beside another protobuf.
PROGRAM = """
import sys


class Misfit:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise {error}


sys.meta_path.insert(0, Misfit())
from kerasrecipes.data import tfds
from kerasrecipes.errors import UserError

try:
    tfds.library()
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("module", "error", "said"),
    [
        (
            "tensorflow_metadata.proto.v0.schema_pb2",
            "TypeError('gencode 6.31.1')",
            "gencode 6.31.1",
        ),
        ("tensorflow_metadata", "ImportError('no such thing\\nsecond line')", "no such thing"),
        ("tensorflow_metadata.proto", "RuntimeError()", "RuntimeError"),
    ],
)
def test_a_misfit_is_refused_in_one_line_that_says_what_to_install(module, error, said):
    pytest.importorskip("tensorflow_datasets")
    program = PROGRAM.format(module=module, error=error)
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    (line,) = result.stdout.splitlines()
    assert said in line and "pip install 'tensorflow-metadata<1.18'" in line
    assert "Traceback" not in result.stderr
