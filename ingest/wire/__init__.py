"""The public wire contract: topics, payload codecs and the catalogue of device types. Devices need nothing else."""
