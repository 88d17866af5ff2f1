"""Decoding in one compiled graph with carried state, beside the naive loop.

    python -m benchmarks.decoding

The naive loop runs the whole model on the whole prefix again for every token, once as Keras runs a
model that is called and once compiled, over a prefix that is padded to its last length. All say
exactly `--length` tokens and, greedily, the same; the model has random weights, as speed does not
depend on them. Rounds alternate; times are medians over them.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from benchmarks import where


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--length", type=int, default=50, help="tokens that are said")
    parser.add_argument("--units", type=int, default=256)
    parser.add_argument("--vocabulary-size", type=int, default=4000)
    parser.add_argument("--batch-size", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = where.parsed(parser)
    model = untrained(arguments.vocabulary_size, arguments.units)
    for rows in arguments.batch_size:
        measure(model, rows, arguments.length, arguments.rounds)


def untrained(vocabulary_size: int, units: int):
    """Build a model with attention that never says the end token."""
    import keras

    from kerasrecipes.data.text.tokenizer import END
    from kerasrecipes.models.seq2seq import seq2seq

    keras.utils.set_random_seed(0)
    sizes = {
        "units": units,
        "embedding_dimension": units // 2,
        "bidirectional": True,
        "score": "additive",
    }
    model = seq2seq(vocabulary_size, vocabulary_size, **sizes)
    decoder = model.get_layer("decoder")
    kernel, bias = decoder.vocabulary.get_weights()
    bias[END] = -1e6
    decoder.vocabulary.set_weights(
        [20 * kernel, bias]
    )  # logits far enough apart that rounding turns none over
    return model


def measure(model, rows: int, length: int, rounds: int) -> None:
    """Print times, their ratios, and whether the texts are equal."""
    import keras

    source = np.random.default_rng(rows).integers(4, 1000, (rows, 16)).astype("int32")
    ways = {
        "naive loop": naive(model, length),
        "naive loop, compiled": naive_compiled(model, length),
        "one graph": one_graph(model, length, beams=1),
        "one graph, 4 beams": one_graph(model, length, beams=4),
    }
    texts = {name: way(source) for name, way in ways.items()}  # The first call compiles.
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            way(source)
            times[name].append(time.perf_counter() - began)
    seconds = {name: statistics.median(found) for name, found in times.items()}
    fastest = seconds["one graph"]
    print(f"{rows} x {length} tokens on {keras.backend.backend()}")
    for name, spent in seconds.items():
        said = f"{1000 * spent:8.1f} ms  {rows * length / spent:9,.0f} tokens/s"
        ratio = (
            f"  {spent / fastest:5.1f} times as long as one graph"
            if name.startswith("naive")
            else ""
        )
        print(f"  {name:<22}{said}{ratio}", flush=True)
    equal = [
        np.array_equal(texts[name], texts["one graph"])
        for name in ("naive loop", "naive loop, compiled")
    ]
    print(f"  the same {rows * length:,} tokens: {'yes' if all(equal) else 'NO'}", flush=True)


def one_graph(model, length: int, beams: int):
    """Decode as `predict` does."""
    import keras

    from kerasrecipes import backend
    from kerasrecipes.inference import beam_search

    decoder = model.get_layer("decoder")
    encoder = keras.Model(model.get_layer("source").output, decoder.input[1:])

    def run(source):
        fixed, state = beam_search.repeat_rows(
            decoder.start(*encoder(source, training=False)), beams
        )
        step = lambda tokens, state: decoder.step(tokens, state, fixed)  # noqa: E731
        return beam_search.search(step, state, keras.ops.shape(source)[0], length, beams)[0]

    compiled = backend.compiled(run, model.variables, [((None, None), "int32")])
    return lambda source: np.asarray(compiled(source))


def naive(model, length: int):
    """Call the model with the prefix that there is, token after token."""
    import keras

    def run(source):
        said = np.full((len(source), 1), START, "int32")
        for _ in range(length):
            logits = keras.ops.convert_to_numpy(
                model({"source": source, "target": said}, training=False)
            )[:, -1]
            said = np.concatenate([said, likeliest(logits)], axis=1)
        return said[:, 1:]

    return run


def naive_compiled(model, length: int):
    """Likewise with a compiled model, over a prefix of one shape."""

    def run(source):
        said = np.zeros((len(source), length + 1), "int32")
        said[:, 0] = START
        for number in range(length):
            logits = model.predict_on_batch({"source": source, "target": said[:, :length]})[
                :, number
            ]
            said[:, number + 1] = likeliest(logits)[:, 0]
        return said[:, 1:]

    return run


def likeliest(logits: np.ndarray) -> np.ndarray:
    """Choose the next tokens, `(rows, 1)`; padding, unknown and start are never said."""
    logits = np.array(logits, copy=True)
    logits[:, : START + 1] = -np.inf
    return logits.argmax(axis=-1)[:, None].astype("int32")


START = 2  # as in kerasrecipes.data.tokens; padding and unknown are 0 and 1


if __name__ == "__main__":
    main()
