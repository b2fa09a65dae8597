"""Trips: where one began and ended, how it was driven, and a score for those who asked to be coached."""
