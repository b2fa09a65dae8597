"""The faults that Forewarn can name, by kind of device: a file each, listed at its end."""
