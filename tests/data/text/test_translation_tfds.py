"""Translation sets of TensorFlow Datasets."""

import pytest

from kerasrecipes.data import text
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def test_a_set_that_cannot_be_had_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr("kerasrecipes.data.tfds.online", lambda: False)
    with pytest.raises(UserError, match="is not available"):
        text.tfds_pairs("ted_hrlr_translate/pt_to_en").load(Request())
