"""Planted faults of recipes that generate, on their own data, for `benchmarks.diagnosis_truth`: a
game that is lost or goes round in circles, a code that says nothing.
"""

from __future__ import annotations

from typing import Any

Wanted = frozenset[str]
NONE: Wanted = frozenset()
# What may be said besides of a game that is lost: one is told the less, the more the other knows.
LOST = frozenset({"discriminator_won", "mode_collapse", "oscillation"})
# Of a network whose steps are far too large, too.
TOO_LARGE = frozenset({"blow_up", "dying_relu", "exploding_gradients", "learning_rate_too_high"})

# A few hundred drawn images and small networks: seconds each.
SMALL: dict[str, dict[str, Any]] = {
    "gan": {"limit": 800, "filters": 8, "epochs": 20},
    "pix2pix": {"limit": 160, "filters": 8, "epochs": 12},
    "vae": {"limit": 600, "epochs": 12},
    "autoencoder": {"limit": 600, "epochs": 12},
}
FAULTS: dict[str, dict[str, tuple[dict[str, Any], Wanted, Wanted]]] = {
    "gan": {
        "as the page has it": ({}, NONE, NONE),
        "momentum and a high rate": ({"learning_rate": 0.02, "beta_1": 0.9}, LOST, TOO_LARGE),
        "discriminator that won": (
            {"loss": "minimax", "discriminator_rate": 5e-3, "learning_rate": 1e-5},
            frozenset({"discriminator_won"}),
            NONE,
        ),
    },
    "pix2pix": {
        "as the page has it": ({}, NONE, NONE),
        "discriminator that won": (
            {"discriminator_rate": 0.01, "learning_rate": 1e-5},
            frozenset({"discriminator_won"}),
            NONE,
        ),
        "absolute error alone": (
            {"l1_weight": 3000.0},
            frozenset({"discriminator_ignored"}),
            frozenset({"mode_collapse"}),
        ),
        "loss that is no number": (
            {"optimizer": "sgd", "learning_rate": 1e30, "beta_1": None},
            frozenset({"blow_up"}),
            NONE,
        ),
    },
    "vae": {
        "as the page has it": ({}, NONE, NONE),
        "posterior collapse": ({"beta": 50.0}, frozenset({"posterior_collapse"}), NONE),
    },
    "autoencoder": {
        "as the page has it": ({}, NONE, NONE),
        "sparse as it may be": ({"sparsity": "l1", "code": 64}, NONE, NONE),
        "codes that are unused": (
            {"sparsity": "l1", "sparsity_weight": 1.0},
            frozenset({"unused_codes"}),
            frozenset({"dying_relu"}),
        ),
    },
}
