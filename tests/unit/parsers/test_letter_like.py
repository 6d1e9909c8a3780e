"""Whether the words below a command read like a letter to the customer: its writer may think that they were sent."""

import pytest

from parsers.signature import is_letter

LETTERS = [
    "Sehr geehrte Frau Beispiel,\n\nder Golf ist noch da.",
    "Guten Tag Frau Beispiel, der Golf ist noch da.",
    "Hallo,\nja, kommen Sie gern vorbei\n\nViele Grüße\nEva",
    "Liebe Frau Beispiel\nder Wagen steht hier.",
    "Guten Tag! Der Wagen ist noch da.",
    "Moin Herr Probe,\npasst Ihnen Samstag?",
    "Dear Ms Sample,\n\nthe Golf is still here.",
    "Hi Max, yes it is still available.",
    "Good morning,\nplease come on Saturday.",
    "Kære Karin\n\nbilen er her endnu.",
    "Hej Karin, bilen er her endnu.",
    "尊敬的张女士：\n您好，高尔夫还在，欢迎周六来店看车。",
    "您好，车还在，欢迎周六来店。",
]
NONE = [
    "",
    "Der Kunde nervt.",
    "Kunde will Rabatt, bitte nicht geben.",
    "Hinweis: ruft morgen an, will drei Prozent.",
    "Liebe Grüße\nEva",
    "Viele Grüße\nEva Beispiel\nVerkauf",
    "Hallo Bernd",
    "Hallo Bernd,\ndanke!",
    "Hello?",
    "Dearest car on the lot is what he wants",
    "Hejsa",
    "客户要求优惠，先不要回复",
    "您好",
    "Habe ihm gesagt: Guten Tag, kommen Sie am Samstag.",
]


@pytest.mark.parametrize("text", LETTERS)
def test_a_salutation_and_words_are_a_letter(text: str) -> None:
    assert is_letter(text)


@pytest.mark.parametrize("text", NONE)
def test_what_is_said_to_colleagues_is_none(text: str) -> None:
    assert not is_letter(text)
