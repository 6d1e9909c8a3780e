"""Backups of an installation: made and proven, brought back, and what waits then."""
