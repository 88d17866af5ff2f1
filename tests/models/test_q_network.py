import keras
import numpy as np
import pytest

from kerasrecipes.models.q_network import q_network


def test_it_has_as_many_parameters_as_its_products():
    plain = q_network((4,), 2, units=120, depth=2, duelling=False)
    assert plain.count_params() == 4 * 120 + 120 + 120 * 120 + 120 + 120 * 2 + 2
    duelling = q_network((4,), 2, units=120, depth=2)
    assert duelling.count_params() == plain.count_params() + 120 + 1


def test_images_have_the_convolutions_of_the_paper():
    model = q_network((84, 84, 4), 4, units=512, duelling=False)
    kernels = [layer.kernel.shape for layer in model.layers if "convolution" in layer.name]
    assert kernels == [(8, 8, 4, 32), (4, 4, 32, 64), (3, 3, 64, 64)]
    small = q_network((8, 8, 2), 4)
    assert not [layer for layer in small.layers if "convolution" in layer.name]


@pytest.mark.parametrize("shape", [(4,), (8, 8, 2), (84, 84, 1)])
def test_it_gives_a_value_for_each_action_and_is_loaded_again(shape, tmp_path):
    model = q_network(shape, 3, units=16)
    seen = np.random.default_rng(0).integers(0, 2, (5, *shape)).astype("float32")
    found = np.asarray(model(seen))
    assert found.shape == (5, 3)
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    np.testing.assert_allclose(np.asarray(again(seen)), found, rtol=1e-5, atol=1e-6)
