"""What can be wrong with a device, by which symptoms it shows, and how symptoms become a finding."""
