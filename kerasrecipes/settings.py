"""Checked settings from the words of a command line, a file or Python.

Settings have one source: the fields of `Training` and the keyword-only parameters of a recipe's
functions. Their names, types, defaults and explanations are read from there.
"""

from __future__ import annotations

import importlib
import inspect
import keyword
import math
import re
import typing
import warnings
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from types import MappingProxyType
from typing import Any

from kerasrecipes import conversion
from kerasrecipes.errors import RenamedWarning, UserError, excerpt, unknown
from kerasrecipes.ranges import range_of

LARGEST_INTEGER = 2**63 - 1  # of a setting that declares no range
MOST_NUMBERS = 1000  # in a setting of several, such as the units of hidden layers

# Spellings of earlier versions, and what they are called now.
RENAMED = {
    "beam": "num_beams",
    "letters": "characters_per_word",
    "longest": "max_length",
    "tokens": "tokenization",
}


@dataclass(frozen=True)
class Lazy:
    """Object of a module that is imported when it is used first, so that naming it costs nothing.

    Args:
        name: `module:object`, such as `kerasrecipes.inference.tables:predict_rows`.
    """

    name: str

    @property
    def value(self) -> Any:
        """The object."""
        module, _, name = self.name.partition(":")
        return getattr(importlib.import_module(module), name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the object, which is a function."""
        return self.value(*args, **kwargs)


def resolved(thing: Any) -> Any:
    """Replace a `Lazy` object by what it names; anything else stays as it is."""
    return thing.value if isinstance(thing, Lazy) else thing


@dataclass(frozen=True)
class Setting:
    """One setting: a name, a type, a default and an explanation.

    Args:
        name: as in Python.
        type: its annotation, resolved.
        default: the value unless the user says otherwise.
        help: what it does, in a line.
        minimum: the least number allowed, if there is one.
        maximum: the largest number allowed, if there is one.
        above: a bound that the number must exceed, if there is one.
        below: a bound that the number must not reach, if there is one.
    """

    name: str
    type: Any
    default: Any = None
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None

    @property
    def kind(self) -> str:
        """The type as people write it: `int`, `float`, `sgd|adam`, `int, …`."""
        return conversion.spelling(self.type)

    @property
    def optional(self) -> bool:
        """Whether `None` is a value."""
        return type(None) in typing.get_args(self.type)

    def check(self, value: Any) -> Any:
        """Convert a value to the setting's type and check its range.

        Args:
            value: a Python value, or its spelling on the command line.

        Returns:
            The value, of the setting's type.

        Raises:
            UserError: if it cannot be one.
        """
        matched = conversion.convert(value, self.type)
        if matched is MISSING:
            raise self._refusal(value)
        numbers = matched if isinstance(matched, tuple) else (matched,)
        if len(numbers) > MOST_NUMBERS:
            raise UserError(f"{self.name}: at most {MOST_NUMBERS} values, received {len(numbers)}")
        for number in numbers:
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                self._check_range(number, value)
        return matched

    def _check_range(self, number: float, value: Any) -> None:
        said = f"{self.name}={excerpt(str(value))}"
        if isinstance(number, float) and not math.isfinite(number):
            raise UserError(f"{said}: expected a finite number")
        if self.above is not None and not number > self.above:
            raise UserError(f"{said}: must be more than {self.above:,}")
        if self.minimum is not None and not number >= self.minimum:
            raise UserError(f"{said}: must be at least {self.minimum:,}")
        maximum = LARGEST_INTEGER if self.maximum is None else self.maximum
        # Python's integers know no end, those of arrays, files and other libraries do.
        if number > maximum and (self.maximum is not None or isinstance(number, int)):
            raise UserError(f"{said}: must be at most {maximum:,}")
        if isinstance(number, int) and number < -LARGEST_INTEGER:
            raise UserError(f"{said}: must be at least {-LARGEST_INTEGER:,}")
        if self.below is not None and not number < self.below:
            raise UserError(f"{said}: must be below {self.below:,}")

    def _refusal(self, value: Any) -> UserError:
        choices = conversion.choices(self.type)
        if choices and isinstance(value, str):
            return unknown(f"value of {self.name}", value, choices)
        example = ", such as 90s, 20m or 1h30m" if "duration" in self.kind else ""
        return UserError(f"{self.name}={excerpt(str(value))}: expected {self.kind}{example}")


def of_dataclass(cls: type) -> list[Setting]:
    """List the settings that are fields of a dataclass."""
    hints = typing.get_type_hints(cls)
    return [
        Setting(
            f.name,
            hints[f.name],
            f.default,
            **f.metadata,
        )
        for f in fields(cls)
    ]


def of_functions(functions: Iterable[Callable[..., Any]]) -> list[Setting]:
    """List the settings that are keyword-only parameters of functions.

    A name that several functions share is listed once; explanations come from the docstrings'
    `Args`.
    """
    found: dict[str, Setting] = {}
    for function in map(resolved, functions):
        hints = typing.get_type_hints(function)
        declared = typing.get_type_hints(function, include_extras=True)
        explained = explanations(function)
        for name, parameter in inspect.signature(function).parameters.items():
            # What Python reserves is written `class_` there, and `class` by users.
            said = name.removesuffix("_")
            if parameter.kind is parameter.KEYWORD_ONLY and said not in found:
                default = None if parameter.default is parameter.empty else parameter.default
                kind, told = hints.get(name, Any), explained.get(name, "")
                bounds = asdict(range_of(declared.get(name)))
                found[said] = Setting(said, kind, default, told, **bounds)
    return list(found.values())


def as_arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the names of a function's parameters, of which none is a word of Python.

    Args:
        values: by the names of settings.

    Returns:
        The same, with `class_` for `class`.
    """
    return {f"{n}_" if keyword.iskeyword(n) else n: value for n, value in values.items()}


_WHOLE = ("splits", "info")  # names of first parameters that are not taken apart


def settings_of(
    function: Callable[..., Any],
    *,
    without: Collection[str] = (),
    from_data: Collection[str] | Mapping[str, Callable[[Any], Any]] = (),
    made_by: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    then: Callable[..., Any] | None = None,
    **defaults: Any,
) -> Callable[..., Any]:
    """Function of a recipe that hands its settings on to a builder.

        build = settings_of(lenet5, activation="relu")

    is `build(info, *, activation="relu", pooling="average")`, which calls `lenet5(info.input_shape,
    info.num_classes, activation=…, pooling=…)`: the builder's positional parameters are taken from
    the data by their names, its keyword-only parameters with their types and explanations become
    the recipe's settings, and only a default that differs is written down.

    Args:
        function: a builder; or what brings splits to a model's inputs, or makes an objective of
            metadata, whose first parameter is then called `splits` or `info`.
        without: keyword-only parameters that are not settings of the recipe; they have the value
            given here, else their defaults.
        from_data: parameters that come from the data instead of the user: names of entries of its
            metadata, or for each name a function of the metadata.
        made_by: keyword-only parameters that functions make, by name, whose own keyword-only
            parameters are settings too: `{"augmentation": augmentation}`.
        then: is given what the function returns, and what it returns is the result; its own
            keyword-only parameters are settings too.
        **defaults: values other than the function's own.

    Returns:
        A function of the data's metadata, or of splits, and of the settings.

    Raises:
        UserError: if the function has no such keyword-only parameter.
    """
    parameters = inspect.signature(function).parameters
    chosen = {
        name: parameter
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in (*without, *from_data, *made_by)
    }
    for maker in made_by.values():
        chosen |= inspect.signature(maker).parameters
    last = {} if then is None else dict([*inspect.signature(then).parameters.items()][1:])
    chosen |= last
    for name in defaults:
        if name not in chosen and name not in without:
            raise unknown(f"setting of {function.__name__}", name, chosen)
    positional = [
        name
        for name, parameter in parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]

    def call(given: Any, **values: Any) -> Any:
        read = from_data if isinstance(from_data, Mapping) else {}
        found = {name: read[name](given) if read else _entry(given, name) for name in from_data}
        for name in positional:
            found.setdefault(name, given if name in _WHOLE else _entry(given, name))
        values = {**defaults, **values}
        for name, maker in made_by.items():
            own = keywords_for(maker, values)
            found[name] = maker(**own)
            values = {key: value for key, value in values.items() if key not in own}
        own = {key: values.pop(key) for key in last if key in values}
        result = function(**values, **found)
        return result if then is None else then(result, **own)

    given = inspect.Parameter("given", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    keywords = [
        parameter.replace(default=defaults.get(name, parameter.default))
        for name, parameter in chosen.items()
    ]
    functions = (function, *made_by.values(), *(() if then is None else (then,)))
    call.__name__ = function.__name__
    call.__doc__ = "\n\n".join(inspect.getdoc(part) or "" for part in functions)
    hints = [typing.get_type_hints(part, include_extras=True) for part in reversed(functions)]
    call.__annotations__ = {name: hint for found in hints for name, hint in found.items()}
    call.__signature__ = inspect.Signature([given, *keywords])  # type: ignore[attr-defined]
    return call


def _entry(info: Any, name: str) -> Any:
    """Metadata by its name: an attribute, one of the preprocessor, or an entry of `facts`; `None`
    where there is none.
    """
    # Of the class, as a property such as `num_classes` says by an error that there is none.
    if hasattr(type(info), name):
        return getattr(info, name)
    return getattr(info.preprocessor, name, info.facts.get(name))


def summary(thing: Any) -> str:
    """First paragraph of a docstring as one line; empty where there is no docstring."""
    paragraph = (inspect.getdoc(resolved(thing)) or "").partition("\n\n")[0]
    return " ".join(paragraph.split())


def explanations(function: Callable[..., Any]) -> dict[str, str]:
    """Read the `Args:` of a docstring, by parameter name."""
    text = inspect.getdoc(function) or ""
    blocks = re.findall(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text, re.M)
    found: dict[str, str] = {}
    for line in "\n".join(blocks).splitlines():
        entry = re.match(r"^ {4}(\w+): (.*)", line)
        if entry:
            name = entry.group(1)
            found[name] = entry.group(2)
        elif line.strip() and found:
            found[name] += " " + line.strip()
    return found


def bind(
    settings: Iterable[Setting],
    values: Mapping[str, Any],
    kind: str = "setting",
    *,
    from_file: bool = False,
) -> dict[str, Any]:
    """Check values against settings.

    Args:
        settings: what exists.
        values: what the user gave, by name; the spelling of an earlier version is a name too.
        kind: what to call a name in an error.
        from_file: whether the values were written to a file, perhaps by an earlier version, whose
            spellings are then accepted without a word.

    Returns:
        The given values, of their settings' types, by today's names.

    Raises:
        UserError: if a name does not exist, is given twice, or a value does not fit.
    """
    by_name = {setting.name: setting for setting in settings}
    bound: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for said, value in values.items():
        name = current_name(said, by_name, quiet=from_file)
        if name not in by_name:
            raise unknown(kind, said, by_name)
        if name in bound:
            raise UserError(f"'{spelled[name]}' and '{said}' are the same {kind}; give one of them")
        spelled[name] = said
        bound[name] = by_name[name].check(value)
    return bound


def current_name(name: str, known: Container[str], *, quiet: bool = False) -> str:
    """Today's name of a setting that an earlier version spelled otherwise.

    Args:
        name: as it was given.
        known: the names that exist; one of them is left as it is.
        quiet: whether nothing is said of the change; else a `RenamedWarning` is, once for a name.

    Returns:
        The name; an unknown one unchanged.
    """
    today = RENAMED.get(name, name)
    if name in known or today not in known:
        return name
    if not quiet:
        warnings.warn(f"'{name}' is called '{today}' now", RenamedWarning, stacklevel=3)
    return today


def split_assignment(word: str) -> tuple[str, str]:
    """Split `name=value` into its two parts.

    Raises:
        UserError: if there is no `=`.
    """
    name, equals, value = word.partition("=")
    if not equals or not name.isidentifier():
        raise UserError(f"expected name=value, received '{word}'")
    return name, value


def keywords_for(function: Callable[..., Any] | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Select those values that are keyword-only parameters of the function.

    Args:
        function: the function, which may be named by a text that is imported; `None` has no
            parameters.
        values: settings by name, also those of other functions.

    Returns:
        The arguments to call the function with.
    """
    if function is None:
        return {}
    parameters = inspect.signature(resolved(function)).parameters.values()
    return {
        p.name: values[p.name] for p in parameters if p.kind is p.KEYWORD_ONLY and p.name in values
    }
