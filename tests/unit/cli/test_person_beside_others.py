"""`person export` and `person erase` of somebody whose mails and records stand beside other people's."""

import base64
import json
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from config.load import canonical
from daemon.act import act, open_by_hand
from daemon.reader import Reader
from daemon.seams import Clock, wall_now
from daemon.shift import Shift, desk_keys
from daemon.store import messages, open_store, records
from daemon.store.chains import Accepted, Chain
from parsers.records import Customer, Parsed, Reading
from rules.decide import decide
from rules.model import Action, Actor, Context, Envelope, Opening, Record
from rules.reference import token
from tests.unit.conftest import REPLY, WEBSITE, PostRoom, finish_pending, tell
from tests.unit.store.test_erased_rows import close_all, settle_letters

ANNA = Actor("command", "anna")
AT_BERLIN = ("--site", "berlin")
HANNA, IVO = "hanna@alpha.example", "ivo@beta.example"
HANNAS, IVOS = (Customer(name=name, emails=(mail,)) for name, mail in (("Hanna Alpha", HANNA), ("Ivo Beta", IVO)))
TWO = (
    b"From: Autohaus Muster <wordpress@muster.example>\r\nTo: website.berlin.h3t8@leads.muster.example\r\n"
    b"Subject: Zwei Anfragen\r\nMessage-ID: <zwei@muster.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Name: Clara Kanaria\r\nE-Mail: clara@kanaria.example\r\nMarke: VW\r\nModell: Tiguan\r\nNachricht: Fuer Clara\r\n"
    b"\r\nName: Dieter Zeisig\r\nE-Mail: dieter@zeisig.example\r\nMarke: VW\r\nModell: Polo\r\n"
    b"Nachricht: Fuer Dieter\r\n"
)
CLARA, DIETER, DESK = "clara@kanaria.example", "dieter@zeisig.example", "desk.berlin@leads.muster.example"


@pytest.fixture
def shift(post_room: PostRoom) -> Iterator[Shift]:
    settings = post_room.settings
    one = Shift(settings, open_store(post_room.url), Clock(), Reader({}), desk_keys(settings))
    kept, at = canonical(settings).encode(), wall_now()
    one.store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", kept, at)).result()
    finish_pending(one)
    yield one
    one.reader.close()
    one.store.close()


@pytest.fixture
def ask(postroom: Any, post_room: PostRoom) -> Any:
    """Run a command on a copy that may be changed."""
    return lambda *words, **how: postroom(*words, directory=post_room.directory, **how)


def came(shift: Shift, content: bytes, to: str, sender: str = "") -> None:
    """A mail, accepted and read."""
    mail, chain = Accepted(content, to, sender, "smtp", "192.0.2.1", wall_now()), Chain("test")
    shift.store.write(lambda c: chain.append(c, [mail])).result()
    finish_pending(shift)


def called(shift: Shift, customer: Customer, words: str) -> str:
    """Somebody calls Berlin; the reference."""
    settings, now = shift.settings, wall_now()
    site, reading = settings.sites["berlin"], Reading(kind="lead", customer=customer, comments=words)
    envelope = Envelope(recipient=site.desk, channel="command", accepted_at=now)
    parsed = Parsed(digest="", readings=(reading,))
    decision = decide(reading, envelope, parsed, site, None, settings, Context(), now, 0)
    opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=now)
    return open_by_hand(shift.store, settings, opening, Action(name="open", actor=ANNA), now).ref


def do(shift: Shift, ref: str, name: str, /, **args: str) -> None:
    act(shift.store, shift.settings, ref, Action(name=name, actor=ANNA, args=args), wall_now())


def kept(shift: Shift, mail: str) -> list[Record]:
    """The records whose own request has an address, the newest first."""
    with shift.store.read() as connection:
        every = [one.record for one in records.listing(connection)]
    return [one for one in every if one.reading.customer and mail in one.reading.customer.emails]


