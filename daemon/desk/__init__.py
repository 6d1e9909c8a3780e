"""Mail becomes record."""
