"""What a configuration names outside itself: secrets, certificates, sample mails."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from config.draft import Draft, Entry
from config.keys import read_key
from config.lookup import site_of
from config.machine import Postroom
from config.models import Settings, Test
from config.problems import Path, Problem
from config.secrets import reveal
from config.types import Model, Secret


def check_outside(draft: Draft) -> Iterator[Problem]:
    """Find files and secrets that are named and missing."""
    if draft.postroom is not None:
        yield from _credentials(draft.postroom)
        yield from _oauth(draft.postroom)
        yield from _secrets(draft, draft.postroom)
        yield from _certificates(draft, draft.postroom)
        yield from _keys(draft, draft.postroom)
    for test in draft.tests:
        if not (draft.directory / test.model.mail).is_file():
            yield test.problem(("mail",), f"the sample mail '{test.model.mail}' is missing")


def check_tests(draft: Draft, settings: Settings) -> Iterator[Problem]:
    """Find tests whose mail goes to an address that nothing listens to."""
    for test in draft.tests:
        yield from _recipient(test, settings)


def _recipient(test: Entry[Test], settings: Settings) -> Iterator[Problem]:
    if site_of(settings, test.model.to) == (None, None):
        what = f"'{test.model.to}' is the address of no source and of no desk"
        yield test.problem(("to",), what)


def _secrets(draft: Draft, main: Entry[Postroom]) -> Iterator[Problem]:
    for path, secret in _secrets_in((), main.model):
        yield from _secret(draft.directory, main, path, secret)


def _secrets_in(path: Path, value: object) -> Iterator[tuple[Path, Secret]]:
    """Every secret that is named, with its path."""
    if isinstance(value, Secret):
        yield path, value
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from _secrets_in((*path, name), getattr(value, name))
    elif isinstance(value, tuple):
        for index, one in enumerate(value):
            yield from _secrets_in((*path, index), one)


def _credentials(main: Entry[Postroom]) -> Iterator[Problem]:
    """A name and something that proves it belong together."""
    for index, relay in enumerate(main.model.relay):
        given = [key for key in ("password", "oauth") if getattr(relay, key) is not None]
        yield from _proofs(main, ("relay", index), given, named=relay.username is not None, needed=False)
    for index, mailbox in enumerate(main.model.imap):
        given = [key for key in ("password", "oauth") if getattr(mailbox, key) is not None]
        yield from _proofs(main, ("imap", index), given, named=True, needed=True)


def _oauth(main: Entry[Postroom]) -> Iterator[Problem]:
    """What a provider's token is asked for with."""
    named = [
        *((("relay", index, "oauth"), relay.oauth) for index, relay in enumerate(main.model.relay)),
        *((("imap", index, "oauth"), mailbox.oauth) for index, mailbox in enumerate(main.model.imap)),
    ]
    for path, oauth in named:
        if oauth and oauth.provider == "microsoft" and not (oauth.tenant or oauth.token_url):
            yield main.problem((*path, "tenant"), 'is missing beside provider = "microsoft"')
        if oauth and oauth.provider == "google" and oauth.refresh_token is None:
            yield main.problem((*path, "refresh_token"), 'is missing beside provider = "google"')


def _keys(draft: Draft, main: Entry[Postroom]) -> Iterator[Problem]:
    """Keys that sign nothing; one that is missing is told as a secret."""
    for index, dkim in enumerate(main.model.dkim):
        try:
            pem = reveal(dkim.key, draft.directory)
        except ValueError:
            continue
        try:
            read_key(pem)
        except ValueError as error:
            yield main.problem(("dkim", index, "key"), str(error))


def _proofs(main: Entry[Postroom], path: Path, given: list[str], *, named: bool, needed: bool) -> Iterator[Problem]:
    if len(given) > 1:
        yield main.problem((*path, "oauth"), "stands beside password", "write one of them")
    if given and not named:
        yield main.problem((*path, "username"), f"is missing beside {given[0]}")
    if named and not given:
        yield main.problem((*path, "password"), "is missing beside username" if not needed else "is missing")


def _secret(directory: FilePath, main: Entry[Postroom], path: Path, secret: Secret) -> Iterator[Problem]:
    try:
        reveal(secret, directory)
    except ValueError:
        # The name as written, not the path as resolved: it is what the admin looks for in the file.
        place = next(f"{kind} '{name}'" for kind, name in secret.model_dump().items() if name is not None)
        yield main.problem(
            path, f"the secret is missing: {place.replace('env', 'environment variable', 1)} is empty or cannot be read"
        )


def _certificates(draft: Draft, main: Entry[Postroom]) -> Iterator[Problem]:
    smtp = main.model.smtp
    if (smtp.tls_certificate is None) != (smtp.tls_key is None):
        missing, given = ("tls_key", "tls_certificate") if smtp.tls_key is None else ("tls_certificate", "tls_key")
        yield main.problem(("smtp", missing), f"is missing beside {given}")
    if smtp.require_tls and smtp.tls_certificate is None:
        yield main.problem(
            ("smtp", "require_tls"), "needs a certificate", 'write tls_certificate = "…" and tls_key = "…"'
        )
    for key, used in (("user", smtp.user), ("require_auth", smtp.require_auth), ("listen_tls", smtp.listen_tls)):
        if used and smtp.tls_certificate is None:
            yield main.problem(("smtp", key), "needs a certificate", 'write tls_certificate = "…" and tls_key = "…"')
    named: list[tuple[Path, FilePath | None]] = [
        (("smtp", "tls_certificate"), smtp.tls_certificate),
        (("smtp", "tls_key"), smtp.tls_key),
        *((("relay", index, "ca_file"), relay.ca_file) for index, relay in enumerate(main.model.relay)),
        *((("imap", index, "ca_file"), mailbox.ca_file) for index, mailbox in enumerate(main.model.imap)),
    ]
    for path, file in named:
        if file is not None and not (draft.directory / file).is_file():
            yield main.problem(path, f"the file '{file}' is missing")
