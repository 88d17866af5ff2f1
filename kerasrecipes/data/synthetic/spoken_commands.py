"""Generated commands to an assistant, in which the same words mean another thing elsewhere.

"Wake me at seven" wants an alarm, and seven is its time; "tell Ann to wake me at seven" wants a
message, and seven is a part of its text. A city is where a flight begins or ends, or whose weather
is asked for. And some say what they do not mean besides: "not wake me at six but play Monday". So
neither the words that a command has, nor what a word mostly is, tell what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import splits_of
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.assistant import OUTSIDE, Commands
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 1500, "validation": 300, "test": 600}  # commands

TEMPLATES = {
    "cancel": "The alarm at {time} is off.",
    "fly": "I look for flights from {from_city} to {to_city}[ on {day}].",
    "play": "Now playing {song}[ by {artist}].",
    "remind": "I remind you[ at {time}] to {task}.",
    "tell": "I tell {name}: {text}.",
    "wake": "I wake you[ on {day}] at {time}.",
    "weather": "I look at the sky over {city}[ on {day}].",
}

# What each intent is said by; a `?` behind a piece leaves it out at times.
_FRAMES: dict[str, Sequence[str]] = {
    "cancel": (
        "cancel the alarm at {time}",
        "do not wake me at {time}",
        "turn off my alarm for {time}",
        "let me sleep and cancel {time}",
    ),
    "fly": (
        "book a flight from {from_city} to {to_city} {on_day}?",
        "book a flight to {to_city} from {from_city} {on_day}?",
        "i want to fly from {from_city} to {to_city} {on_day}?",
        "fly me to {to_city} {on_day}?",
        "is there a flight {on_day}? to {to_city}",
    ),
    "play": ("play {song}", "play {song} by {artist}", "i want to hear {song} by {artist}"),
    "remind": (
        "remind me to {task}",
        "remind me at {time} to {task}",
        "at {time} remind me to {task}",
    ),
    "tell": (
        "tell {name} to {text}",
        "tell {name} that {news}",
        "send {name} the message {news}",
        "let {name} know that {news}",
    ),
    "wake": (
        "wake me at {time}",
        "wake me {on_day} at {time}",
        "set an alarm for {time} {on_day}?",
        "i want to sleep until {time}",
    ),
    "weather": (
        "will it rain in {city} {on_day}?",
        "how is the weather in {city} {on_day}?",
        "do i need a coat in {city}",
        "tell me the weather in {city}",
    ),
}
# What messages and reminders are about: what would be commands by themselves.
_ERRANDS = (
    "wake {name} at {time}",
    "book a flight to {city}",
    "cancel the alarm",
    "play {song}",
    "tell {name} the time",
    "call {name}",
    "look at the weather in {city}",
    "remind {name} of {song}",
)
_NEWS = (
    "it will rain in {city}",
    "i want to fly to {city}",
    "i will call at {time}",
    "{name} will wake me at {time}",
    "the flight from {city} to {city} is late",
    "they play {song} {day}",
)
_WORDS: dict[str, Sequence[str]] = {
    "city": (*words("oslo rome lima cairo vienna boston florence paris austin"), "new york"),
    "name": words("ann ben carla dora emil florence paris austin jordan victor"),
    "artist": ("jordan", "paris jones", "the alarm", "victor and ann", "the sleepers", "carla"),
    "song": (
        *("wake me", "rain in rome", "the flight home", "call me at seven", "monday", "no alarm"),
        *("oslo by night", "tell me", "do not sleep", "florence"),
    ),
    "day": words("monday tuesday friday sunday today tomorrow"),
}
_HOURS = words("one two three four five six seven eight nine ten eleven noon")
# How people say what they do not mean, too.
_CORRECTIONS = (
    "i did not say other i said meant",
    "not other but meant",
    "meant and not other",
    "no i mean meant not other",
)
_CORRECTED = 0.35  # share of the commands
_POLITELY = 0.2  # likewise
_POLITE = ("please", "could you please", "hey", "i say", "computer")
_SLOT = re.compile(r"\{(\w+)\}")
_LAYERS = 2  # of messages within messages


class SpokenCommands(SyntheticSource):
    """Commands drawn anew from a seed."""

    summary = f"{sum(COUNTS.values()):,} generated commands of seven intents, embedded"

    def load(self, request: Request) -> Splits:
        """Draw the commands; the same seed gives the same."""
        parts = {}
        for number, (name, count) in enumerate(COUNTS.items()):
            random = np.random.default_rng([request.seed, number])
            drawn = [command(random) for _ in range(count)]
            texts, tags, intents = zip(*drawn, strict=True)
            parts[name] = Commands(texts, tags, intents, TEMPLATES)
        return splits_of(parts, Info())


def command(random: np.random.Generator) -> tuple[list[str], list[str], str]:
    """Draw a command: its words, a tag for each in the BIO scheme, and its intent."""
    intent = _of(random, list(_FRAMES))
    texts, tags = _said(random, intent)
    if random.random() < _CORRECTED:
        other, _ = _said(random, _of(random, [name for name in _FRAMES if name != intent]))
        # What is not meant has no slots.
        parts = {"meant": (texts, tags), "other": (other, [OUTSIDE] * len(other))}
        pieces = [
            parts.get(word, ([word], [OUTSIDE])) for word in _of(random, _CORRECTIONS).split()
        ]
        texts = [word for words_, _ in pieces for word in words_]
        tags = [tag for _, tags_ in pieces for tag in tags_]
    polite = _of(random, _POLITE).split() if random.random() < _POLITELY else []
    return polite + texts, [OUTSIDE] * len(polite) + tags, intent


def _said(random: np.random.Generator, intent: str) -> tuple[list[str], list[str]]:
    """Draw the words of an intent, and their tags."""
    texts: list[str] = []
    tags: list[str] = []
    for piece in _of(random, _FRAMES[intent]).split():
        if piece.endswith("?") and random.random() < 0.5:
            continue
        slot, text = _filled(random, piece.rstrip("?"))
        if slot == "on_day":  # the word "on" is no part of the day
            slot, on = "day", text[:-1]
            texts, tags, text = texts + on, tags + [OUTSIDE] * len(on), text[-1:]
        texts += text
        tags += [f"{'I' if k else 'B'}-{slot}" if slot else OUTSIDE for k, _ in enumerate(text)]
    return texts, tags


def _filled(random: np.random.Generator, piece: str) -> tuple[str, list[str]]:
    """Return the slot of a piece of a frame, empty for plain words, and the words that fill it."""
    match = _SLOT.fullmatch(piece)
    if match is None:
        return "", piece.split()
    slot = match[1]
    return ("text" if slot == "news" else slot), _value(random, slot).split()


def _value(random: np.random.Generator, slot: str, layer: int = 0) -> str:
    if slot == "time":
        hour = _of(random, _HOURS)
        return f"half past {hour}" if random.random() < 0.3 and hour != "noon" else hour
    if slot == "on_day":
        day = _of(random, _WORDS["day"])
        return day if day.startswith("to") else f"on {day}"
    if slot in ("task", "text") and layer < _LAYERS and random.random() < 0.25:
        # "tell Ann to remind me to …": the message has a message.
        errand = _of(random, ("tell {name} to {text}", "remind me to {task}"))
        return _inner(random, errand, layer + 1)
    if slot in ("task", "text"):
        return _inner(random, _of(random, _ERRANDS), layer + 1)
    if slot == "news":
        return _inner(random, _of(random, _NEWS), layer + 1)
    return _of(random, _WORDS["city" if slot.endswith("city") else slot])


def _inner(random: np.random.Generator, frame: str, layer: int) -> str:
    return _SLOT.sub(lambda match: _value(random, match[1], layer), frame)


def _of(random: np.random.Generator, choices: Sequence[str]) -> str:
    return choices[int(random.integers(len(choices)))]
