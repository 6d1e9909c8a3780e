"""All that a site knows of one person: found, exported, erased."""
