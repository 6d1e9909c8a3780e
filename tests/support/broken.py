"""Rule files that are broken in many ways; each would send every mail to another team if it took effect."""

import random
from collections.abc import Callable
from typing import NamedTuple

GOOD_LINE = 'name = "Everything else"\nnotify = { team = "sales" }'
ASTRAY_LINE = 'name = "Everything else"\nnotify = { team = "service" }'
"""What a variant says in its place: whoever finds a mail at the workshop knows that a broken set was in force."""
HUGE_BYTES = 9 << 20


class Broken(NamedTuple):
    """One variant: how it is broken, and the file."""

    kind: str
    content: bytes


Fault = Callable[[str, random.Random], str | bytes]


def _without_a_sign(text: str, chance: random.Random) -> str:
    places = [at for at, sign in enumerate(text[: text.index(ASTRAY_LINE)]) if sign in '"[]{}=']
    at = chance.choice(places)
    return text[:at] + text[at + 1 :]


def _half(text: str, chance: random.Random) -> str:
    """Cut in the middle of the last rule or before."""
    return text[: chance.randrange(40, text.index(ASTRAY_LINE) + len('name = "Every'))]


def _other_key(text: str, chance: random.Random) -> str:
    key = "".join(chance.choices("abcdefgh", k=6))
    return text.replace(ASTRAY_LINE, f"{ASTRAY_LINE}\n{key} = {chance.randrange(1000)}")


def _unknown_team(text: str, chance: random.Random) -> str:
    return text.replace('team = "service"', f'team = "servic{chance.randrange(1000)}"', chance.randint(1, 3))


def _nothing_for_the_rest(text: str, chance: random.Random) -> str:
    return text.replace(ASTRAY_LINE, f'{ASTRAY_LINE}\nwhen = {{ site = "berlin", make = "m{chance.randrange(1000)}" }}')


def _of_another_type(text: str, chance: random.Random) -> str:
    return text.replace('name = "Workshop bookings"', f"name = {chance.randrange(1000)}")


def _not_text(text: str, chance: random.Random) -> bytes:
    at = chance.randrange(len(text))
    return text[:at].encode() + chance.randbytes(4) + b"\xff" + text[at:].encode()


def _huge(text: str, chance: random.Random) -> str:
    return text + "#" * (HUGE_BYTES + chance.randrange(1000))


def _deep(text: str, chance: random.Random) -> str:
    return text + "\nx = " + "[" * (20_000 + chance.randrange(1000))


FAULTS: dict[str, Fault] = {
    "a sign is missing": _without_a_sign,
    "half-written": _half,
    "an unknown key": _other_key,
    "an unknown team": _unknown_team,
    "no rule for the rest": _nothing_for_the_rest,
    "another type": _of_another_type,
    "not text": _not_text,
    "huge": _huge,
    "nested deeply": _deep,
    "empty": lambda text, chance: "\n" * chance.randrange(1000),
}


def variant(good: str, number: int, chance: random.Random) -> Broken:
    """One of them, the kinds in turn."""
    kind = list(FAULTS)[number % len(FAULTS)]
    assert GOOD_LINE in good
    content = FAULTS[kind](good.replace(GOOD_LINE, ASTRAY_LINE), chance)
    return Broken(kind, content.encode() if isinstance(content, str) else content)
