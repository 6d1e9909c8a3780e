"""Rules for a team's mailbox, so that mails to act on and mails for the files lie apart (capability T15).

They look at header fields of ours that every mail to a team carries: List-Id names team, site and this Postroom,
X-Postroom-Category says `action` or `audit`. Sieve (RFC 5228, 5490) for mail servers, steps for Outlook and Gmail.
"""

from collections.abc import Sequence

import msgspec

ACTION, AUDIT = "Postroom", "Postroom/Audit"
"""Folders of mails to act on, and of mails for the files."""


class TeamMail(msgspec.Struct, frozen=True):
    """What marks the mails of one site to a team."""

    list_id: str
    desk: str


def sieve(team: str, mails: Sequence[TeamMail]) -> str:
    """A Sieve script; folders are made where they are missing, and mail of others is left alone."""
    ids = ", ".join(_quoted(f"<{one.list_id}>") for one in mails)
    desks = ", ".join(sorted({_quoted(one.desk) for one in mails}))
    return f"""\
# Mails of Postroom to the team {team}.
require ["fileinto", "mailbox"];

if allof (header :contains "List-Id" [{ids}],
          address :is "From" [{desks}]) {{
    if header :is "X-Postroom-Category" "audit" {{
        fileinto :create {_quoted(AUDIT)};
        stop;
    }}
    if header :is "X-Postroom-Category" "action" {{
        fileinto :create {_quoted(ACTION)};
        stop;
    }}
}}
"""


def outlook(team: str, mails: Sequence[TeamMail]) -> str:
    """Steps for Outlook: its rules can look into header fields, those of Outlook on the web too."""
    ids = " or ".join(f'"{one.list_id}"' for one in mails)
    return f"""\
Outlook, for mails of Postroom to the team {team}. Make two rules, in this order (Settings, Mail, Rules, Add new rule):

1. Name: Postroom audit
   Condition: Message header includes "X-Postroom-Category: audit"
   Condition: Message header includes {ids}
   Action: Move to the folder {AUDIT}
   Action: Mark as read, if nobody has to see them at once
   Tick: Stop processing more rules
2. Name: Postroom action
   Condition: Message header includes "X-Postroom-Category: action"
   Condition: Message header includes {ids}
   Action: Move to the folder {ACTION}, or leave it out to keep them in the inbox
   Action: Categorise, to give them a colour
"""


def gmail(team: str, mails: Sequence[TeamMail]) -> str:
    """Steps for Gmail, which sees List-Id but no field of ours."""
    ids = " OR ".join(f"list:{one.list_id}" for one in mails)
    return f"""\
Gmail, for mails of Postroom to the team {team} (Settings, Filters and Blocked Addresses, Create a new filter):

1. Has the words: {ids}
   Then: Apply the label {ACTION}; Never send it to Spam

Gmail cannot see which mails are for the files. Have them sent elsewhere, or once a day:
[site.mail] audit = "archive@…" or audit = "digest" in sites.toml.
"""


FORMS = {"sieve": sieve, "outlook": outlook, "gmail": gmail}


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
