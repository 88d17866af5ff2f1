"""Drawn scenes and what their captions say of them."""

import numpy as np

from kerasrecipes.data.synthetic import scene_captions


def test_drawn_scenes_are_told_from_either_side():
    random = np.random.default_rng(0)
    opposite = {"above": "below", "below": "above", "left": "right", "right": "left"}
    for _ in range(30):
        pixels, references = scene_captions.scene(random)
        assert pixels.shape == (64, 64, 3) and pixels.dtype == np.uint8 and pixels.std() > 3
        if len(references) == 2:
            one, other = (text.split() for text in references)
            assert one[:3] == other[-3:] and one[-3:] == other[:3] and opposite[one[3]] == other[3]


def test_what_is_above_is_drawn_above():
    random = np.random.default_rng(1)
    found = 0
    while found < 10:
        pixels, references = scene_captions.scene(random)
        if " above " not in references[0] or "red" not in references[0].split()[1]:
            continue
        red = pixels[..., 0].astype(int) - pixels[..., 1] > 120
        assert np.argwhere(red)[:, 0].mean() < 32
        found += 1
