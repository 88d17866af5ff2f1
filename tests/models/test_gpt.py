"""GPT-2 small by its parameters, and a small one that is saved, padded and reads one way."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.gpt import gpt

SMALL = {"units": 12, "num_layers": 2, "num_heads": 2}


def test_with_the_sizes_of_gpt_2_small_it_has_its_parameters():
    tokens = 50_257 * 768 + 1024 * 768
    norms, attention, network = 4 * 768, 4 * (768**2 + 768), 8 * 768**2 + 5 * 768
    assert tokens + 12 * (norms + attention + network) + 2 * 768 == 124_439_808
    one = gpt(50_257, 1024, num_layers=1)
    # Blocks are alike, so one of them tells the others' parameters, in less memory.
    assert one.count_params() + 11 * one.get_layer("block_1").count_params() == 124_439_808


@pytest.mark.slow
def test_whole_it_has_them_too():
    assert gpt(50_257, 1024).count_params() == 124_439_808


@pytest.mark.parametrize("settings", [{}, {"positions": "rotary", "norm": "post"}], ids=str)
def test_what_comes_later_changes_nothing_before(settings, tmp_path):
    model = gpt(20, 9, **SMALL, **settings)
    x = np.random.default_rng(0).integers(4, 20, (2, 9))
    changed = np.where(np.arange(9) < 5, x, 4)
    found, other = (keras.ops.convert_to_numpy(model(one)) for one in (x, changed))
    np.testing.assert_allclose(found[:, :5], other[:, :5], atol=1e-6)
    assert np.abs(found[:, 5:] - other[:, 5:]).max() > 1e-5
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(x)), found, atol=1e-6)


def test_tied_embeddings_save_a_kernel_and_its_bias():
    tied, free = (gpt(20, 9, **SMALL, tied_embeddings=t).count_params() for t in (True, False))
    assert free - tied == 20 * 12 + 20


def test_heads_have_to_divide_the_units():
    with pytest.raises(UserError, match="units=12 num_heads=5"):
        gpt(20, 9, units=12, num_heads=5)
