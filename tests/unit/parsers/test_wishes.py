"""What customers answer in plain words: what is read of it, and above all what is not."""

import tomllib
from datetime import date
from importlib import resources

import pytest

from parsers import read
from parsers.records import Hints, Wish
from parsers.wishes import LONGEST, by_calendar, plain, restricts, wish

ON = date(2026, 11, 20)
"""A Friday."""
READ: dict[str, tuple[str, ...]] = {
    "accept": (
        "Ja",
        "ja",
        "JA!",
        "Ja.",
        "Ja, gerne.",
        "Ja bitte",
        "Ja, danke!",
        "Ja, der Termin passt. Vielen Dank!",
        "Passt, danke",
        "Das passt mir gut.",
        "Guten Tag,\n\nja, das passt.\n\nVielen Dank",
        "Hallo Frau Beispiel,\nja, passt. Vielen Dank!",
        "Sehr geehrte Damen und Herren,\n\nich bestätige den Termin.",
        "Hallo zusammen, einverstanden. Bis dann!",
        "In Ordnung, ich freue mich.",
        "Ich nehme den Termin. Danke für die schnelle Antwort!",
        "ok passt",
        "Yes",
        "yes please",
        "Yes, that works. Thanks!",
        "Hi Anna, that works for me. See you then!",
        "That's fine with me.",
        "I confirm the appointment.",
        "Sounds good, thank you",
        "I’ll be there",
        "Ja tak",
        "Ja, det passer fint. Vi ses!",
        "Hej\nDet passer mig fint\nTak",
        "Jeg bekræfter tiden.",
        "det er i orden",
        "同意",
        "同意。",
        "好的，谢谢",
        "好的谢谢",
        "可以",
        "没问题！",
        "您好，这个时间可以，谢谢。",
        "李女士您好，可以的。谢谢！",
        "Ja 👍",
        "Ja\u00a0\u00a0",
    ),
    "reject": (
        "Nein",
        "nein, danke",
        "Nein, das passt leider nicht.",
        "Leider nein",
        "Da kann ich leider nicht. Vielen Dank!",
        "Der Termin passt mir nicht.",
        "Hallo,\nich kann den Termin leider nicht wahrnehmen.",
        "No",
        "No, thanks",
        "Sorry, I can't make it.",
        "That doesn’t work for me.",
        "Unfortunately not",
        "Nej",
        "Nej tak",
        "Det passer desværre ikke.",
        "Jeg kan desværre ikke den dag",
        "不同意",
        "不行",
        "这个时间不方便，谢谢。",
        "我来不了",
    ),
    "postpone": (
        "Anderer Termin:",
        "Anderer Termin: …",
        "Anderer Termin: nächste Woche",
        "Anderer Termin: Freitag",
        "Anderer Termin: 3.12.",
        "Anderer Termin: um 10 Uhr",
        "Anderer Termin: 3.12. oder 4.12. um 10 Uhr",
        "Anderer Termin: ab 3.12. um 10 Uhr",
        "Anderer Termin: nicht am 3.12. um 10 Uhr",
        "Anderer Termin: Freitag, 3.12. um 10 Uhr",
        "Anderer Termin: 31.2. um 10 Uhr",
        "Anderer Termin: 3.12. um 3 Uhr",
        "Anderer Termin: morgen um 9 Uhr",
        "Anderer Termin: egal, Hauptsache vor Weihnachten",
        "Anderer Termin: 3.12. um 10 Uhr, aber nur mit Leihwagen",
        "Guten Tag,\nAnderer Termin: erst im Januar, dann gern vormittags",
        "Another time: …",
        "Andet tidspunkt: …",
        "其他时间：…",
        "Another time: 3/12 10:00",
        "Another time: 3 December at 3",
        "Another time: after 3 December 10:00",
        "Another time: any morning",
        "Andet tidspunkt: fredag",
        "Andet tidspunkt: den 3. december",
        "其他时间：下周",
        "其他时间：12月3日",
        "其他时间：12月3日上午10点以后",
        "Können wir den Termin verschieben?",
        "Bitte einen anderen Termin. Danke",
        "Geht auch ein anderer Tag?",
        "Could we do another day? Thanks",
        "I need to reschedule.",
        "Kan vi flytte tiden?",
        "en anden dag, tak",
        "可以改期吗？",
        "换个时间，谢谢",
    ),
    "cancel": (
        "Bitte stornieren",
        "Ich sage den Termin ab.",
        "Guten Tag, leider muss ich den Termin absagen. Viele Grüße",
        "Please cancel my appointment. Thank you.",
        "I have to cancel",
        "Jeg må desværre melde afbud.",
        "Aflys venligst tiden",
        "取消预约",
        "请帮我取消预约，谢谢",
    ),
    "look": (
        "STATUS",
        "status?",
        "Status bitte",
        "Wann ist mein Termin?",
        "When is my appointment?",
        "Hvornår er min tid?",
        "查询预约",
    ),
}
COUNTERS = {
    "Anderer Termin: 3.12. um 10 Uhr": "2026-12-03T10:00",
    "Anderer Termin: Donnerstag, 3.12.2026, 10:30 Uhr": "2026-12-03T10:30",
    "Anderer Termin: 3. Dezember um 8:15 Uhr, danke": "2026-12-03T08:15",
    "Anderer Termin: 14.1. um 9 Uhr": "2027-01-14T09:00",
    "Hallo,\n\nAnderer Termin: 3.12. um 14 Uhr\n\nVielen Dank": "2026-12-03T14:00",
    "Anderer Termin 3.12. um 10 Uhr": "2026-12-03T10:00",
    "Anderer Termin … 3.12. um 10 Uhr": "2026-12-03T10:00",
    "Another time, 3 December, 10:00": "2026-12-03T10:00",
    "其他时间，12月3日 10:00": "2026-12-03T10:00",
    "lieber am 3.12. um 10:00 Uhr": "2026-12-03T10:00",
    "Können wir den Termin auf den 3.12. um 10 Uhr verschieben?": "2026-12-03T10:00",
    "Another time: Friday, 4 December 2026, 9:30": "2026-12-04T09:30",
    "Another time: December 3 at 3pm": "2026-12-03T15:00",
    "How about 3 December at 10am?": "2026-12-03T10:00",
    "Andet tidspunkt: torsdag den 3. december kl. 10": "2026-12-03T10:00",
    "Hej\nhvad med den 3. december kl. 13.30?": "2026-12-03T13:30",
    "其他时间：12月3日上午10点": "2026-12-03T10:00",
    "12月3日下午2点可以吗？": "2026-12-03T14:00",
    "改到12月3日上午10点半": "2026-12-03T10:30",
}
REMINDERS = {
    "remind me 3 days before": 3,
    "Please remind me one day before, thanks": 1,
    "Bitte erinnern Sie mich 4 Tage vorher.": 4,
    "Erinnerung zwei Tage vorher": 2,
    "påmind mig 2 dage før": 2,
    "Send mig en påmindelse tre dage før, tak": 3,
    "提前3天提醒": 3,
    "请提前两天提醒我，谢谢": 2,
    "keine Erinnerung": 0,
    "Bitte keine Erinnerungen.": 0,
    "no reminders": 0,
    "ingen påmindelse": 0,
    "不要提醒": 0,
}
UNREAD = (
    "",
    "?",
    "👍",
    "Danke",
    "Vielen Dank für Ihre Nachricht",
    "Thanks!",
    "Tak for beskeden",
    "谢谢",
    "Hallo Frau Beispiel",
    "Ja?",
    "Ja, aber geht auch Freitag?",
    "Ja, wenn ich einen Leihwagen bekomme",
    "Ja und bitte auch die Winterreifen wechseln",
    "Ja, ich komme aber erst um 10 Uhr",
    "Ja. Wie lange dauert es?",
    "Ja. Nein.",
    "Ja, nein, doch nicht",
    "Jain",
    "Ja, bitte absagen",
    "Ja, bitte einen anderen Termin",
    "Ja 👎",
    "Passt das auch am Freitag?",
    "Passt nicht so gut, aber ich komme",
    "Nicht einverstanden mit dem Preis",
    "Der Termin passt, der Preis nicht",
    "Einverstanden, sofern der Preis stimmt",
    "Nein, kein Problem",
    "Nein, ich habe noch eine Frage",
    "Nein, der andere Termin passt",
    "Nein, lieber Freitag",
    "Ich weiß noch nicht",
    "Vielleicht",
    "Ich melde mich",
    "Bitte rufen Sie mich an",
    "Bitte sagen Sie mir, ob das geht",
    "Kann ich noch absagen?",
    "Absagen?",
    "Bitte nicht stornieren",
    "Stornieren Sie bitte nur die Klimaanlage",
    "Was kostet das?",
    "Freitag",
    "3.12. um 10 Uhr",
    "Freitag um 10 wäre mir lieber, Donnerstag geht aber auch",
    "lieber am 3.12.",
    "lieber nächste Woche",
    "Ich bin am 3.12. um 10 Uhr beim Arzt",
    "Wie ist der Stand meiner Reklamation?",
    "Bitte erinnern Sie mich",
    "Bitte erinnern Sie mich 7 Tage vorher",
    "Erinnerung bitte per SMS",
    "Yes if you have a courtesy car",
    "Yes, but can I come at 10?",
    "Yes and no",
    "Yes, call me",
    "Not sure",
    "No problem",
    "No, Friday is better",
    "No rush",
    "That works, but please check the brakes as well",
    "Fine, unless it snows",
    "Please don't cancel",
    "Should I cancel?",
    "Cancel the tyre change only",
    "another day like this and I leave",
    "remind me",
    "remind me 0 days before",
    "remind me 10 days before",
    "I will not be there",
    "I can make it after 10",
    "Ja, men kan det blive fredag?",
    "Ja hvis jeg kan låne en bil",
    "Nej, det er fint",
    "Måske",
    "Det passer ikke så godt med bilen",
    "Ring til mig",
    "Skal jeg aflyse?",
    "同意吗？",
    "可以的话请打电话给我",
    "好的，但是能早一点吗",
    "不是不同意",
    "不知道",
    "可以换轮胎吗？",
    "不取消",
    "不要取消",
    "提前提醒",
    "明天给您答复",
    "Ja.\n\nIch habe noch eine Frage: Muss ich warten?",
    "Hi not on Friday, yes",
    "Danke, nein, ja",
    "Ja " * 150,
)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in READ.items() for text in texts])
def test_what_is_clear_is_read(name: str, text: str) -> None:
    assert wish(text, "DE", ON) == Wish(name=name)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", COUNTERS)
