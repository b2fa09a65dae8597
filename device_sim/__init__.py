"""An outsider with a physics engine: owns simulated devices, faults with their truth, and the replay of recordings.

Hands on nothing but MQTT messages and files that any device maker could have sent.
"""
