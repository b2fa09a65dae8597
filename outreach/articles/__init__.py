"""Advice for people: one text per fault and language, in plain words, checked when it is loaded."""
