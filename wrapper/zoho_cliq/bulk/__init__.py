"""Make any number of calls within the thresholds, however long it takes: `Cliq.bulk` and `AsyncCliq.bulk`."""

from .job import AsyncBulk, Bulk
from .progress import BulkProgress

__all__ = ["AsyncBulk", "Bulk", "BulkProgress"]
