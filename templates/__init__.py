"""What mails say: templates per language, and their rendering. Pure."""
