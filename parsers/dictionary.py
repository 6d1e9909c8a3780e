"""The label dictionaries: what the words on forms mean, in seven languages, from `dictionaries/*.toml`."""

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from itertools import groupby

LANGUAGES = ("de", "en", "da", "zh", "nl", "fr", "it")

_WORDS = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[ \-_#.]*\d{1,2}$")
_BRACKETS = re.compile(r"[(\[（【][^()\[\]（）【】]{0,80}[)\]）】]")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """All languages together; keys are squeezed labels."""

    fields: dict[str, dict[str, str]] = field(default_factory=dict)
    """Label -> language -> field."""
    sections: dict[str, str] = field(default_factory=dict)
    """Head of a part of a form -> trade-in, dealer, customer or vehicle."""
    meanings: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """kinds, interests, conditions, answers -> (words, what they say), the longest words first."""
    possessives: set[str] = field(default_factory=set)
    footers: list[str] = field(default_factory=list)
    stop_words: dict[str, list[str]] = field(default_factory=dict)
    """Frequent word -> languages that it speaks for."""
    makes: list[tuple[str, str]] = field(default_factory=list)
    """Name in lower case -> make, the longest name first."""


def squeeze(text: str) -> str:
    """The letters and digits of a label, so that `E-Mail`, `e_mail` and `*Email:*` are one."""
    return "".join(_WORDS.findall(text.casefold()))


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """All dictionaries, read once."""
    result = Dictionary()
    for language in LANGUAGES:
        _add(result, language, _load(language))
    for words in result.meanings.values():
        words.sort(key=lambda pair: -len(pair[0]))
    names = [(name.casefold(), make) for make, names in _load("makes")["makes"].items() for name in names]
    result.makes.extend(sorted(names, key=lambda pair: -len(pair[0])))
    return result


def _load(name: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(resources.files("parsers").joinpath(f"dictionaries/{name}.toml").read_text("utf-8"))


def _add(result: Dictionary, language: str, data: dict[str, dict[str, list[str]]]) -> None:
    for target, labels in data["fields"].items():
        for label in labels:
            result.fields.setdefault(squeeze(label), {}).setdefault(language, target)
    for section, labels in data["sections"].items():
        result.sections.update(dict.fromkeys(map(squeeze, labels), section))
    answers = {"yes": data["text"]["yes"], "no": data["text"]["no"]}
    for name, group in (*((n, data[n]) for n in ("kinds", "interests", "conditions")), ("answers", answers)):
        meanings = result.meanings.setdefault(name, [])
        meanings.extend((squeeze(word), meaning) for meaning, words in group.items() for word in words)
    result.possessives.update(word.casefold() for word in data["text"]["possessives"])
    result.footers.extend(start.casefold() for start in data["text"]["footers"])
    for word in data["text"]["stop_words"]:
        result.stop_words.setdefault(word, []).append(language)


@lru_cache(maxsize=8192)
def lookup(label: str) -> dict[str, str] | None:
    """What a label means in each language that knows it: as written, without brackets, number or possessive."""
    fields = dictionary().fields
    return next((found for key in keys(label) if (found := fields.get(key))), None)


@lru_cache(maxsize=4096)
def keys(label: str) -> tuple[str, ...]:
    """The squeezed spellings under which a label may be known, the nearest to what is written first."""
    return tuple(dict.fromkeys(map(squeeze, dict.fromkeys(_variants(label)))))


def _variants(label: str) -> tuple[str, str, str]:
    """As written, without brackets and number, without possessive.

    `JE Nome` has none: what stands there are the last letters of a plate.
    """
    bare = _BRACKETS.sub(" ", label).strip(" *:：_-#")
    if bare[-1:].isdigit():
        bare = _NUMBER.sub("", bare)
    first, _, rest = bare.partition(" ")
    is_possessive = first.casefold() in dictionary().possessives
    if is_possessive and (bare.isupper() or not (first.isupper() and len(first) > 1)):
        return label, bare, rest
    prefixes = _prefixes()
    if not bare.startswith(prefixes):
        return label, bare, bare
    return label, bare, next(bare[len(prefix) :] for prefix in prefixes if bare.startswith(prefix))


@lru_cache(maxsize=1)
def _prefixes() -> tuple[str, ...]:
    """Possessives that are written in one with what follows, the longest first: `您的电话`."""
    words = (word for word in dictionary().possessives if not word.isascii())
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@lru_cache(maxsize=4096)
def section(label: str) -> str | None:
    """The part of a form that a head opens: trade-in, dealer, customer, vehicle; None for anything else."""
    sections = dictionary().sections
    return next((found for key in keys(label) if (found := sections.get(key))), None)


@lru_cache(maxsize=4096)
def trade_in_label(label: str) -> str | None:
    """What a label asks about the car in part exchange: `Inzahlungnahme Marke` asks for `marke`; None if not that."""
    key = squeeze(label)
    for head, name in dictionary().sections.items():
        if name == "trade-in" and len(key) > len(head):
            rest = key.removeprefix(head) if key.startswith(head) else key.removesuffix(head)
            if rest != key and rest in dictionary().fields:
                return rest
    return None


def meaning(group: str, words: str, whole: bool = False) -> str | None:
    """What a value says, by the longest known words that it holds (or, `whole`, that it is)."""
    key = squeeze(words[:200])
    known = dictionary().meanings[group]
    return next((says for word, says in known if word == key or (not whole and word in key)), None)


def is_footer(line: str) -> bool:
    """Whether a line begins what a form tool or mail program adds below the customer's words."""
    start = line[:80].casefold()
    return start.startswith(_footers().get(start[:1], ()))


@lru_cache(maxsize=1)
def _footers() -> dict[str, tuple[str, ...]]:
    """By their first letter."""
    footers = sorted(dictionary().footers)
    return {head: tuple(group) for head, group in groupby(footers, key=lambda footer: footer[:1])}


def make_of(title: str) -> tuple[str | None, str]:
    """Split a vehicle's title into its make and the rest; `VW Golf 2.0` -> Volkswagen, `Golf 2.0`."""
    found = _makes()[0].match(title.casefold())
    return (_makes()[1][found[0]], title[found.end() :].strip(" ,-–/|")) if found else (None, title)


@lru_cache(maxsize=1)
def _makes() -> tuple[re.Pattern[str], dict[str, str]]:
    """All names as one pattern, and whose they are: `man` is no make in `manual`, but `大众` is one in `大众Polo`."""
    names = dict(dictionary().makes)
    ends = (re.escape(name) + ("(?![a-z0-9])" if name.isascii() else "") for name in names)
    return re.compile("|".join(ends)), names