def test_a_day_with_its_time_is_a_proposal(text: str) -> None:
    assert wish(text, "DE", ON) == Wish(name="counter", at=COUNTERS[text])


@pytest.mark.parametrize("text", REMINDERS)
def test_when_to_be_reminded(text: str) -> None:
    assert wish(text, "DE", ON) == Wish(name="prefer", days=REMINDERS[text])


OFFERED = {
    "accept": ("Ja", "Yes", "同意"),
    "reject": ("Nein", "No", "Nej", "不同意"),
    "postpone": ("Anderer Termin", "Another time", "Andet tidspunkt", "其他时间"),
    "cancel": ("Absagen", "Cancel", "Aflys", "取消"),
    "look": ("STATUS",),
}
"""What our mails offer (`[visit_answers]` of words.toml); reminders have a number, and a test of their own."""


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in OFFERED.items() for text in texts])
def test_what_our_mails_offer_is_read(name: str, text: str) -> None:
    assert wish(text) == Wish(name=name)  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "text", ["Erinnerung {} Tage vorher", "remind me {} days before", "påmind mig {} dage før", "提前{}天提醒"]
)
def test_the_reminders_that_our_mails_offer_are_read(text: str, days: int) -> None:
    assert wish(text.format(days)) == Wish(name="prefer", days=days)


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_not_clear_is_left_to_the_team(text: str) -> None:
    assert wish(text, "DE", ON) is None


