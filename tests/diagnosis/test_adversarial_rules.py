"""Games that are lost are found, and those that go on are left alone."""

import numpy as np
import pytest

from kerasrecipes.diagnosis.rules import diagnose

SETTINGS = {
    "loss": "minimax",
    "learning_rate": 1e-3,
    "normalization": "auto",
    "label_smoothing": 0.0,
}
SETTINGS |= {"discriminator_rate": None, "critic_steps": 1}


def found(settings=SETTINGS, **logs):
    rows = [{"epoch": n + 1, "told_apart": 0.8, "variety": 0.9, "kinds": 0.95} for n in range(6)]
    for row in rows[2:]:
        row |= logs
    return diagnose({"epochs": rows}, settings)


def test_a_game_that_goes_on_is_left_alone():
    assert found() == []
    assert found(told_apart=0.98, variety=0.5, kinds=0.7) == []


@pytest.mark.parametrize("logs", [{"variety": 0.1}, {"kinds": 0.3}])
def test_a_generator_that_has_collapsed_is_found(logs):
    (finding,) = found(**logs)
    assert finding.kind == "mode_collapse" and "collapsed" in finding.sentence
    assert "loss=wasserstein critic_steps=3" in finding.remedies


def test_a_discriminator_that_has_won_is_the_cause_of_what_follows():
    (finding,) = found(told_apart=1.0, variety=0.1)
    assert finding.kind == "discriminator_won"
    assert finding.remedies[:2] == ("loss=non_saturating", "discriminator_rate=0.0003")
    # A critic with a penalty may tell all pairs apart and still say where to go.
    assert found({**SETTINGS, "loss": "wasserstein"}, told_apart=1.0) == []


def told(curves, settings=SETTINGS):
    count = len(next(iter(curves.values())))
    rows = [{"epoch": n + 1, **{k: float(v[n]) for k, v in curves.items()}} for n in range(count)]
    return diagnose({"epochs": rows}, settings)


def swinging(random, count, level, size):
    """Up and down in turn, by about `size` of the level."""
    turns = np.where(np.arange(count) % 2, 1.0, -1.0) * random.uniform(0.8, 1.2, count)
    return level * (1 + size / 2 * turns)


def test_networks_that_circle_each_other_are_found_at_any_size_of_their_losses():
    random = np.random.default_rng(0)
    for _ in range(40):
        count, level = int(random.integers(9, 40)), 10.0 ** random.uniform(-1, 2)
        curve = swinging(random, count, level, random.uniform(1.0, 1.6))
        (finding,) = told({"generator_loss": curve})
        assert finding.kind == "oscillation" and "circle each other" in finding.sentence
        assert finding.evidence["low"] < level < finding.evidence["high"]
        # Losses that stand about still, fall, or rise slowly are those of a healthy game.
        still = level * random.uniform(0.85, 1.15, count)
        assert told({"generator_loss": still}) == []
        assert told({"discriminator_loss": level * np.geomspace(1, 1e-3, count)}) == []
        # A critic's scores have no scale.
        assert told({"generator_loss": curve}, {**SETTINGS, "loss": "wasserstein"}) == []


def test_a_loss_without_a_scale_does_not_circle():
    for seed in range(20):
        scores = np.random.default_rng(seed).normal(0, 0.3, 20)
        for loss in ("hinge", "wasserstein"):
            assert told({"generator_loss": scores}, {**SETTINGS, "loss": loss}) == []
    # Of `hinge` the discriminator's loss has one.
    curve = swinging(np.random.default_rng(3), 18, 1.0, 1.4)
    (finding,) = told({"discriminator_loss": curve}, {**SETTINGS, "loss": "hinge"})
    assert finding.kind == "oscillation"


def test_a_distance_that_swings_is_found_unless_it_gets_better():
    random = np.random.default_rng(1)
    curve = swinging(random, 18, 30.0, 1.2)
    for loss in ("minimax", "wasserstein"):
        (finding,) = told({"val_frechet_distance": curve}, {**SETTINGS, "loss": loss})
        assert "Fréchet distance" in finding.sentence
    better = curve * np.geomspace(1, 0.02, 18)
    losses = swinging(random, 18, 1.0, 1.5)
    assert told({"val_frechet_distance": better, "generator_loss": losses}) == []


def test_what_lets_networks_circle_is_taken_back_first():
    curve = swinging(np.random.default_rng(2), 12, 1.0, 1.4)
    (finding,) = told(
        {"generator_loss": curve}, {**SETTINGS, "beta_1": 0.9, "schedule": "constant"}
    )
    assert finding.remedies[:3] == ("beta_1=0.5", "--learning-rate 0.0003", "--schedule cosine")


@pytest.mark.parametrize(("weight", "found"), [(10.0, False), (100.0, False), (3000.0, True)])
def test_a_generator_that_hears_only_the_absolute_error_is_found(weight, found):
    error = np.full(6, 0.1)
    loss = 1.2 + weight * 2 * error
    logs = {"generator_loss": loss, "l1": error}
    if found:  # whom nobody hears is not played against
        logs |= {"told_apart": np.ones(6), "discriminator_loss": np.full(6, 0.01)}
    findings = told(logs, {"l1_weight": weight})
    assert [finding.kind for finding in findings] == ["discriminator_ignored"] * found
    if found:
        assert findings[0].remedies == ("l1_weight=100",)


def test_of_a_game_that_has_only_begun_nothing_is_said():
    logs = {"told_apart": np.ones(6), "variety": np.full(6, 0.1), "kinds": np.full(6, 0.3)}
    assert told({**logs, "step": np.arange(1, 7) * 10}) == []
    assert [f.kind for f in told({**logs, "step": np.arange(1, 7) * 100})] == ["discriminator_won"]


@pytest.mark.parametrize(
    ("settings", "unsure", "sure"),
    [
        ({"loss": "non_saturating"}, 0.885, 0.005),
        ({"loss": "hinge"}, 1.0, 0.02),
        ({"loss": "least_squares"}, 0.1, 0.01),
        ({}, 0.5, 0.01),
        # The least loss of a smoothed target is its entropy, here 0.325.
        ({"loss": "minimax", "label_smoothing": 0.1}, 0.95, 0.33),
        ({"loss": "non_saturating", "label_smoothing": 0.1}, 0.95, 0.33),
        ({"loss": "least_squares", "label_smoothing": 0.1}, 0.1, 0.01),
    ],
)
def test_a_discriminator_that_is_not_sure_has_not_won(settings, unsure, sure):
    logs = {"told_apart": np.ones(6), "variety": np.full(6, 0.8)}
    assert told({**logs, "discriminator_loss": np.full(6, unsure)}, settings) == []
    (finding,) = told({**logs, "discriminator_loss": np.full(6, sure)}, settings)
    assert finding.kind == "discriminator_won"
