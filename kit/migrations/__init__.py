"""The revisions of the tables that `kit` owns."""
