"""Pictures of readings: pure functions from data to SVG text, and the same numbers as rows for the table beside."""
