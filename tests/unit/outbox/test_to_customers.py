"""What goes to a customer: his conversation, the words of the house and its files, and nothing that is ours alone."""

import io
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from daemon.store import outgoing
from rules.model import Actor, Thread
from rules.reference import read_token, token
from tests.support.answering import CUSTOMER, REPLY_TEMPLATES, House, house

TEXT = "Guten Tag Frau Beispiel,\nder Golf ist noch da. Kommen Sie am Samstag?\n\nAnna Muster"
ASKED = Thread(ids=("<1@beispiel.example>", "not an id", "<2@beispiel.example>"), subject="AW: Re: Golf, 24.490 €")
PDF = b"%PDF-1.4\n" + bytes(range(256))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as made:
        yield made


def answer_with(*files: tuple[str, str, bytes]) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "anna@muster.example", "desk@muster.example", "Re: Anfrage"
    mail.set_content(TEXT)
    for name, kind, content in files:
        maintype, _, subtype = kind.partition("/")
        mail.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return mail.as_bytes()


def test_the_answer_goes_on_with_the_customers_conversation(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "reply", text=TEXT)
    room.tell()
    (sent,) = room.letters("reply")
    mail, site = sent.mail, room.shift.settings.sites["berlin"]
    own = f"<{record.ref.lower()}.record@{room.shift.settings.postroom.hostname}>"
    assert sent.state == "waiting"
    assert (mail["To"], mail["Subject"]) == (CUSTOMER, "Re: Golf, 24.490 €")
    assert (mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec) == (site.name, site.desk)
    assert mail["References"].split() == [own, "<1@beispiel.example>", "<2@beispiel.example>"]
    assert mail["In-Reply-To"] == "<2@beispiel.example>"
    signed = mail["Reply-To"].addresses[0].username.partition("+")[2]
    assert read_token(signed, room.shift.keys) == (record.ref, "customer")
    assert mail.keys() == [
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Postroom-Record",
        "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert sent.words == f"{TEXT}\n\n{site.name}\n"


def test_without_a_conversation_the_template_names_it(room: House) -> None:
    record = room.opened()
    room.act(record.ref, "reply", text=TEXT)
    room.tell()
    (sent,) = room.letters("reply")
    assert str(sent.mail["Subject"]).startswith("Re: Ihre Anfrage")
    assert sent.mail["In-Reply-To"] == sent.mail["References"]
    assert sent.state == "waiting"


def test_files_go_along_and_programs_do_not(room: House) -> None:
    record = room.opened(ASKED)
    files = [("Angebot für Sie.pdf", "application/pdf", PDF), ("setup.exe", "application/octet-stream", b"MZ1")]
    inner = ("weitergeleitet.eml", "application/octet-stream", b"Subject: x\r\n\r\ny")
    message = room.came(answer_with(*files, inner))
    room.act(record.ref, "reply", text=TEXT, message=str(message))
    room.tell()
    (sent,) = room.letters("reply")
    (file,) = sent.mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("Angebot für Sie.pdf", "application/pdf")
    assert file.get_content() == PDF
    assert sent.words.startswith(TEXT)
    (told,) = room.letters("refused")
    assert told.recipient == "anna@muster.example"
    (because,) = room.rows("SELECT args FROM revision WHERE action = 'refuse'")
    assert "setup.exe did not go to the customer: programs are not passed on" in because.args
    assert "weitergeleitet.eml did not go to the customer: enclosed mails are not passed on" in because.args


def test_an_answer_that_was_taken_back_is_withdrawn(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "reply", text=TEXT)
    room.tell()
    room.act(record.ref, "undo")
    room.tell()
    (sent,) = room.letters("reply")
    assert sent.state == "withdrawn"


def test_the_group_hears_who_answered_only_while_it_is_so(room: House) -> None:
    kept, moved = room.opened(), room.opened()
    for record in (kept, moved):
        room.act(record.ref, "reply", text=TEXT)
    room.act(moved.ref, "not-mine", team="service")
    room.tell()
    (told,) = room.letters("taken")
    assert kept.ref in told.mail["X-Postroom-Record"]


def test_an_answer_with_an_address_of_the_team_is_held(room: House) -> None:
    record = room.opened(ASKED)
    signed = token(record.ref, "team", room.shift.keys[0])
    room.act(record.ref, "reply", text=f"{TEXT}\n> desk.berlin+{signed}@leads.muster.example")
    room.tell()
    assert_held(room, record.ref)


def assert_held(room: House, ref: str) -> None:
    """The letter waits for the admin, and both he and its writer know why."""
    (held,) = room.letters("reply")
    assert held.state == "held"
    assert held.last_error is not None
    assert held.last_error.startswith("it held ")
    (told,) = room.letters("held")
    assert (told.recipient, told.state) == ("anna@muster.example", "waiting")
    (alarm,) = room.letters("alarm")
    assert held.last_error in alarm.words
    assert "postroom queue retry" in alarm.words
    assert room.shift.counters["letters_guarded"] == 1
    (row,) = room.rows("SELECT data FROM record WHERE ref = :ref", ref=ref)
    assert '"held":[{' in row.data


def test_what_the_admin_looked_at_goes_out_as_it_is(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "reply", text=f"{TEXT}\n## - Rechnung")
    room.tell()
    (held,) = room.letters("reply")
    room.shift.store.write(lambda c: outgoing.act_on(c, held.id, "retry", room.shift.clock.now())).result()
    room.tell()
    (sent,) = room.letters("reply")
    assert (sent.state, sent.raw) == ("waiting", held.raw)
    with room.shift.store.read() as connection:
        assert outgoing.outdated(connection, 10) == []


def test_what_waits_is_sent_on_its_writers_word_unless_it_still_leaks(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "hold", text=TEXT, problem="its end is not certain")
    room.tell()
    room.act(record.ref, "send")
    room.tell()
    assert [letter.state for letter in room.letters("reply")] == ["waiting"]
    assert [letter.state for letter in room.letters("held")] == ["withdrawn"]
    room.act(record.ref, "hold", text=f"{TEXT} -##", problem="its end is not certain")
    room.act(record.ref, "send")
    room.tell()
    assert [letter.state for letter in room.letters("reply")] == ["waiting", "held"]


def test_an_internal_address_is_held_until_its_writer_says_that_it_may_go(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "reply", text=f"{TEXT}\ncontrolling@muster.example")
    room.tell()
    assert_held(room, record.ref)
    assert "controlling@muster.example" in room.letters("held")[0].words
    room.act(record.ref, "send")
    room.tell()
    assert [letter.state for letter in room.letters("reply")] == ["held", "waiting"]


def test_a_file_with_one_of_our_addresses_is_held(room: House) -> None:
    record = room.opened(ASKED)
    signed = f"Reply to desk+{token(record.ref, 'team', room.shift.keys[0])}@muster.example"
    files = [("verlauf.html", "text/html", b"\0\xff" * 4000 + signed.encode() + b"<br>" * 4000)]
    message = room.came(answer_with(*files))
    room.act(record.ref, "reply", text=TEXT, message=str(message))
    room.tell()
    assert_held(room, record.ref)


def test_a_packed_file_with_one_of_our_addresses_is_held_and_another_goes(room: House) -> None:
    record, other = room.opened(ASKED), room.opened(ASKED)
    signed = f"Reply to desk+{token(record.ref, 'team', room.shift.keys[0])}@muster.example"
    for one, words in ((other, "Reply to us"), (record, signed)):
        file = ("verlauf.docx", "application/octet-stream", zipped(("word/document.xml", f"<w:t>{words}</w:t>" * 9)))
        message = room.came(answer_with(file))
        room.act(one.ref, "reply", text=TEXT, message=str(message))
    room.tell()
    went, held = room.letters("reply")
    assert went.state == "waiting"
    assert [file.get_filename() for file in went.mail.iter_attachments()] == ["verlauf.docx"]
    assert (held.state, held.last_error) == ("held", "it held a reply address of ours")


def test_a_file_that_nobody_can_open_is_held_for_its_name(room: House) -> None:
    record = room.opened(ASKED)
    signed = token(record.ref, "team", room.shift.keys[0])
    locked = bytearray(zipped((f"mail to desk+{signed}@muster.example.eml", "x" * 99)))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + flags] |= 1  # encrypted
    message = room.came(answer_with(("mail.zip", "application/zip", bytes(locked))))
    room.act(record.ref, "reply", text=TEXT, message=str(message))
    room.tell()
    assert_held(room, record.ref)


