"""The paper's base model by its parameters; its decoder has tests of its own."""

from kerasrecipes.models.transformer import transformer


def test_with_the_sizes_of_the_base_model_it_has_its_parameters():
    attention, network = 4 * (512**2 + 512), 2 * 512 * 2048 + 2048 + 512
    encoder, decoder = attention + network + 2 * 1024, 2 * attention + network + 3 * 1024
    beside = 6 * (encoder + decoder)
    assert beside == 44_138_496
    one = transformer(1000, 2000, num_layers=1)
    assert one.count_params() == encoder + decoder + 3000 * 512
    # The paper's 65 million are these and one table for both languages; blocks are alike.
    assert 0.97 < (beside + 37_000 * 512) / 65e6 < 1
