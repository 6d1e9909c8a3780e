"""What aiosmtpd looks up for every command line: its method, and how long it may be."""

from typing import Any

LINE_BYTES = 512
"""Of a command line (RFC 5321 4.5.3.1.4)."""


class LineSizes(dict[str, int]):
    """Longest lines by command. aiosmtpd's own remembers every command that anybody ever made up."""

    def __missing__(self, command: str) -> int:
        return LINE_BYTES


SIZES = LineSizes(MAIL=LINE_BYTES + 36, AUTH=12_288)
"""MAIL may say SIZE and SMTPUTF8; AUTH carries a password (RFC 4954 4)."""


class Commands(dict[str, Any]):
    """The methods of a session by command, bound when they are asked for: a session uses five of twenty."""

    def __init__(self, session: object, names: frozenset[str]) -> None:
        super().__init__()
        self._session = session
        self._names = names

    def get(self, name: str, default: Any = None) -> Any:
        """The method for a command."""
        return getattr(self._session, f"smtp_{name}") if name in self._names else default

    def items(self) -> Any:
        """All of them, for HELP."""
        return {name: self.get(name) for name in self._names}.items()
