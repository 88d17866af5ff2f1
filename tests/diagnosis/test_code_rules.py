"""Codes that say nothing are found; dimensions that a variational code leaves are none."""

import pytest

from kerasrecipes.diagnosis.rules import diagnose


def found(settings, **logs):
    rows = [{"epoch": n + 1, "loss": 1.0 / (n + 1), **logs} for n in range(5)]
    return diagnose({"epochs": rows}, settings)


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        ({"beta": 20.0, "free_bits": 0.0, "learning_rate": 1e-3}, "beta=1"),
        ({"beta": 1.0, "free_bits": 0.0, "learning_rate": 1e-3}, "free_bits=0.1"),
    ],
)
def test_a_posterior_that_is_the_same_for_every_image_is_found(settings, first):
    (finding,) = found(settings, used_share=0.0, divergence=0.01)
    assert finding.kind == "posterior_collapse" and finding.remedies[0] == first
    assert "draws the same for all" in finding.sentence
    (one,) = found(settings, used_share=1 / 16, divergence=0.1)
    assert "draws all but the same for all" in one.sentence
    # Half of the dimensions left is what the price of a code is for.
    assert found(settings, used_share=0.5, divergence=12.0) == []


def test_codes_that_are_not_used_are_found():
    settings = {"sparsity": "l1", "sparsity_weight": 1.0, "code": 64, "learning_rate": 1e-3}
    (finding,) = found(settings, used_share=0.25)
    assert finding.kind == "unused_codes" and "75%" in finding.sentence
    assert finding.remedies[0] == "sparsity_weight=0.1" and "code=16" in finding.remedies
    (dead,) = found(settings, used_share=0.0)
    assert dead.severity == "high" and "code=" not in " ".join(dead.remedies)
    assert found(settings, used_share=0.9) == []
    # Of an epoch or two nothing is said yet.
    assert diagnose({"epochs": [{"epoch": 1, "loss": 1.0, "used_share": 0.0}]}, settings) == []
