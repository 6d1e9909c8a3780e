"""What an admin says in text files, as checked and frozen settings."""
