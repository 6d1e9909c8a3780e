import tomllib
from collections import defaultdict
from importlib import resources

import pytest

from parsers import commands
from parsers.command_words import squeezed, table
from rules import lifecycle

WORDS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/commands.toml").read_text("utf-8"))
BY_MAIL = (
    "take",
    "done",
    "later",
    "not-mine",
    "assign",
    "note",
    "spam",
    "again",
    "reopen",
    "undo",
    "status",
    "help",
    "reply",
    "send",
    "offer",
    "schedule",
    "pre-book",
    "ask",
    "decline",
    "cancel",
    "arrived",
    "ready",
    "prefer",
)

READ = [
    ("!take", "take", {}),
    ("  ! Take it, please.", "take", {}),
    ("!TAKE danke", "take", {}),
    ("！接手", "take", {}),
    ("!uebernehmen", "take", {}),
    ("!ubernehmen", "take", {}),
    ("*!übernehme ich*", "take", {}),
    ("•\u00a0!Übernehmen", "take", {}),
    ("– !take", "take", {}),
    ("!take Guten Tag Frau Muster", "take", {"text": "Guten Tag Frau Muster"}),
    ("!done", "done", {}),
    ("!done!", "done", {}),
    ("!Done: won.", "done", {"result": "won"}),
    ("!erledigt verkauft", "done", {"result": "sold"}),
    ("!færdig solgt", "done", {"result": "sold"}),
    ("!faerdig tabt", "done", {"result": "lost"}),
    ("！完成已售", "done", {"result": "sold"}),
    ("!erledigt Kundin fährt schon Volvo", "done", {"result": "Kundin fährt schon Volvo"}),
    ("!later", "later", {}),
    ("!later2d", "later", {"until": "2d"}),
    ("!spaeter am Montag um 9 Uhr", "later", {"until": "mon 09:00"}),
    ("!senere i morgen", "later", {"until": "tomorrow"}),
    ("！稍后 两天后", "later", {"until": "2d"}),
    ("!later when he is back", "later", {"until": "when he is back"}),
    ("!not-mine", "not-mine", {}),
    ("!not–mine: workshop", "not-mine", {"reason": "workshop"}),
    ("!notmine team=service it is a recall", "not-mine", {"team": "service", "reason": "it is a recall"}),
    ("!nicht für uns, Werkstatt", "not-mine", {"reason": "Werkstatt"}),
    ("!ikke min", "not-mine", {}),
    ("!不是我的，请转售后", "not-mine", {"reason": "请转售后"}),
    ("!assign to Eva <eva@muster.example>", "assign", {"to": "eva@muster.example"}),
    ("!zuweisen an eva@muster.example<mailto:eva@muster.example>", "assign", {"to": "eva@muster.example"}),
    ("!assign to=eva@muster.example", "assign", {"to": "eva@muster.example"}),
    ("!tildel Eva", "assign", {"to": "Eva"}),
    ("!指派给 eva@muster.example", "assign", {"to": "eva@muster.example"}),
    ("!note: call after five!", "note", {"text": "call after five!"}),
    ("!again", "again", {}),
    ("!again of L-7KQ2M4-2.", "again", {"ref": "L-7KQ2M4-2"}),
    ("!noch einmal (L-7KQ2M4-2)", "again", {"ref": "L-7KQ2M4-2"}),
    ("!again no", "apart", {}),
    ("!nochmal Nein", "apart", {}),
    ("!igen nej", "apart", {}),
    ("！再次不", "apart", {}),
    ("!重复 不是", "apart", {}),
    ("!rückgängig", "undo", {}),
    ("!wieder öffnen", "reopen", {}),
    ("!status ?", "status", {"text": "?"}),
    ("!help me", "help", {}),
    ("!?", "help", {}),
    ("!hjaelp", "help", {}),
    ("!send", "send", {}),
    ("!spam", "spam", {}),
    ("!Antwort: Guten Tag", "reply", {}),
    ("!svar", "reply", {}),
    ("！回复 您好", "reply", {}),
    ("!lead", "read-as", {"kind": "lead"}),
    ("!Check-in", "read-as", {"kind": "check-in"}),
    ("!Werkstatttermin", "read-as", {"kind": "booking"}),
    ("！投诉", "read-as", {"kind": "complaint"}),
    ("!frobnicate", None, {}),
    ("!erledigtt", None, {}),
    ("!2d", None, {}),
    ("! 20 % Rabatt", None, {}),
    ("„!done verkauft“", "done", {"result": "sold"}),
    ("`!take`", "take", {}),
]


@pytest.mark.parametrize(("line", "name", "args"), READ)
def test_a_command_is_read_however_it_is_written(line: str, name: str | None, args: dict[str, str]) -> None:
    found = commands.command(line)
    wanted = {} if name in ("status", "help") else args
    assert (found.name, found.args) == (name, wanted)
    assert found.written == " ".join(line.split())


@pytest.mark.parametrize("line", ["!!! Wichtig", "Danke!", "! ", "> !take", "Hallo! take", "!", "! !take", "¡take"])
def test_no_command(line: str) -> None:
    assert not commands.is_command(line)


def test_only_the_first_lines_are_commands() -> None:
    found = commands.top(["", "!take", "", "!later 2d", "Guten Tag", "!done"])
    assert [one.name for one in found.commands] == ["take", "later"]
    assert found.below == ["Guten Tag", "!done"]


def test_a_reason_that_a_program_wrapped_is_joined() -> None:
    long = "!not mine: the customer asks for the winter tyres that he left with"
    assert commands.top([long, "the workshop."]).commands[0].args["reason"].endswith("left with the workshop")
    assert commands.top([long, "", "Dear customer"]).below == ["", "Dear customer"]
    assert commands.top(["!done won", "Dear customer"]).below == ["Dear customer"]


def test_a_reply_begins_behind_its_word() -> None:
    found = commands.top(["!assign eva@muster.example", "!reply: Guten Tag,", "!take", "bis Samstag."])
    assert [one.name for one in found.commands] == ["assign", "reply"]
    assert found.below == ["Guten Tag,", "!take", "bis Samstag."]


def test_there_are_never_more_than_ten() -> None:
    assert len(commands.top(["!take"] * 50).commands) == commands.MOST


def test_every_action_has_words_in_four_languages_and_is_an_action() -> None:
    assert set(WORDS["actions"]) == set(BY_MAIL)
    assert {*BY_MAIL, "apart", "read-as"} <= {*lifecycle.known("unsorted"), *lifecycle.known("booking")}
    for group in ("actions", "kinds", "results", "days", "details"):
        for name, languages in WORDS[group].items():
            assert {code for code, words in languages.items() if words} >= {"de", "da", "zh"}, name


def test_no_word_means_two_things() -> None:
    for groups in (("actions", "kinds"), ("results",), ("days",), ("units", "numbers"), ("details",)):
        meanings: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            for name, languages in WORDS[group].items():
                for word in (word for words in languages.values() for word in words):
                    meanings[squeezed(word)].add(f"{group} {name}")
        assert {word: found for word, found in meanings.items() if len(found) > 1} == {}
    assert table("actions")["uebernehmen"] == table("actions")["ubernehmen"] == "take"
