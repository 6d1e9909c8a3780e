"""Fuzzing of all that reads strangers' bytes: targets, what must hold, and a coverage-guided run (`make fuzz`)."""
