"""Bytes to Document to Readings. Pure: same input, same output."""
