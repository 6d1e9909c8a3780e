"""The only place that speaks SQL."""

from daemon.store.db import Store, StoreError, open_store
from daemon.store.engine import DriverMissing

__all__ = ["DriverMissing", "Store", "StoreError", "open_store"]
