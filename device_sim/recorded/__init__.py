"""Recorded data sets as lives of devices: their labels as truth, faults on top, and any window of them as rows."""
