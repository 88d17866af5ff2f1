"""What all tests share: quiet frameworks, and run folders that vanish."""

import base64
import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pytest

import kerasrecipes  # noqa: F401 - lets Keras run on JAX where TensorFlow is absent
from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import style
from tests.samples import rows

# Behind nohup and the like an interrupt is ignored, by every process that the tests start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Of the contract's quick tier these take the longest, five seconds of processor time or more.
LONG_TRAININGS = {
    *("alexnet", "assistant", "attention", "autoencoder", "bert", "caption", "detector"),
    *("embedding", "faces", "gan", "googlenet", "gpt", "landmarks", "mobilenet", "product"),
    "inception",
    *(
        "question_answering",
        "ratings",
        "resnet",
        "segmentation",
        "sentiment",
        "seq2seq",
        "speech",
        "summarize",
        "tagger",
        "transfer",
        "transformer",
    ),
    *("colorize", "pix2pix", "restore", "super_resolution"),
    *("dna", "foley", "music", "wavenet"),
    *("vae", "vgg", "zfnet"),
}


# Recipes that CI does not hold to the whole contract, as `python -m pytest -m contract` does: those
# that differ from another one (`resnet`, `sentiment`, `super_resolution`) in their network, loss or
# damage alone, and those whose contract takes 25 seconds of processor time and more.
BY_HAND = {
    *("alexnet", "attention", "bert", "caption", "detector", "foley", "googlenet", "inception"),
    *("mobilenet", "ratings", "summarize"),
    *("music", "pix2pix"),
    *("question_answering", "restore", "segmentation", "seq2seq", "speech", "transformer", "vgg"),
    *("wavenet", "zfnet"),
}


def pytest_collection_modifyitems(items):
    """Begin with the longest files, on training, tuning and whole recipes: these are late in the
    alphabet, and at the end one worker would wait for them.
    """
    for item in items:
        call = getattr(item, "callspec", None)
        recipe = call.params.get("name", "") if call and item.path.name == "test_recipes.py" else ""
        if recipe in LONG_TRAININGS and item.originalname.startswith("test_it_trains"):
            item.add_marker(pytest.mark.contract)
        if recipe in BY_HAND:
            item.add_marker(pytest.mark.by_hand)
    items.sort(key=lambda item: str(item.path), reverse=True)


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist there is no such hook
def pytest_xdist_make_scheduler(config, log):
    """Keep a file's tests on one worker, where they share trainings; the contract's by recipe.

    Not by `--dist loadgroup`: its groups are not seen with pytest 9.2.
    """
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file, _, test = nodeid.partition("::")
            # A recipe's name is the first parameter of its tests.
            recipe = test.partition("[")[2].rstrip("]").partition("-")[0]
            return f"{file} {recipe}" if file.endswith("test_recipes.py") else file

    return ByFile(config, log)


# Written in place of each picture where a test is not about pictures: drawing them takes a fifth
# (attention) to two fifths (logistic) of a run on 96 examples.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg=="
)


@pytest.fixture(autouse=True, scope="module")
def pictures(request):
    """Leave the figures of runs undrawn in the test command, but in modules marked `pictures`."""
    quick = "not contract" in request.config.option.markexpr
    with pytest.MonkeyPatch.context() as patch:
        if quick and request.node.get_closest_marker("pictures") is None:
            patch.setattr(style, "drawn", undrawn)
        yield


def undrawn(evaluation, functions, notes):
    return [
        style.Picture(function.__name__, style.caption(function), PIXEL) for function in functions
    ]


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory):
    """Let fixtures that train once for many tests remember their runs where these look for them."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        yield


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Let every test write its runs to a folder of its own."""
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv("KERASRECIPES_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERASRECIPES_TRUSTED_PAGES", "")


@pytest.fixture
def history():
    return rows()


@pytest.fixture
def evaluate():
    """Make an evaluation of a classifier from its probabilities and the truth."""

    def make(outputs, labels, *, classes=None, shape=(8, 8, 1), x=None, history=()):
        labels, outputs = np.asarray(labels), np.asarray(outputs, dtype=np.float32)
        if x is None:
            x = np.random.default_rng(0).integers(0, 256, (len(labels), *shape), dtype=np.uint8)
        return Evaluation(
            recipe="lenet",
            model=None,
            info=Info(classes=None if classes is None else tuple(classes)),
            examples=Arrays(x, labels),
            labels=labels,
            outputs=outputs,
            metrics={},
            history=history,
        )

    return make


@pytest.fixture
def guesses():
    """Draw probabilities of a classifier that is right more often than not."""

    def draw(classes, count, seed=0):
        random = np.random.default_rng(seed)
        labels = random.integers(0, classes, count)
        scores = random.normal(size=(count, classes))
        scores[np.arange(count), labels] += 2.5
        chances = np.exp(2 * scores)
        return chances / chances.sum(axis=1, keepdims=True), labels

    return draw


@pytest.fixture
def texts():
    """List all that is written in a figure."""

    def find(figure):
        from matplotlib.text import Text

        return [text.get_text() for text in figure.findobj(Text) if text.get_text()]

    return find
