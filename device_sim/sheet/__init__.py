"""The contact sheet: every fault drawn beside the same device without it, for people to believe or not."""
