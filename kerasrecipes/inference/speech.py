"""The words of recordings by a trained recognizer, with their times, and their error rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.sound import Segment, Transcript
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.audio.decoding import decode, is_sound
from kerasrecipes.data.audio.preprocessor import SpeechPreprocessor
from kerasrecipes.data.audio.speech import EncodedSpeech
from kerasrecipes.data.audio.waves import resampled
from kerasrecipes.data.files import is_regular, natural_key, read_text
from kerasrecipes.errors import UserError
from kerasrecipes.files import is_there
from kerasrecipes.inference.ctc_search import Stretch, alignment, greedy, prefix_beam_search
from kerasrecipes.inference.inputs import STDIN
from kerasrecipes.inference.ngram_model import NgramModel
from kerasrecipes.info import Info
from kerasrecipes.losses.ctc import NEVER
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.edit_distance import character_error_rate, error_rate, word_error_rate
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

BATCH = 16  # recordings that are in memory together
_LONGEST, _SHORTEST = 30.0, 20.0  # seconds of a piece that a long recording is cut into
_MOST_BEAMS = 200
_SLICES = 12  # of a recording, of which the baseline compares the spectra
_MOST_COMPARED = 2000  # training recordings that the baseline looks at


class Heard(NamedTuple):
    """What a model says of a recording.

    Args:
        labels: the symbols, from 1 on.
        stretches: the frames of each.
        log_probabilities: `(frames, symbols)`.
    """

    labels: list[int]
    stretches: list[Stretch]
    log_probabilities: np.ndarray


def log_probabilities(
    model: Any, preprocessor: SpeechPreprocessor, sound: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """Compute the symbols of each frame.

    Args:
        model: trained.
        preprocessor: of its training.
        sound: `(samples,)` each, at the preprocessor's rate.

    Returns:
        `(frames, symbols)` for each recording, without padding.
    """
    found: list[np.ndarray] = [np.zeros((0, preprocessor.num_symbols))] * len(sound)
    # Recordings of like length together, so that little is padded.
    order = sorted(range(len(sound)), key=lambda number: len(sound[number]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        x = preprocessor([sound[number] for number in chosen])
        logits = np.asarray(model_outputs.of_arrays(model, x, BATCH), np.float64)
        for number, rows in zip(chosen, logits, strict=True):
            real = rows[rows[:, -1] > NEVER / 2]
            highest = real.max(axis=1, keepdims=True) if len(real) else 0.0
            found[number] = real - np.log(np.exp(real - highest).sum(1, keepdims=True)) - highest
    return found


def answers(model: Any, info: Info, examples: Any) -> list[str]:
    """Write what is said in the recordings of a split, by the most probable path.

    Args:
        model: trained.
        info: of its training.
        examples: of the split.

    Returns:
        A text for each recording, in their order.
    """
    preprocessor, found = SpeechPreprocessor.of(info), []
    for start in range(0, len(examples), 16 * BATCH):
        indices = np.arange(start, min(start + 16 * BATCH, len(examples)))
        rows = log_probabilities(model, preprocessor, examples.sound(indices))
        found += [preprocessor.decode(greedy(row)) for row in rows]
    return found


def scores(evaluation: Evaluation) -> dict[str, Any]:
    """Compute the error rates of words and characters.

    Args:
        evaluation: its `outputs` are texts.

    Returns:
        `wer` and `cer`, shares of the words and characters of all references, and
        `sentence_accuracy`, the share of recordings without a mistake. Of symbols that are words
        characters are not counted.
    """
    references, texts = _speech(evaluation).transcripts, list(evaluation.outputs)
    found = {"wer": word_error_rate(references, texts)}
    found["cer"] = character_error_rate(references, texts)
    right = [one == other for one, other in zip(references, texts, strict=True)]
    return {**found, "sentence_accuracy": float(np.mean(right)) if right else 0.0}


def by_speaker(evaluation: Evaluation) -> dict[str, tuple[float, int]]:
    """Compute the word error rate of each speaker, and count the recordings.

    Args:
        evaluation: its `outputs` are texts.

    Returns:
        Rate and number of recordings by the speaker's name.
    """
    speech = _speech(evaluation)
    names, references = speech.recordings.speaker_names, speech.transcripts
    found = {}
    for name in sorted(set(names), key=natural_key):
        own = [number for number, other in enumerate(names) if other == name]
        rate = error_rate(
            [references[n].split() for n in own], [evaluation.outputs[n].split() for n in own]
        )
        found[name or "unknown"] = rate, len(own)
    return found


def nearest(evaluation: Evaluation) -> Baseline | None:
    """Answer each recording with the transcript of the training recording that sounds most like it.

    Recordings are compared by the spectra of twelve slices of equal length, whatever theirs.

    Args:
        evaluation: of a split, with the training recordings.

    Returns:
        The baseline; `None` where the training recordings are not at hand.
    """
    train, test = evaluation.train, _speech(evaluation)
    if not isinstance(train, EncodedSpeech) or not len(train) or not len(test):
        return None
    seen = np.sort(np.random.default_rng(0).permutation(len(train))[:_MOST_COMPARED])
    alike = EncodedSpeech(train.recordings.select(seen), train.preprocessor, joined=train.joined)
    known, asked = (_slices(part) for part in (alike, test))
    texts = alike.transcripts
    best = (asked @ known.T).argmax(axis=1)
    return Baseline("nearest training recording", outputs=[texts[number] for number in best])


def _slices(speech: EncodedSpeech) -> np.ndarray:
    """Return directions, `(recordings, features)`, of the log spectra of slices of recordings."""
    rows = []
    for start in range(0, len(speech), BATCH):
        for sound in speech.sound(np.arange(start, min(start + BATCH, len(speech)))):
            padded = np.pad(sound, (0, max(0, 512 - len(sound))))
            frames = np.lib.stride_tricks.sliding_window_view(padded, 256)[::128]
            power = np.abs(np.fft.rfft(frames * np.hanning(256))) ** 2  # (frames, 129)
            bands = np.log(np.add.reduceat(power, np.arange(1, 129, 6), axis=1) + 1e-6)
            places = np.linspace(0, len(bands), _SLICES + 1).astype(int)
            means = [bands[a : max(b, a + 1)].mean(axis=0) for a, b in pairwise(places)]
            rows.append(np.concatenate(np.array(means) - np.mean(means, axis=0)))
    found = np.array(rows)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def hear(
    found: np.ndarray,
    num_beams: int = 1,
    model: NgramModel | None = None,
    weight: float = 0.5,
) -> Heard:
    """Decode the symbols of a recording's frames, and find where each of them is.

    Args:
        found: log probabilities, `(frames, symbols)`.
        num_beams: beginnings of texts that are kept; 1 takes the most probable path.
        model: of the symbols.
        weight: of the model.

    Returns:
        The symbols, the frames of each, and the log probabilities.
    """
    if num_beams == 1 and model is None:
        labels = greedy(found)
    else:
        labels = prefix_beam_search(found, num_beams, model, weight, weight if model else 0.0)[0][0]
    return Heard(labels, alignment(found, labels), found)


def transcribe(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    num_beams: int = 8,
    language_model: str | None = None,
    language_weight: float = 0.3,
) -> list[Answer]:
    """Write the words of recordings, with the time at which each begins and ends.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: files of sound of any rate and number of channels, folders of them, or their
            content.
        num_beams: beginnings of texts that are kept at each frame; 1 takes the most probable path.
        language_model: file of text like that which is said, of whose letters n-grams are counted
            to help with the spelling.
        language_weight: weight of its log probability beside the sound's.

    Returns:
        For each recording a `Transcript`; for a file in a folder that is no sound a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is no sound, or an option is out of
            range.
    """
    preprocessor = SpeechPreprocessor.of(run.info)
    if not 1 <= num_beams <= _MOST_BEAMS:
        raise UserError(f"num_beams={num_beams}: must be from 1 to {_MOST_BEAMS}")
    if not 0 <= language_weight <= 10:
        raise UserError(f"language_weight={language_weight}: must be from 0 to 10")
    spelling = _counted(language_model, preprocessor) if language_model else None
    found: list[Answer] = []
    for name, sound in _recordings(inputs):
        if isinstance(sound, UserError):
            found.append(Failure(input=name, error=str(sound)))
            continue
        samples, rate = sound
        notes = _notes(samples, rate, preprocessor.sample_rate)
        samples = resampled(samples, rate, preprocessor.sample_rate)
        segments: list[Segment] = []
        # Silence is not asked about: of what is nothing throughout a model may make anything.
        for start, piece in pieces(samples, preprocessor.sample_rate) if samples.any() else ():
            (rows,) = log_probabilities(run.model, preprocessor, [piece])
            heard = hear(rows, num_beams, spelling, language_weight)
            length = len(piece) / preprocessor.sample_rate / max(1, len(rows))
            segments += words(heard, preprocessor, length, start / preprocessor.sample_rate)
        text = " ".join(segment.text for segment in segments)
        notes += [] if text else ["nothing was heard"]
        seconds = len(samples) / preprocessor.sample_rate
        found.append(
            Transcript(input=name, text=text, segments=segments, seconds=seconds, notes=notes)
        )
    if not found:
        raise UserError("there is no recording to hear; name files of sound or a folder of them")
    return found


def words(
    heard: Heard, preprocessor: SpeechPreprocessor, frame: float, start: float = 0.0
) -> list[Segment]:
    """Return the words of a recording with their times.

    Args:
        heard: what the model says of it.
        preprocessor: of the training.
        frame: seconds from frame to frame.
        start: seconds before the first frame.
    """
    groups: list[list[tuple[int, Stretch]]] = [[]]
    for label, stretch in zip(heard.labels, heard.stretches, strict=True):
        space = preprocessor.symbols[label - 1] == " "
        if space or (preprocessor.tokenization == "words" and groups[-1]):
            groups.append([])
        if not space:
            groups[-1].append((label, stretch))
    return [
        Segment(
            preprocessor.decode([label for label, _ in group]),
            round(start + group[0][1].first * frame, 3),
            round(start + (group[-1][1].last + 1) * frame, 3),
            round(float(np.exp(np.mean([np.log(s.probability) for _, s in group]))), 4),
        )
        for group in groups
        if group
    ]


def pieces(samples: np.ndarray, rate: int) -> Iterator[tuple[int, np.ndarray]]:
    """Cut a long recording where it is quietest, so that memory does not grow with its length.

    Args:
        samples: `(samples,)`.
        rate: samples a second.

    Yields:
        Where a piece begins, and its samples, of at most 30 seconds.
    """
    start, step = 0, rate // 20
    while len(samples) - start > _LONGEST * rate:
        first, last = start + int(_SHORTEST * rate), start + int(_LONGEST * rate)
        part = samples[first : last // step * step]
        power = np.square(part[: len(part) // step * step].reshape(-1, step)).mean(axis=1)
        end = first + int(power.argmin()) * step + step // 2
        yield start, samples[start:end]
        start = end
    if len(samples) > start:
        yield start, samples[start:]


def _counted(path: str, preprocessor: SpeechPreprocessor) -> NgramModel:
    encoded = (preprocessor.encode(line) for line in read_text(path).splitlines())
    rows = [row for row in encoded if row is not None and len(row)]
    if not rows:
        raise UserError(
            f"{path} has no line whose symbols the model knows, which are "
            f"{' '.join(symbol for symbol in preprocessor.symbols[:40] if symbol != ' ')}"
        )
    return NgramModel([row.tolist() for row in rows], preprocessor.num_symbols)


def _recordings(
    inputs: Iterable[str | Path | bytes],
) -> Iterator[tuple[str, tuple[np.ndarray, int] | UserError]]:
    """Decode recordings one at a time; a file of a folder that is no sound has its error."""
    for item in inputs:
        if isinstance(item, bytes):
            yield STDIN, decode(item)
        elif not str(item) or not is_there(item):
            raise UserError(f"there is no file or folder '{str(item)[:200]}'")
        elif Path(item).expanduser().is_dir():
            root = Path(item).expanduser()
            files = sorted(
                (path for path in root.rglob("*") if is_sound(path) and is_regular(path)),
                key=lambda path: natural_key(str(path)),
            )
            if not files:
                raise UserError(f"the folder {item} holds no recordings")
            for path in files:
                try:
                    yield str(path), decode(path)
                except UserError as error:
                    yield str(path), error
        else:
            yield str(item), decode(Path(item).expanduser())


def _notes(samples: np.ndarray, rate: int, wanted: int) -> list[str]:
    """List what makes a transcript doubtful."""
    if not len(samples):
        return ["the recording has no length"]
    if not samples.any():
        return ["the recording is silent"]
    notes = []
    loudest = np.abs(samples).max()
    if (share := float(np.mean(np.abs(samples) >= 0.999 * loudest))) > 0.01:
        notes.append(f"{100 * share:.0f} % of the samples are clipped")
    if rate < 0.95 * wanted:
        notes.append(
            f"{rate:,} samples a second, the model was trained on {wanted:,}: high sounds are "
            "missing"
        )
    return notes


def _speech(evaluation: Evaluation) -> EncodedSpeech:
    return cast(EncodedSpeech, evaluation.examples)
