"""Games that are lost are found, and those that go on are left alone."""

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