def exported(ask: Any, file: Path, key: str, *site: str) -> tuple[Any, dict[str, bytes]]:
    """What stands in a person's file, and what was said of it."""
    said = ask("person", "export", key, *(site or AT_BERLIN), "--to", file, "--json")
    assert said.code == 0, said.err
    with zipfile.ZipFile(file) as members:
        return said.rows[-1], {name: members.read(name) for name in members.namelist()}


def with_words(members: dict[str, bytes], words: str) -> list[str]:
    """Names of what has these words, decoded, also in a mail that goes along."""
    return [name for name, said in members.items() if any(words in text for text in decoded(said))]


def decoded(content: bytes) -> Iterator[str]:
    yield content.decode("utf-8", "replace")
    for part in message_from_bytes(content).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.decode("utf-8", "replace")
            yield from decoded(payload) if part.get_filename() == "original.eml" else ()


def test_who_was_joined_to_somebody_else_goes_alone(ask: Any, shift: Shift, tmp_path: Path) -> None:
    """A wife's request that the team put to her husband's: neither has the other's file, nor takes the other along."""
    hers, his, secret = (called(shift, *told) for told in ((HANNAS, "ihres"), (IVOS, "seines"), (IVOS, "geheim")))
    do(shift, hers, "again", ref=his)
    for number, key in enumerate((HANNA, hers)):
        _, members = exported(ask, tmp_path / f"{number}.zip", key)
        assert [one["ref"] for one in json.loads(members["person.json"])["records"]] == [hers]
        assert with_words(members, "geheim") == with_words(members, IVO) == []
    said = ask("person", "erase", HANNA, *AT_BERLIN, "--yes")
    assert said.code == 1, "something was left"
    assert f"{his} has one of the contacts and is another person's" in said.out
    assert kept(shift, HANNA) == []
    assert {one.ref for one in kept(shift, IVO)} == {his, secret}
    _, members = exported(ask, tmp_path / "ivo.zip", IVO)
    assert {one["ref"] for one in json.loads(members["person.json"])["records"]} == {his, secret}


def test_a_file_has_no_words_of_others(ask: Any, shift: Shift, tmp_path: Path) -> None:
    """Neither in the mail that was several people's, nor where it came again, nor where it went along with ours."""
    came(shift, TWO, WEBSITE)
    came(shift, TWO, WEBSITE)
    (his,) = kept(shift, DIETER)
    tell(shift)
    came(shift, returned(f"Offen: {his.ref} Dieter Zeisig; {kept(shift, CLARA)[0].ref}"), DESK)
    said, members = exported(ask, tmp_path / "clara.zip", CLARA)
    assert with_words(members, "Dieter") == with_words(members, DIETER) == []
    assert with_words(members, "Clara") == ["person.json"]
    told = json.loads(members["person.json"])
    assert len(said["made"]["left_out"]) == len([*told["mails"], *told["further_mails"]]) == 3
    left_out = said["made"]["left_out_letters"]
    assert {one.get("left_out") for one in told["records"][0]["letters"]} == {"it also tells of other people"}
    text = ask("person", "export", CLARA, *AT_BERLIN, "--to", tmp_path / "again.zip").out
    assert f"outgoing mail {left_out[0]} has such a mail with it" in text


def returned(words: str) -> bytes:
    """A bounce that has a mail of ours inside, in base64."""
    inner = base64.encodebytes(words.encode()).replace(b"\n", b"\r\n")
    return (
        b"From: MAILER-DAEMON@muster.example\r\nTo: desk.berlin@leads.muster.example\r\nSubject: Undelivered Mail\r\n"
        b"Message-ID: <bounce.2@muster.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nmailbox full\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
        b"Status: 5.2.2\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: <a@b.example>\r\nSubject: Liste\r\n"
        b"Message-ID: <l1@muster.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + inner + b"\r\n--b--\r\n"
    )