def test_there_are_enough_phrases() -> None:
    assert sum(map(len, READ.values())) + len(COUNTERS) + len(REMINDERS) + len(UNREAD) >= 150
    assert len(set(UNREAD)) >= 60


def test_no_sentence_means_two_things() -> None:
    text = resources.files("parsers").joinpath("dictionaries/wishes.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    seen: dict[str, str] = {}
    for name in ("polite", "accept", "reject", "postpone", "cancel", "look", "never", "remind"):
        for phrases in tables[name].values():
            for phrase in phrases:
                assert seen.setdefault(plain(phrase), name) == name, phrase


def test_a_day_without_its_year_needs_the_day_of_the_mail() -> None:
    assert wish("Anderer Termin: 3.12. um 10 Uhr") == Wish(name="postpone")
    assert wish("Anderer Termin: 3.12.2026 um 10 Uhr") == Wish(name="counter", at="2026-12-03T10:00")


def test_a_long_text_is_nothing_short() -> None:
    assert wish(f"Ja.{' ' * LONGEST}", "DE", ON) is None


HEAD = (
    "From: Karin Beispiel <karin@beispiel.example>\r\nTo: desk@muster.example\r\nSubject: {}\r\n"
    "Date: Fri, 20 Nov 2026 10:00:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{}"
)


def answered(body: str, subject: str = "Re: Ihr Termin") -> Wish | None:
    found = read.parse(HEAD.format(subject, body).encode(), Hints(answering=True)).answer
    assert found is not None
    return found.wish


@pytest.mark.parametrize(
    "body",
    [
        "Ja",
        "Ja\n\nKarin Beispiel",
        "Ja\nKarin",
        "Ja, gern.\n\nMit freundlichen Grüßen\nKarin Beispiel\nTel. 030 1234567",
        "Ja\n\nVon meinem iPhone gesendet",
        "Ja\n\n> Passt Ihnen der 3.12.?\n> Nein",
        "Ja\n\nAm 20.11.2026 schrieb Autohaus Muster <desk@muster.example>:\n> Passt Ihnen der Termin?",
    ],
)
def test_signature_and_quotation_are_no_part_of_it(body: str) -> None:
    assert answered(body) == Wish(name="accept")


@pytest.mark.parametrize("body", ["Ja\n\nPS: bitte auch Öl", "Ja\n\n> Passt der Termin?\n\nAber erst um zehn", "!ja"])
def test_what_stands_below_counts_where_it_is_no_signature(body: str) -> None:
    assert answered(body) is None


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in OFFERED.items() for text in texts])
def test_what_our_mails_offer_is_read_in_an_answer_also_where_it_is_a_command_of_the_team(name: str, text: str) -> None:
    assert answered(f"{text}\n\nKarin Beispiel\n\n> Passt Ihnen der 3.12.?") == Wish(name=name)  # type: ignore[arg-type]


