"""What a configuration names outside itself: secrets, certificates, sample mails."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from config.draft import Draft, Entry
from config.lookup import site_of
from config.models import Postroom, Secret, Settings, Test
from config.problems import Path, Problem
from config.secrets import reveal


def check_outside(draft: Draft) -> Iterator[Problem]:
    """Find files and secrets that are named and missing."""
    if draft.postroom is not None:
        yield from _secrets(draft, draft.postroom)
        yield from _certificates(draft, draft.postroom)
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
    for index, relay in enumerate(main.model.relay):
        path: Path = ("relay", index)
        if (relay.username is None) != (relay.password is None):
            missing, given = ("password", "username") if relay.password is None else ("username", "password")
            yield main.problem((*path, missing), f"is missing beside {given}")
        if relay.password is not None:
            yield from _secret(draft.directory, main, (*path, "password"), relay.password)
    for index, key in enumerate(main.model.desk.keys):
        yield from _secret(draft.directory, main, ("desk", "keys", index), key)


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
    named: list[tuple[Path, FilePath | None]] = [
        (("smtp", "tls_certificate"), smtp.tls_certificate),
        (("smtp", "tls_key"), smtp.tls_key),
        *((("relay", index, "ca_file"), relay.ca_file) for index, relay in enumerate(main.model.relay)),
    ]
    for path, file in named:
        if file is not None and not (draft.directory / file).is_file():
            yield main.problem(path, f"the file '{file}' is missing")