def findings(ask: Any) -> list[Any]:
    return [row for row in ask("ledger", "--json").rows if "what" in row]


def every_word(shift: Shift) -> dict[str, bytes]:
    """Of mails in and out, and of records."""
    with shift.store.read() as connection:
        letters = {
            f"letter {key}": said for key, said in connection.exec_driver_sql("SELECT outbox, bytes FROM rendered")
        }
        states = {ref: data.encode() for ref, data in connection.exec_driver_sql("SELECT ref, data FROM record")}
        keys = connection.exec_driver_sql("SELECT id FROM message").scalars()
        return letters | states | {f"mail {key}": messages.original(connection, key) or b"" for key in keys}


def test_nothing_of_a_person_stays_in_what_goes_along_with_anothers_mail(
    ask: Any, shift: Shift, post_room: PostRoom
) -> None:
    came(shift, TWO, WEBSITE)
    tell(shift)
    (hers,), (his,) = kept(shift, CLARA), kept(shift, DIETER)
    do(shift, hers.ref, "done")
    before = findings(ask)
    said = ask("person", "erase", CLARA, *AT_BERLIN, "--yes")
    assert (said.code, "tells of several records and waits" in said.out) == (1, True), "nobody was told of his yet"
    settle_letters(shift.store)
    came(shift, returned(f"Offen: {hers.ref} Clara Kanaria"), DESK)
    said = ask("person", "erase", CLARA, *AT_BERLIN, "--yes")
    assert said.code == 0, said.out
    assert with_words(every_word(shift), "clara@") == with_words(every_word(shift), "Clara") == []
    assert kept(shift, DIETER)[0].reading.comments == "Fuer Dieter"
    assert kept(shift, DIETER)[0].ref == his.ref
    assert findings(ask) == before


def test_the_admins_own_site_has_people_too(ask: Any, shift: Shift, tmp_path: Path) -> None:
    greta = b"From: Greta Post <greta@post.example>\r\nTo: postmaster@leads.muster.example\r\nSubject: Hilfe\r\n"
    greta += b"Message-ID: <g1@post.example>\r\n\r\nIch moechte mein Auto verkaufen.\r\n"
    came(shift, greta, "postmaster@leads.muster.example", "greta@post.example")
    _, members = exported(ask, tmp_path / "greta.zip", "greta@post.example", "--site", "admin")
    assert len(json.loads(members["person.json"])["records"]) == 1
    close_all(shift.store, shift.settings)
    assert ask("person", "erase", "greta@post.example", "--site", "admin", "--yes").code == 0
    assert kept(shift, "greta@post.example") == []


def test_who_only_wrote_to_somebody_elses_record_is_told_where(ask: Any, shift: Shift) -> None:
    ref = called(shift, IVOS, "seines")
    desk = shift.settings.sites["berlin"].desk.replace("@", f"+{token(ref, 'customer', shift.keys[0])}@")
    wanda = REPLY.replace(b"Jonas Probe <jonas.probe@kunde.example>", b"Wanda <wanda@fremd.example>")
    came(shift, wanda, desk, "wanda@fremd.example")
    for command in (("export",), ("erase", "--yes")):
        said = ask("person", command[0], "wanda@fremd.example", *AT_BERLIN, *command[1:])
        assert said.code == 1
        assert "nothing is known of them at berlin by itself; mail " in said.err
        assert said.err.rstrip().endswith(f"of theirs belongs to {ref}")


def test_databases_of_before_are_named(ask: Any, shift: Shift, post_room: PostRoom) -> None:
    ref = called(shift, HANNAS, "ihres")
    do(shift, ref, "done")
    moved = post_room.database.with_name("postroom.db.moved")
    moved.write_bytes(b"")
    assert f"{moved} is a database of before" in ask("person", "erase", ref, *AT_BERLIN, "--yes").err.replace("\n", "")
