"""Trains the recipe `sentiment` on one device and on two virtual ones, and prints the metrics of
each.
"""

import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)

import kerasrecipes

found = {}
for strategy in ("cpu", "mirrored"):
    settings = {
        "limit": 300,
        "epochs": 1,
        "batch_size": 15,
        "word_dropout_rate": 0.0,
        "diagnose": False,
        "units": 8,
    }
    found[strategy] = kerasrecipes.run(
        "sentiment", strategy=strategy, observers=(), **settings
    ).metrics["test"]
print(json.dumps(found), file=sys.stdout)
