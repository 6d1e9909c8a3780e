"""What is logged of an attempt to send names no address."""

import pytest

from daemon.outbox.outcome import bare


@pytest.mark.parametrize(
    ("error", "logged"),
    [
        (
            "550 5.1.1 <eva@kunde.example>: Recipient address rejected",
            "550 5.1.1 <(address)>: Recipient address rejected",
        ),
        ("eva.müller+1@kunde.example, bob@b.example: unknown", "(address), (address): unknown"),
        ("[Errno 111] Connection refused", "[Errno 111] Connection refused"),
        (None, None),
    ],
)
def test_no_address_is_logged(error: str | None, logged: str | None) -> None:
    assert bare(error) == logged
