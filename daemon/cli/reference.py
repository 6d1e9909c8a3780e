"""References as people type them."""

from daemon.cli.output import USAGE, fail


def reference(text: str) -> str:
    """A reference in its proper form, or the command ends with what is wrong about it."""
    from rules.reference import LETTERS, parse

    ref = parse(text)
    if ref is not None:
        return ref
    letter = text.strip()[:1].upper()
    if letter not in LETTERS.values():
        known = ", ".join(f"{letter} {kind}" for kind, letter in LETTERS.items())
        fail(USAGE, f"'{text}' is no reference: it begins with the letter of a kind ({known}), as in L-7KQ2M4-2")
    short = sum(c.isalnum() for c in text) < 8
    wrong = "is too short: six characters and a check character follow the letter" if short else "is mistyped"
    return fail(USAGE, f"'{text}' {wrong}, as in L-7KQ2M4-2; compare it with the mail")
