"""The detectors over any table: a time column, then one column for each signal; streamed, row for row."""
