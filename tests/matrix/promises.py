"""What is promised, row by row: the words of docs/reliability.md. Which tests hold a row to it, their names say."""

from typing import NamedTuple


class Promise(NamedTuple):
    """One row of the matrix."""

    title: str
    text: str


FAULTS = {
    "R1": Promise(
        "`kill -9` while mail comes in",
        "Whatever process dies between DATA and 250: no accepted mail is missing, none becomes two records.",
    ),
    "R2": Promise(
        "Loss of power",
        "250 is said only after the mail was synced to the disk: of every answer the order of system calls shows it.",
    ),
    "R3": Promise(
        "Death at the worst moments",
        "After a claim, a parse, a commit, a relay's 250: all goes on from there. A mail can come twice only between a "
        "relay's 250 and our mark, then once more, the same bytes under the same Message-ID.",
    ),
    "R4": Promise(
        "`kill -9` while mail goes out",
        "Every notification arrives. Those that come twice are at most one for each relay connection and death, and "
        "are recognisable as the same mail.",
    ),
    "R5": Promise(
        "A relay that misbehaves",
        "Only what failed is tried again, with growing pauses; who has a mail gets no second copy; what is refused for "
        "good is shown to a person.",
    ),
    "R6": Promise(
        "A database that somebody else has locked",
        "Senders wait or are told to come back; none is refused for good, and all they send is stored in the end.",
    ),
    "R7": Promise(
        "A database that goes away",
        "Restarts, failovers, connections cut at COMMIT: 451 meanwhile, mail is taken again within seconds, nothing is "
        "lost or done twice.",
    ),
    "R8": Promise(
        "A full disk",
        "452 before the disk is full, what was accepted goes on, the admin hears of it once, and it ends by itself.",
    ),
    "R9": Promise(
        "Disks that fail",
        "Whichever write or sync fails: no 250 without a row, and nothing that was answered with 250 is lost.",
    ),
    "R10": Promise(
        "Two thousand connections",
        "The surplus hears 421; an honest client is served within seconds, in a bounded memory, also where the system "
        "has no more descriptors to give.",
    ),
    "R11": Promise(
        "A mailbox cut in the middle of a fetch",
        "Wherever the connection breaks, each mail comes once, and nothing is flagged or moved before it is stored.",
    ),
    "R12": Promise(
        "Mailboxes that change under us",
        "New UIDVALIDITY, numbers used again, mails gone or read by somebody, servers that say nothing: every mail "
        "that was ever there is taken once, and silence is noticed.",
    ),
    "R13": Promise(
        "The same mail by two ways",
        "A retry or a copy makes no second record; the same Message-ID at two sites is two.",
    ),
    "R14": Promise(
        "Several daemons on one database",
        "Killed, stopped past their lease and woken up again: every job counts once, a daemon that comes back late can "
        "mark nothing, and nothing stays claimed.",
    ),
    "R15": Promise(
        "Two daemons on one SQLite file",
        "The second one does not start, and says who is there already.",
    ),
    "R16": Promise(
        "Days down",
        "What became due meanwhile happens in its order and is told in one mail for each recipient, not in hundreds.",
    ),
    "R17": Promise(
        "Clocks that jump",
        "Two hours ahead or back, ten years, a suspended machine: no step twice, none late by more than a minute.",
    ),
    "R18": Promise(
        "Clock changes, leap days, turns of the year",
        "Business hours are those of the clock on the wall; a weekly run happens once in each week of ten years.",
    ),
    "R19": Promise(
        "Broken rule files while it runs",
        "The last good ones stay in force, no mail is routed by a broken set, and each fault is told once.",
    ),
    "R20": Promise(
        "Templates that fail",
        "Wrong, slow or incomplete: the request reaches its team all the same, in plain words.",
    ),
    "R21": Promise(
        "Poison",
        "A mail that kills, hangs or exhausts the reader is set aside at its third try; those behind it hardly notice; "
        "a person can let it in again.",
    ),
    "R22": Promise(
        "A stop under load",
        "Within twenty seconds what is in hand is finished or given back, and nothing is lost.",
    ),
    "R23": Promise(
        "Upgrades",
        "An older database is upgraded in one transaction with all its rows; a newer one is refused.",
    ),
    "R24": Promise(
        "Backup and restore",
        "A copy made while mail flows is whole, and a restored daemon sends nothing before somebody says so.",
    ),
    "R25": Promise(
        "Loops that freeze",
        "Each loop is watched: the one that stands still is told within two of its intervals.",
    ),
    "R26": Promise(
        "An hour of load and faults",
        "Memory, descriptors and tables stay as they are once warm, and every mail is accounted for.",
    ),
    "R27": Promise(
        "The books",
        "Accepted mails are the sum of their fates, each with its proof: after every one of these tests.",
    ),
}

