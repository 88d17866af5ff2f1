"""Preprocessors are saved with a run and come back as they were."""

import json
import subprocess
import sys
from dataclasses import dataclass, is_dataclass, replace
from typing import ClassVar

import pytest

from kerasrecipes import preprocessing, settings
from kerasrecipes.data.audio.preprocessor import SpeechPreprocessor
from kerasrecipes.data.audio.waveforms import WavePreprocessor
from kerasrecipes.data.captioning.preprocessor import CaptionPreprocessor
from kerasrecipes.data.dna.preprocessor import DnaPreprocessor
from kerasrecipes.data.images.colorization import ColourPreprocessor
from kerasrecipes.data.images.degradation import Degradation
from kerasrecipes.data.images.detection import BoxPreprocessor
from kerasrecipes.data.images.faces import FacePreprocessor
from kerasrecipes.data.images.filters import EdgePreprocessor
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.handwriting import InkForm
from kerasrecipes.data.images.image_restoration import RestorationPreprocessor
from kerasrecipes.data.images.image_translation import PairPreprocessor
from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.images.segmentation import MaskPreprocessor
from kerasrecipes.data.music.preprocessor import MusicPreprocessor
from kerasrecipes.data.products.product import ProductPreprocessor
from kerasrecipes.data.tables.columns import EncodedColumn
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.text.assistant import AssistantPreprocessor
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.data.text.encoder_texts import EncoderTextPreprocessor
from kerasrecipes.data.text.language_modeling import LanguageModelPreprocessor
from kerasrecipes.data.text.masked_language_modeling import MaskedTextPreprocessor
from kerasrecipes.data.text.question_answering import Question, QuestionPreprocessor
from kerasrecipes.data.text.summarization import SummaryPreprocessor
from kerasrecipes.data.text.tagging import TagPreprocessor
from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.translation import TranslationPreprocessor
from kerasrecipes.data.text.wordpieces import WordPieces
from kerasrecipes.data.timeseries.forecasting import SeriesPreprocessor
from kerasrecipes.data.video.foley import FoleyPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info, InputMoments, TargetScale

FRAME = Frame(size=(8, 9), channels=1, resize="pad", source=(7, 9), background=(3,))
INK = InkForm(
    background=0,
    foreground=255,
    extent=0.7,
    centred="mass",
    centre=(0.5, 0.4),
    spread=(0.0, 0.1, 0.2),
    stroke=0.1,
)
IMAGE = ImagePreprocessor(frame=FRAME, ink=INK, base="small")
WORDS = Tokenizer.fit(["the boat is red"])

PIECES = WordPieces.learn(["the boat is red, the boat is blue"])

EXAMPLES = [
    EncoderTextPreprocessor(tokenizer=PIECES, max_length=9, weights="hub/"),
    MaskedTextPreprocessor(tokenizer=PIECES, max_length=8),
    IMAGE,
    ImagePreprocessor(frame=replace(FRAME, source=None)),
    MaskPreprocessor(size=(8, 9), channels=1, base="small"),
    BoxPreprocessor(size=(32, 64), channels=1, base="small"),
    LandmarkPreprocessor(
        frame=BoxPreprocessor(size=(32, 32)), names=("a", "b"), mirror=(1, 0), between=(0, 1)
    ),
    FacePreprocessor(image=IMAGE, outputs=("gender", "age"), gender=("a", "b"), age=(30.0, 9.0)),
    EdgePreprocessor(frame=FRAME, kernel=((1.0, 0.0), (-1.0, 0.5))),
    ColourPreprocessor(size=16, palette=((0.0, 10.0), (-5.5, 2.0)), weights=(0.5, 1.5)),
    PairPreprocessor(size=(32, 64), palette=((1, 2, 3), (4, 5, 6)), values=(0, 65536)),
    RestorationPreprocessor(degradation=Degradation(kind="jpeg", strength=9.5), patch=16),
    TablePreprocessor(targets=("b",), order=("a", "b")),
    TablePreprocessor(
        targets=("price", "rooms"),
        order=("id", "way", "city", "when", "price", "rooms"),
        kinds=(ColumnKind("way", "number", unit="km"), ColumnKind("id", "id", why="its name")),
        named=False,
        columns=(
            EncodedColumn(name="way", kind="number", mean=2.5, missing=True),
            EncodedColumn(name="city", kind="word", words=("Oslo", "Rome")),
            EncodedColumn(name="when", kind="date", cycles=("year",)),
        ),
    ),
    DnaPreprocessor.fit(["ACGT", "CGTN"]),
    ProductPreprocessor(
        target="price",
        table=TablePreprocessor(targets=("price",), order=("a", "price")),
        text=("words",),
        words=TextPreprocessor(tokenizer=WORDS, max_length=9),
        photos=("photo",),
        size=(8, 8),
        most=2,
        log_price=(3.0, 0.5),
    ),
    MusicPreprocessor.fit(4),
    FoleyPreprocessor(size=16, fps=20, bands=8, threshold=0.5),
    WavePreprocessor(sample_rate=8000, seconds=0.4, condition="speaker"),
    SpeechPreprocessor.fit(["one two", "Three"], 8000, "words"),
    SeriesPreprocessor(
        names=("load",),
        shifts=(1.0,),
        scales=(2.0,),
        errors=(0.5,),
        context=8,
        horizon=4,
        quantiles=(0.1, 0.5, 0.9),
        season=7,
        observed=("promo", "rain"),
        known=("promo",),
        moments=((0.5, 1.0), (0.0, 2.0)),
    ),
    TextPreprocessor.fit(["good film", "good plot"], max_length=7),
    TextPreprocessor(tokenizer=WORDS, max_length=9, pad_to=9, padding="unmasked", vectors="v.txt"),
    TagPreprocessor.fit([["the", "Boat"], ["red"]]),
    TagPreprocessor.fit([["the", "Boat"], ["red"]], characters_per_word=5),
    AssistantPreprocessor(
        tokenizer=WORDS, intents=("go",), tags=("O", "B-to"), templates={"go": "{to}?"}, cased=False
    ),
    SummaryPreprocessor(tokenizer=WORDS, words_per_sentence=7, share=0.3),
    QuestionPreprocessor.fit([Question("the boat?", "the boat")], window=9, stride=3),
    LanguageModelPreprocessor.fit(["the boat", "is red"], tokenization="characters"),
    LanguageModelPreprocessor.fit(["the boat"], tokenization="subwords", vocabulary_size=300),
    TranslationPreprocessor(
        source=WORDS, target=WORDS, source_characters="abc", longest_source=3, longest_target=4
    ),
    CaptionPreprocessor(image=IMAGE, tokenizer=WORDS, max_length=9, decoder="merge", alpha=0.5),
]


