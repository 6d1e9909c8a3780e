"""Group of commands."""

COMMANDS = ()