THREATS = {
    "S1": Promise(
        "Smuggled mails",
        "No ending but CRLF.CRLF ends a mail, whichever way bare line ends are taken.",
    ),
    "S2": Promise(
        "Injection before TLS",
        "Nothing that was said before STARTTLS is heard after it; no mail without TLS where TLS is demanded.",
    ),
    "S3": Promise(
        "Abuse of the protocol",
        "Early talk, HTTP, noise, endless commands: no mail, no crash, nothing of the inside in an answer.",
    ),
    "S4": Promise(
        "Bombs",
        "Each ends within seconds in a bounded memory, is kept as it came, and the next mail is read.",
    ),
    "S5": Promise(
        "Random mails",
        "No parser lets an exception out, and every field keeps its shape.",
    ),
    "S6": Promise(
        "Header injection",
        "Every mail of ours has the headers it is meant to have, whatever a name holds, and is sent all the same.",
    ),
    "S7": Promise(
        "Markup injection",
        "What a customer wrote adds no element, attribute or address to a mail of ours.",
    ),
    "S8": Promise(
        "Forged sources",
        "A mail counts as its source's only with proof; without it nothing is answered and no silence broken.",
    ),
    "S9": Promise(
        "Automatic mails",
        "They are never answered; automatic mails of a source are leads all the same.",
    ),
    "S10": Promise(
        "Loops",
        "Two machines that answer each other end at the cap, with one alarm.",
    ),
    "S11": Promise(
        "Bounces",
        "They find the mail that they are about; forged ones find none.",
    ),
    "S12": Promise(
        "Links that act",
        "Opening a link changes nothing, whoever opens it; a forged or altered token does nothing.",
    ),
    "S13": Promise(
        "Walls between sites",
        "Nothing of one site is in a list, mail or export of another.",
    ),
    "S14": Promise(
        "Limits of templates, patterns and XML",
        "What escapes or runs away elsewhere ends at its limit here.",
    ),
    "S15": Promise(
        "Exports",
        "Cells are text, never formulas.",
    ),
    "S16": Promise(
        "Injection into SQL, paths and logs",
        "Values stay values; no file outside its directory, no line in the log that is no event.",
    ),
    "S17": Promise(
        "Secrets",
        "No password, key or token is in anything that is shown, logged or readable by others.",
    ),
    "S18": Promise(
        "TLS",
        "Certificates are checked in and out; who opts out is reminded at every start.",
    ),
    "S19": Promise(
        "The service unit",
        "It is confined: the score of `systemd-analyze security` has an upper bound.",
    ),
    "S20": Promise(
        "Erasure and export of a person",
        "After `erase` no byte of the person is left in the data directory; the export has all fields.",
    ),
    "S21": Promise(
        "Dependencies",
        "Versions have a floor with its reason, and each known hole has its test.",
    ),
    "S22": Promise(
        "Floods",
        "Who floods one address slows down nobody else.",
    ),
}

PROMISES = {**FAULTS, **THREATS}

STRICT = frozenset([f"R{n}" for n in (*range(1, 16), 21, 27)] + [f"S{n}" for n in (1, 2, 4, *range(6, 15), 20)])
"""Rows that must have a test: no sentence replaces it."""

EXCEPTIONS: dict[str, str] = {}
"""Row -> why it cannot be run, and what was done instead."""
