"""Generation of sound: samples a second with a cache in every block, and by whole passes.

    python -m benchmarks.wavenet

The naive loop reads, for each sample, as many before it as the network looks back. Both draw the
same codes.
"""

from __future__ import annotations

import time

import keras
import numpy as np

from kerasrecipes.data.audio.waveforms import SILENCE
from kerasrecipes.inference.wavenet import Generator
from kerasrecipes.models.wavenet import wavenet

CACHED, NAIVE = 2000, 40  # samples of each way; the speed of both is per sample
DEPTH, CYCLES = 8, 2  # of the recipe


def naive(model: keras.Model, count: int) -> np.ndarray:
    """Take the most probable code of a whole pass, sample by sample."""
    field = CYCLES * (2**DEPTH - 1) + 1
    codes = [SILENCE]
    label = np.zeros(1, np.int32)
    for _ in range(count):
        # Always as long, so that nothing is compiled anew; what came before the first is silence.
        window = np.array(([SILENCE] * field + codes)[-field:], np.int32)[None]
        logits = model.predict_on_batch({"samples": window, "label": label})
        codes.append(int(np.asarray(logits)[0, -1].argmax()))
    return np.array(codes[1:], np.uint8)


def main() -> None:
    """Measure both, and print them side by side."""
    keras.utils.set_random_seed(0)
    model = wavenet(1, depth=DEPTH, cycles=CYCLES)
    naive(model, 2)  # compiles
    start = time.perf_counter()
    naive(model, NAIVE)
    slow = NAIVE / (time.perf_counter() - start)
    generator = Generator(model)
    start = time.perf_counter()
    generator(np.zeros(1, np.int64), CACHED, temperature=0)
    fast = CACHED / (time.perf_counter() - start)
    start = time.perf_counter()
    generator(np.zeros(16, np.int64), CACHED // 4, temperature=0)
    together = 16 * (CACHED // 4) / (time.perf_counter() - start)
    print(f"whole passes       {slow:10,.0f} samples a second")
    print(f"caches             {fast:10,.0f} samples a second, {fast / slow:.0f} times as many")
    print(f"caches, 16 sounds  {together:10,.0f} samples a second")


if __name__ == "__main__":
    main()
