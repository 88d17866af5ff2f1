"""Runs recipes on two virtual devices in one process and prints what came of each:
`folder recipe…`.
"""

import json
import os
import sys

import kerasrecipes
from benchmarks.strategies import make_devices


def main(folder, *names):
    """Run one recipe after the other; the last one long enough to be diagnosed."""
    os.environ["KERASRECIPES_HOME"] = folder
    make_devices(2)
    for name in names:
        epochs = 8 if name == names[-1] else 1
        run = kerasrecipes.run(
            name, strategy="mirrored", limit=96, epochs=epochs, batch_size=16, observers=()
        )
        watched = (
            [moment for moment in run.record["moments"] if moment.get("loss")] if epochs > 1 else []
        )
        print(
            json.dumps({"recipe": name, "moments": len(watched), **run.metrics["test"]}), flush=True
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
