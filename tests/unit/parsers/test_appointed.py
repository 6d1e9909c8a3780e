"""Times and prices behind the commands about a workshop visit, as people of a workshop write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.appointed import appointed
from parsers.commands import command, top

PRICE = "129.00 EUR"

TIMES = [
    # German
    ("3.12. 9:00", "12-03 09:00", None, None),
    ("3.12. 09:00", "12-03 09:00", None, None),
    ("3.12. 9 Uhr", "12-03 09:00", None, None),
    ("am 3.12. um 9.30 Uhr", "12-03 09:30", None, None),
    ("03.12.2026 14:15", "2026-12-03 14:15", None, None),
    ("3. Dezember 9 Uhr", "12-03 09:00", None, None),
    ("Do 9 Uhr", "thu 09:00", None, None),
    ("Donnerstag um 9", "thu 09:00", None, None),
    ("Do, 3.12., 9 Uhr", "thu 12-03 09:00", None, None),
    ("Donnerstag, den 3. Dezember 2026 um 9:00 Uhr", "thu 2026-12-03 09:00", None, None),
    ("morgen 8:30", "tomorrow 08:30", None, None),
    ("morgen früh um 8 Uhr", "tomorrow 08:00", None, None),
    ("heute 15 Uhr", "today 15:00", None, None),
    ("übermorgen 8 Uhr", "2d 08:00", None, None),
    ("9 Uhr am Donnerstag", "thu 09:00", None, None),
    ("3.12. 9:00-10:30", "12-03 09:00", "10:30", None),
    ("3.12. 9-10 Uhr", "12-03 09:00", "10:00", None),
    ("3.12. von 9 Uhr bis 10:30 Uhr", "12-03 09:00", "10:30", None),
    ("3.12. 9:00 – 10:30 129 EUR", "12-03 09:00", "10:30", PRICE),
    ("3.12. 9:00 129,00 €", "12-03 09:00", None, PRICE),
    ("3.12. 9:00, für 129 Euro", "12-03 09:00", None, PRICE),
    ("€129 3.12. 9:00", "12-03 09:00", None, PRICE),
    ("3.12. 9:00 1.129,50 EUR", "12-03 09:00", None, "1129.50 EUR"),
    # English
    ("2026-12-03 09:00", "2026-12-03 09:00", None, None),
    ("2026-12-03T09:00", "2026-12-03 09:00", None, None),
    ("December 3, 2026 at 9 am", "2026-12-03 09:00", None, None),
    ("3 December at 9:30 pm", "12-03 21:30", None, None),
    ("Thursday, 3 December at 9", "thu 12-03 09:00", None, None),
    ("Thursday 9am", "thu 09:00", None, None),
    ("on Thu at 14:00", "thu 14:00", None, None),
    ("tomorrow at 8:30", "tomorrow 08:30", None, None),
    ("the day after tomorrow at 8", "2d 08:00", None, None),
    ("9:00 tomorrow", "tomorrow 09:00", None, None),
    ("Thu 2pm - 4pm", "thu 14:00", "16:00", None),
    ("3 December 9:00 to 10:30, EUR 129", "12-03 09:00", "10:30", PRICE),
    ("3/12 9:00", "12-03 09:00", None, None),
    # Danish
    ("torsdag kl. 9", "thu 09:00", None, None),
    ("på torsdag klokken 9.30", "thu 09:30", None, None),
    ("kl. 9 torsdag", "thu 09:00", None, None),
    ("i morgen kl 8.30", "tomorrow 08:30", None, None),
    ("i overmorgen kl. 8", "2d 08:00", None, None),
    ("3. december kl. 9.30", "12-03 09:30", None, None),
    ("3. december 2026 kl. 9.30 - 11.00", "2026-12-03 09:30", "11:00", None),
    ("torsdag fra 9 til 10.30", "thu 09:00", "10:30", None),
    ("torsdag kl. 9 1.200 kr.", "thu 09:00", None, "1200.00 DKK"),
    ("torsdag kl. 9, 950 DKK", "thu 09:00", None, "950.00 DKK"),
    # Chinese
    ("12月3日上午9点", "12-03 09:00", None, None),
    ("2026年12月3日 下午2点半", "2026-12-03 14:30", None, None),
    ("12月3日 9:00", "12-03 09:00", None, None),
    ("明天上午8点半", "tomorrow 08:30", None, None),
    ("后天下午3点", "2d 15:00", None, None),
    ("周四上午9点", "thu 09:00", None, None),
    ("星期四下午2点到4点", "thu 14:00", "16:00", None),
    ("周四 9:00至10:30", "thu 09:00", "10:30", None),
    ("12月3日上午9点 1280元", "12-03 09:00", None, "1280.00 CNY"),
    ("下午2点 周四", "thu 14:00", None, None),
    # nothing but a price, and nothing at all
    ("129 EUR", None, None, PRICE),
    ("", None, None, None),
]

UNCLEAR = [
    "3.12.",
    "Donnerstag",
    "9:00",
    "9 Uhr",
    "bald",
    "nächste Woche 9 Uhr",
    "next week at 9",
    "næste uge kl. 9",
    "下周四 9点",
    "下周 9点",
    "Thu 2-4 pm",
    "3.12. 10:30-9:00",
    "3.12. 9:00-9:00",
    "3.12. 25:00",
    "3.13. 9:00",
    "32.12. 9:00",
    "3.12. oder 4.12. 9:00",
    "3.12. 9:00 oder 10:00",
    "3.12. 9:00 Ölwechsel",
    "3.12. 9:00 129",
    "3.12. 9:00 129 EUR 149 EUR",
    "2 Tage 9 Uhr",
    "morgen 3.12. 9:00",
    "vormittags",
    "3.12. früh",
    "9" * 200,
]


@pytest.mark.parametrize(("said", "at", "until", "price"), TIMES)
def test_a_time_is_read_as_people_write_it(said: str, at: str | None, until: str | None, price: str | None) -> None:
    assert tuple(appointed(said)) == (at, until, price)


@pytest.mark.parametrize("said", UNCLEAR)
def test_what_is_not_clear_stays_as_it_is_written_and_no_time_is_guessed(said: str) -> None:
    assert tuple(appointed(said)) == (said[:120], None, None)


def test_whose_month_comes_first_depends_on_the_country() -> None:
    assert (appointed("12/3 9:00", "US").at, appointed("12/3 9:00", "DK").at) == ("12-03 09:00", "03-12 09:00")


@given(st.text(max_size=200))
def test_any_text_is_read_or_stays(text: str) -> None:
    found = appointed(text)
    assert found.until is None or (found.at or "")[-5:] < found.until


COMMANDS = [
    ("!offer 3.12. 9:00-10:30 129 EUR", "offer", {"at": "12-03 09:00", "until": "10:30", "price": PRICE}),
    ("!schedule 2026-12-03 09:00", "schedule", {"at": "2026-12-03 09:00"}),
    ("!schedule", "schedule", {}),
    ("!pre-book Thursday 9am", "pre-book", {"at": "thu 09:00"}),
    ("!Pre book: 3.12. 9:00.", "pre-book", {"at": "12-03 09:00"}),
    ("!anbieten Do 9 Uhr", "offer", {"at": "thu 09:00"}),
    ("!Vorschlag 3.12. 9:00", "offer", {"at": "12-03 09:00"}),
    ("!einplanen morgen 8:30", "schedule", {"at": "tomorrow 08:30"}),
    ("!vormerken 3.12. 9 Uhr", "pre-book", {"at": "12-03 09:00"}),
    ("!tilbyd torsdag kl. 9", "offer", {"at": "thu 09:00"}),
    ("!planlaeg torsdag kl. 9", "schedule", {"at": "thu 09:00"}),
    ("!reserver 3. december kl. 9", "pre-book", {"at": "12-03 09:00"}),
    ("！提议 12月3日上午9点", "offer", {"at": "12-03 09:00"}),
    ("!安排12月3日上午9点", "schedule", {"at": "12-03 09:00"}),
    ("!预留 周四9点", "pre-book", {"at": "thu 09:00"}),
    (
        "!offer 3.12. 9:00 services=oil change; brakes price=129,00 EUR courtesy-car=yes",
        "offer",
        {"at": "12-03 09:00", "services": "oil change; brakes", "price": "129,00 EUR", "courtesy-car": "yes"},
    ),
    ("!anbieten 3.12. 9 Uhr Kennzeichen=B-MX 1234", "offer", {"at": "12-03 09:00", "plate": "B-MX 1234"}),
    ("!tilbyd 3.12. kl. 9 nummerplade=AB 12 345", "offer", {"at": "12-03 09:00", "plate": "AB 12 345"}),
    ("!提议 12月3日上午9点 车牌=京A12345", "offer", {"at": "12-03 09:00", "plate": "京A12345"}),
    (
        "!anbieten 3.12. 9:00 bis=10:30 Leistungen=Ölwechsel; Bremsen Berater=Eva Muster Ersatzwagen=nein",
        "offer",
        {
            "at": "12-03 09:00",
            "until": "10:30",
            "services": "Ölwechsel; Bremsen",
            "adviser": "Eva Muster",
            "courtesy-car": "no",
        },
    ),
    (
        "!planlæg ydelser=olieskift bemærkning=nøglen i boksen",
        "schedule",
        {"services": "olieskift", "remarks": "nøglen i boksen"},
    ),
    ("!安排 服务=更换机油 代步车=有", "schedule", {"services": "更换机油", "courtesy-car": "yes"}),
    ("!schedule at=3.12. 9:00 preferred=yes", "schedule", {"at": "12-03 09:00", "preferred": "yes"}),
    ("!offer 3.12. 9:00 colour=blue", "offer", {"at": "12-03 09:00", "colour": "blue"}),
    ("!offer sometime", "offer", {"at": "sometime"}),
    ("!ask Which tyres?", "ask", {}),
    ("!Rückfrage: Welche Reifen?", "ask", {}),
    ("!spørg kunden", "ask", {}),
    ("!询问客户", "ask", {}),
    ("!decline: no lift is free", "decline", {"reason": "no lift is free"}),
    ("!ablehnen", "decline", {}),
    ("!afvis vi har lukket", "decline", {"reason": "vi har lukket"}),
    ("!拒绝 没有空位", "decline", {"reason": "没有空位"}),
    ("!cancel", "cancel", {}),
    ("!absagen Hebebühne defekt", "cancel", {"reason": "Hebebühne defekt"}),
    ("!aflys", "cancel", {}),
    ("!取消 配件未到", "cancel", {"reason": "配件未到"}),
    ("!arrived", "arrived", {}),
    ("!eingetroffen", "arrived", {}),
    ("!ankommet", "arrived", {}),
    ("!已到店", "arrived", {}),
    ("!arrived at nine", "arrived", {"text": "at nine"}),
    ("!ready parts", "ready", {"what": "parts"}),
    ("!ready Parts no", "ready", {"what": "parts", "no": "yes"}),
    ("!bereit teile nein", "ready", {"what": "teile", "no": "yes"}),
    ("!klar dele ikke", "ready", {"what": "dele", "no": "yes"}),
    ("!就绪 配件", "ready", {"what": "配件"}),
    ("!ready", "ready", {}),
    ("!prefer 3", "prefer", {"days": "3"}),
    ("!Erinnerung 3 Tage vorher", "prefer", {"days": "3"}),
    ("!prefer two days before", "prefer", {"days": "2"}),
    ("!påmindelse aldrig", "prefer", {"days": "off"}),
    ("!提前提醒 3 天", "prefer", {"days": "3"}),
    ("!reminders off", "prefer", {"days": "off"}),
    ("!prefer 3 hours", "prefer", {"days": "3 hours"}),
]


@pytest.mark.parametrize(("line", "name", "args"), COMMANDS)
def test_commands_of_the_workshop(line: str, name: str, args: dict[str, str]) -> None:
    found = command(line)
    assert (found.name, found.args) == (name, args)


def test_what_is_asked_stands_behind_the_command_or_below_it() -> None:
    assert top(["!ask Which tyres?", "", "Summer or winter?"]).below == ["Which tyres?", "", "Summer or winter?"]
    found = top(["!take", "!rückfrage", "Welche Reifen?", "!done"])
    assert [one.name for one in found.commands] == ["take", "ask"]
    assert found.below == ["Welche Reifen?", "!done"]
