"""Episodes and cases: triage of findings, the append-only timeline, and what staff may do with a case."""
