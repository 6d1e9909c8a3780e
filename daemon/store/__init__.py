"""The only place that speaks SQL."""

from daemon.store.db import Store, StoreError, open_store

__all__ = ["Store", "StoreError", "open_store"]
