"""What a finding shares with those of other devices: a silent hub, or one cause that shows on many at once."""
