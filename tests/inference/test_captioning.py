"""A captioner captions images, and shows where it looked."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from kerasrecipes import api
from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import scene_captions
from kerasrecipes.errors import UserError
from kerasrecipes.inference import captioning
from kerasrecipes.inference.evaluation import evaluate
from kerasrecipes.models.captioner import captioner
from kerasrecipes.recipe import Request
from kerasrecipes.reports import explain
from kerasrecipes.training import caption_features

# The contract captions too, and `test_beam_search` has the search.
pytestmark = [pytest.mark.pictures, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        patch.setenv("KERASRECIPES_CACHE", str(tmp_path_factory.mktemp("cache")))
        return api.run(
            "caption", limit=600, epochs=6, units=64, batch_size=32, observers=(), diagnose=False
        )


@pytest.fixture
def picture(tmp_path):
    pixels, references = scene_captions.scene(np.random.default_rng(3))
    Image.fromarray(pixels).save(tmp_path / "scene.png")
    return tmp_path / "scene.png", references


def test_it_learns_to_describe(run):
    found = run.metrics["test"]
    assert found["bleu_1"] > 60 and found["bleu_1"] >= found["bleu_4"] and "nearest_bleu_4" in found
    assert {"captions_shown.png", "where_it_looked.png", "caption_scores.png"} <= {
        path.name for path in (run.path / "figures").iterdir()
    }


def test_an_image_becomes_a_sentence_and_a_picture_of_looks(run, picture, tmp_path):
    path, _ = picture
    answers = captioning.caption(run, [str(path)], explain=True)
    (answer,) = explain.write_all(answers, tmp_path / "out")
    assert answer["text"].startswith("a ") and answer["input"] == str(path)
    assert Image.open(answer["explanation"]).width > 500
    assert json.loads(json.dumps(answer.to_dict())) == answer
    (again,) = captioning.caption(run, [path.read_bytes()])
    assert again == {"input": "-", "kind": "text", "text": answer["text"]}


def test_one_beam_is_the_greedy_way_and_company_changes_nothing(run, picture):
    captions = captioning.Captioner(run.model, run.info)
    random = np.random.default_rng(5)
    images = np.stack([scene_captions.scene(random)[0] for _ in range(5)])
    features = captions.features(images)
    together = captions(features, num_beams=1)
    for one, tokens in zip(features, together, strict=True):
        np.testing.assert_array_equal(captions(one[None], num_beams=1)[0], tokens)
        weights = captions.alignment(one, tokens)
        assert weights.shape == (len(tokens) + 1, 64)
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-4)


def test_what_is_no_image_is_told(run, picture, tmp_path):
    folder = picture[0].parent
    (folder / "broken.png").write_bytes(b"no image")
    answers = captioning.caption(run, [str(folder)])
    assert [sorted(answer) for answer in answers] == [
        ["error", "input", "kind"],
        ["input", "kind", "text"],
    ]
    with pytest.raises(UserError, match="cannot be read as an image"):
        captioning.caption(run, [str(folder / "broken.png")])
    with pytest.raises(UserError, match="there is no file or folder"):
        captioning.caption(run, [str(folder / "absent.png")])
    with pytest.raises(UserError, match="num_beams=0"):
        captioning.caption(run, [str(picture[0])], num_beams=0)


def test_a_blank_image_is_noted(run, tmp_path):
    Image.new("RGB", (64, 64), "gray").save(tmp_path / "blank.png")
    (answer,) = captioning.caption(run, [str(tmp_path / "blank.png")])
    assert answer["notes"] == ["the image is blank"]


def test_it_is_judged_on_other_images(run, picture, tmp_path):
    path, references = picture
    rows = ["image,caption", *(f"{path.name},{text}" for text in references)]
    (path.parent / "captions.csv").write_text("\n".join(rows))
    result = evaluate(run, data=str(path.parent / "captions.csv"))
    assert result["examples"] == 1 and result["exact_match"] in (0, 1) and result["bleu_1"] > 0


@pytest.mark.parametrize("decoder", ["inject", "merge"])
def test_without_attention_there_is_nothing_to_draw(decoder, picture):
    splits = caption_features.prepare(
        synthetic.captioned_scenes().load(Request()).limited(20, 0), decoder=decoder
    )
    model = captioner(
        splits.info.input_shape, splits.info.vocabulary_size, decoder=decoder, units=16
    )
    run = SimpleNamespace(model=model, info=splits.info)
    (answer,) = captioning.caption(run, [str(picture[0])])
    assert isinstance(answer["text"], str)
    assert len(captioning.answers(model, splits.info, splits.test)) == len(splits.test)
    with pytest.raises(UserError, match="decoder=attention"):
        captioning.caption(run, [str(picture[0])], explain=True)