def test_status_may_stand_in_the_subject_of_an_empty_mail() -> None:
    assert answered("", "STATUS") == Wish(name="look")
    assert answered("\n\nKarin Beispiel", "STATUS") == Wish(name="look")
    assert answered("", "Re: Status") is None
    assert answered("Eine Frage noch", "STATUS") is None


@pytest.mark.parametrize(
    ("text", "doubts"),
    [
        ("", False),
        ("Vielen Dank!", False),
        ("Ja, gern", False),
        ("Danke\n\nDiese E-Mail kann vertrauliche Informationen enthalten und darf nicht weitergegeben werden.", False),
        ("Können Sie auch die Bremsen prüfen?", True),
        ("Ja, aber erst um 10 Uhr", True),
        ("But only if I get a courtesy car", True),
        ("Det passer desværre ikke", True),
        ("但是我十点才能到", True),
    ],
)
def test_words_may_take_back_what_a_calendar_says(text: str, doubts: bool) -> None:
    assert restricts(text) is doubts


@pytest.mark.parametrize(
    "text",
    [
        "Karin Beispiel has accepted this invitation.\n\nInspektion\nBitte nicht vergessen",
        "Karin Beispiel hat diese Einladung angenommen.",
        "Karin Beispiel har accepteret denne invitation.",
        "Karin Beispiel 已接受此邀请",
    ],
)
def test_what_a_calendar_writes_by_itself_is_known(text: str) -> None:
    assert by_calendar(text)
    assert not by_calendar("Ja, ich habe die Einladung bekommen")