def zipped(member: tuple[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(*member)
    return made.getvalue()


def test_a_note_of_the_house_is_held_and_the_same_words_meant_for_the_customer_are_not(room: House) -> None:
    note = "Der Kunde hat bei uns noch eine offene Rechnung."
    record = room.opened(ASKED)
    room.act(record.ref, "note", text=note)
    room.act(record.ref, "reply", text=note)
    room.tell()
    assert [letter.state for letter in room.letters("reply")] == ["waiting"]
    room.act(record.ref, "reply", text=f"{TEXT}\n\nAnna am 20.11.: der Kunde  hat bei\nuns noch eine offene Rechnung.")
    room.tell()
    assert [letter.state for letter in room.letters("reply")] == ["waiting", "held"]
    assert room.letters("held")


def test_a_template_of_the_admin_that_shows_our_address_is_held(tmp_path: Path) -> None:
    leaking = {
        **REPLY_TEMPLATES,
        "de/reply.html.j2": "<p>{{ notice.text }}</p><a href='mailto:x@y.example?body=%21done'>",
    }
    with house(tmp_path, leaking) as room:
        record = room.opened(ASKED)
        room.act(record.ref, "reply", text=TEXT)
        room.tell()
        assert_held(room, record.ref)


def test_a_template_that_fails_leaves_the_persons_words(tmp_path: Path) -> None:
    with house(tmp_path, {**REPLY_TEMPLATES, "de/reply.txt.j2": "{{ nothing.there }}"}) as room:
        record = room.opened(ASKED)
        message = room.came(answer_with(("a.pdf", "application/pdf", PDF)))
        room.act(record.ref, "reply", text=TEXT, message=str(message))
        room.tell()
        (sent,) = room.letters("reply")
        assert sent.state == "waiting"
        assert sent.words.startswith(f"{TEXT}\n\n-- \n{room.shift.settings.sites['berlin'].name}\n")
        assert [file.get_filename() for file in sent.mail.iter_attachments()] == ["a.pdf"]


def test_who_answers_at_the_command_line_without_an_address_lets_the_team_know(room: House) -> None:
    record = room.opened(ASKED)
    room.act(record.ref, "reply", Actor("command", "root"), text=f"{TEXT} ##- x -##")
    room.tell()
    (told,) = room.letters("held")
    assert told.recipient == room.shift.settings.sites["berlin"].teams["sales"]


def test_a_further_mail_brings_its_files_to_the_team(room: House) -> None:
    record = room.opened(ASKED)
    picture = ("Gebrauchtwagen.jpg", "image/jpeg", b"\xff\xd8\xff" + b"x" * 5000)
    message = room.came(answer_with(picture, ("virus.scr", "image/png", b"MZ")))
    room.act(
        record.ref, "write", Actor("customer", CUSTOMER), text="Mit Bild", message=str(message), **{"class": "reply"}
    )
    room.tell()
    (told,) = room.letters("attached")
    assert [file.get_filename() for file in told.mail.iter_attachments()] == ["Gebrauchtwagen.jpg"]
    assert "Nicht beigefügt, da Programm oder zu groß: virus.scr" in told.words
    assert "Mit Bild" in told.words
    assert told.mail["List-Id"] is not None
    assert told.mail["Auto-Submitted"] == "auto-generated"
