"""Metrics of the telemetry stores."""

from __future__ import annotations

from kit.metrics import counter

set_aside = counter("store_files_set_aside", "Files of the parquet store that could not be used and were set aside.")
merges = counter("store_merges", "Times that the parquet store merged small segments into one.")
merge_failures = counter("store_merge_failures", "Merges that failed; the segments stay as they were.")
