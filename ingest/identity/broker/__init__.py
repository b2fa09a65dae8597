"""Mosquitto, configured: who may connect and who may say what where, written out of the registry and kept in step."""
