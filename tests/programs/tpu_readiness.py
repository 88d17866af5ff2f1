"""Compiles a recipe's training step for eight devices under JAX and tells what a TPU would object
to.

Started as a process of its own, once for all recipes, for the number of devices is settled when JAX
begins.
"""

import json
import os
import re
import sys

os.environ["KERAS_BACKEND"] = "jax"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"

import jax
import keras

from kerasrecipes import api, registry, strategies
from kerasrecipes.training.job import Job


def compiled_step(name):
    """Give the compiled program of one training step, by the page's defaults but in bfloat16."""
    keras.utils.clear_session()
    recipe = registry.load(name)
    config = api.resolve(
        name, recipe, limit=64, epochs=1, batch_size=16, precision="mixed_bfloat16"
    )
    job = Job(recipe, config, strategy=strategies.select("mirrored"))
    training = job.load()
    training = getattr(
        training, "whole", training
    )  # of several phases the one that trains the whole model
    batch = next(training.strategy.feed(iter([training.batches[0, 0]])))
    model = training.model
    model.train_on_batch(*batch)  # lets loss and metrics make their variables
    learned = (model.trainable_variables, model.non_trainable_variables)
    parts = (*learned, model.optimizer.variables, model.metrics_variables)
    state = tuple([variable.value for variable in part] for part in parts)
    return jax.jit(model.train_step).lower(state, batch).compile()


def objections(program):
    """List what of a compiled program a TPU could not run, or would run on one core alone."""
    text = program.as_text()
    found = sorted(set(re.findall(r'custom_call_target="([^"]*callback[^"]*)"', text)))
    found += ["infeed or outfeed"] if re.search(r" (infeed|outfeed)\(", text) else []
    found += ["a dynamic shape"] if re.search(r"\[<=\d+", text) else []
    devices = re.search(r"num_partitions=(\d+)", text)
    found += [] if devices and devices[1] == "8" else ["not spread over eight devices"]
    return found


def control():
    """Give a program that a TPU cannot run, to show that the objections are found."""
    shape = jax.ShapeDtypeStruct((8,), "float32")
    return (
        jax.jit(lambda x: jax.pure_callback(lambda value: value, shape, x)).lower(shape).compile()
    )


def main():
    print(json.dumps({"recipe": "control", "objections": objections(control())}), flush=True)
    for name in sys.argv[1:] or registry.names():
        print(
            json.dumps({"recipe": name, "objections": objections(compiled_step(name))}), flush=True
        )


if __name__ == "__main__":
    main()