@pytest.mark.parametrize("preprocessor", EXAMPLES, ids=lambda one: one.kind)
def test_what_was_saved_is_restored(preprocessor):
    info = Info(classes=("a", "b"), preprocessor=preprocessor)
    text = json.dumps(info.as_dict())
    assert Info.from_dict(json.loads(text)) == info
    # A field that a later version adds does no harm.
    later = json.loads(text)
    later["preprocessor"]["later"] = {"and": "more"}
    assert Info.from_dict(later) == info


@pytest.mark.parametrize("mean", [0.5, (0.5, 1.0)])
def test_moments_and_scales_survive_json(mean):
    info = Info(
        inputs=InputMoments(mean=mean, variance=mean),
        target=TargetScale(mean=(1.0,), scale=(2.0,), unit="km"),
    )
    assert Info.from_dict(json.loads(json.dumps(info.as_dict()))) == info


def test_every_kind_is_where_the_table_says_and_is_tried_here():
    assert {one.kind for one in EXAMPLES} == set(preprocessing.KINDS)
    for kind, place in preprocessing.KINDS.items():
        cls = settings.Lazy(place).value
        assert cls.kind == kind and cls.inputs and is_dataclass(cls)
        assert cls.__dataclass_params__.frozen and callable(cls.fit)


def test_a_page_brings_a_kind_of_its_own():
    @dataclass(frozen=True)
    class Recordings(preprocessing.Preprocessor):
        kind: ClassVar[str] = "recordings of this test"
        inputs: ClassVar[str] = "recordings"
        rate: int
        band: tuple[float, float] = (20.0, 20_000.0)

        def __call__(self, raw):
            return [self.rate * value for value in raw]

    info = Info(preprocessor=Recordings(8000, (50.0, 4000.0)))
    restored = Info.from_dict(json.loads(json.dumps(info.as_dict())))
    assert restored == info and restored.preprocessor([1, 2]) == [8000, 16000]
    assert Recordings.of(restored) is restored.preprocessor
    with pytest.raises(UserError, match="not trained on images"):
        ImagePreprocessor.of(restored)
    with pytest.raises(ValueError, match="the kind 'image' of"):
        type("Other", (Recordings,), {"kind": "image"})


@pytest.mark.parametrize("kind", ["moon", None, "os:system"])
def test_an_unknown_kind_is_refused_in_a_line(kind):
    with pytest.raises(UserError, match=f"no preprocessor of the kind '{kind}', only .*caption"):
        Info.from_dict({"preprocessor": {"kind": kind}})


def test_builders_take_what_they_need_from_the_preprocessor():
    def build(input_shape, frame, *, units=3):
        """Build.

        Args:
            input_shape: of an example.
            frame: of the images.
            units: of the layer.
        """
        return input_shape, frame, units

    info = Info(input_shape=(8, 9, 1), preprocessor=IMAGE)
    assert settings.settings_of(build)(info, units=4) == ((8, 9, 1), FRAME, 4)


def test_metadata_load_only_the_preprocessor_that_they_name():
    code = (
        "import sys; from kerasrecipes.recipe import Info; Info.from_dict({'classes': ['a']});"
        "print({'numpy', 'PIL', 'tokenizers', 'keras'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "set()"
