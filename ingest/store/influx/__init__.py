"""The store on a server that takes InfluxDB line protocol: InfluxDB 1.x, 2.x and 3, or VictoriaMetrics.

One point a reading: measurement ``reading``, tags ``device`` and ``signal`` (their numbers), field ``v`` (the value),
``q`` and ``seq`` only where they say something, time in milliseconds. All fields are floats, so a field never
changes its type. Written to ``/write``, which all of these servers have, with influxdb-client as the transport.
"""
