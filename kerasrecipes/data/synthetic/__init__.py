"""Generated data: small tasks that work offline, and that a simpler model than the recipe's fails.

A recipe names its sources by these functions; what they need is imported when they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kerasrecipes.recipe import Source


def table(name: str, rows: int | None = None) -> Source:
    """Return the source of a generated table.

    Args:
        name: `placement`, `xor`, `moons`, `spirals`, `outliers` or `bmi`.
        rows: number of rows; by default the table's own.

    Raises:
        UserError: if there is no such table.
    """
    from kerasrecipes.data.synthetic.tables import TABLES, GeneratedTable
    from kerasrecipes.errors import unknown

    if name not in TABLES:
        raise unknown("generated table", name, TABLES)
    summary, draw, default = TABLES[name]
    return GeneratedTable(name, summary, draw, rows or default)


def scenes() -> Source:
    """Return the source of drawn pictures of one thing each, eight classes."""
    from kerasrecipes.data.synthetic.scene_images import Scenes

    return Scenes()


def masked_scenes() -> Source:
    """Return the source of drawn pictures of several shapes with a class for each pixel."""
    from kerasrecipes.data.synthetic.scene_masks import MaskedScenes

    return MaskedScenes()


def boxed_scenes() -> Source:
    """Return the source of drawn pictures of several shapes with a box around each."""
    from kerasrecipes.data.synthetic.scene_boxes import BoxedScenes

    return BoxedScenes()


def textured_scenes() -> Source:
    """Return the source of drawn pictures of textured shapes, without noise."""
    from kerasrecipes.data.synthetic.scene_textures import TexturedScenes

    return TexturedScenes()


def coloured_scenes() -> Source:
    """Return the source of drawn pictures whose colours belong to what is drawn."""
    from kerasrecipes.data.synthetic.scene_colours import ColouredScenes

    return ColouredScenes()


def material_scenes() -> Source:
    """Return the source of drawn pictures of materials with their plans."""
    from kerasrecipes.data.synthetic.scene_materials import MaterialScenes

    return MaterialScenes()


def shapes() -> Source:
    """Return the source of drawn shapes, white on black, in any place, size and turn."""
    from kerasrecipes.data.synthetic.drawn_shapes import Shapes

    return Shapes()


def captioned_scenes() -> Source:
    """Return the source of drawn pictures of coloured shapes with captions."""
    from kerasrecipes.data.synthetic.scene_captions import CaptionedScenes

    return CaptionedScenes()


def reviews() -> Source:
    """Return the source of generated reviews of films, negative or positive."""
    from kerasrecipes.data.synthetic.film_reviews import Reviews

    return Reviews()


def graded_reviews() -> Source:
    """Return the source of generated reviews of hotels with grades from 1 to 5."""
    from kerasrecipes.data.synthetic.hotel_reviews import GradedReviews

    return GradedReviews()


def agreement(sentences: int = 6000) -> Source:
    """Return the source of generated sentences whose words depend on others far before.

    Args:
        sentences: number of sentences.
    """
    from kerasrecipes.data.synthetic.agreeing_sentences import Agreement

    return Agreement(sentences)


def translations(name: str, count: int | None = None) -> Source:
    """Return the source of generated pairs of a sentence and its translation.

    Args:
        name: `word_order` or `dates`.
        count: number of pairs; by default their own.

    Raises:
        UserError: if there are no such pairs.
    """
    from kerasrecipes.data.synthetic.sentence_pairs import PAIRS, GeneratedPairs
    from kerasrecipes.errors import unknown

    if name not in PAIRS:
        raise unknown("generated pairs", name, PAIRS)
    summary, languages, draw, default = PAIRS[name]
    return GeneratedPairs(name, summary, languages, draw, count or default)


def tagged(name: str) -> Source:
    """Return the source of generated sentences with a tag for each word.

    Args:
        name: `parts_of_speech` or `names`.

    Raises:
        UserError: if there are no such sentences.
    """
    from kerasrecipes.data.synthetic.tagged_sentences import SENTENCES, GeneratedSentences
    from kerasrecipes.errors import unknown

    if name not in SENTENCES:
        raise unknown("generated sentences", name, SENTENCES)
    return GeneratedSentences(*SENTENCES[name])


def commands() -> Source:
    """Return the source of generated commands to an assistant, with intents and slots."""
    from kerasrecipes.data.synthetic.spoken_commands import SpokenCommands

    return SpokenCommands()


def lives() -> Source:
    """Return the source of questions about generated articles on people who never were."""
    from kerasrecipes.data.synthetic.invented_lives import InventedLives

    return InventedLives()


def news() -> Source:
    """Return the source of generated news with summaries."""
    from kerasrecipes.data.synthetic.generated_news import GeneratedNews

    return GeneratedNews()


def hourly_load() -> Source:
    """Return the source of generated hourly series."""
    from kerasrecipes.data.synthetic.seasonal_series import SeasonalSeries

    return SeasonalSeries()


def speech() -> Source:
    """Return the source of synthesised recordings of nonsense words by voices of many kinds."""
    from kerasrecipes.data.synthetic.formant_speech import FormantSpeech

    return FormantSpeech()


def faces_of_persons() -> Source:
    """Return the source of drawn faces of many persons, several photographs of each."""
    from kerasrecipes.data.synthetic.face_identities import FaceIdentities

    return FaceIdentities()


def enhancers() -> Source:
    """Return the source of generated DNA in which two motifs must stand in order on one strand."""
    from kerasrecipes.data.synthetic.enhancer_windows import Enhancers

    return Enhancers()


def faces_with_points() -> Source:
    """Return the source of drawn faces with the places of brows, eyes, nose, mouth and chin."""
    from kerasrecipes.data.synthetic.face_landmarks import FaceLandmarks

    return FaceLandmarks()


def faces_with_attributes() -> Source:
    """Return the source of drawn faces with age, gender and emotion, many of them unknown."""
    from kerasrecipes.data.synthetic.face_attributes import FaceAttributes

    return FaceAttributes()


def products() -> Source:
    """Return the source of generated products with drawing, description, table and price."""
    from kerasrecipes.data.synthetic.priced_products import PricedProducts

    return PricedProducts()


def chorales() -> Source:
    """Return the source of generated pieces of four voices."""
    from kerasrecipes.data.synthetic.harmonized_tunes import Chorales

    return Chorales()


def short_words() -> Source:
    """Return the source of synthesised recordings of a few short words by one voice."""
    from kerasrecipes.data.synthetic.formant_speech import ShortWords

    return ShortWords()


def bouncing_balls() -> Source:
    """Return the source of drawn clips of bouncing balls with their sound."""
    from kerasrecipes.data.synthetic.ball_clips import BouncingBalls

    return BouncingBalls()
