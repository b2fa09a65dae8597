"""A home hub: its line to the provider, its memory and its restarts, against its own first days."""

from detectors.faults.profile import HOUR, MINUTE, Channel, Profile, departure, missing, plain, spikes, stuck

COMMON = {"period_ms": 5 * MINUTE, "span_ms": 12 * HOUR, "learn": 8}
SHORT = {"need": 20, "of": 24, "hold_ms": 2 * HOUR}

SIGNAL = plain("Signal strength of the uplink", "{dBm}", "rssi")
TRIP = plain("Round trip to the provider", "ms", "latency")
LOSS = plain("Packets lost", "%", "packet_loss")
MEMORY = plain("Memory in use", "%", "memory_used")
RESTARTS = Channel("Restarts", "{restarts}/h", ("restarts",), "rise_per_hour")

HUB = Profile(
    "hub",
    (
        # a line alone in the night and in the evening differs by less than a third; each of the three may have
        # another cause (a moved antenna, a far server, a busy evening), two together are the line
        departure("uplink_signal", SIGNAL, **COMMON, **SHORT, floor_sd=0.6, side=-1, enter=4, leave=2),
        departure("round_trip", TRIP, **COMMON, **SHORT, floor_share=0.12, side=1, enter=4, leave=2),
        departure("packet_loss", LOSS, **COMMON, **SHORT, floor_sd=0.12, side=1, enter=4, leave=2),
        departure("memory_used", MEMORY, **COMMON, **SHORT, floor_sd=2, side=1, enter=4, leave=2),
        # one in half a day: owners restart a router that is slow, so it counts only with memory that runs out
        departure("restarts", RESTARTS, **COMMON, **SHORT, floor_sd=0.02, side=1, enter=3.5, leave=2),
        stuck(plain("Board temperature", "Cel", "board_temp"), period_ms=5 * MINUTE, min_ms=4 * HOUR, min_moves=300),
        # 7 K off for half a day: another room, or a summer, makes half of that
        departure("sensor_drift", plain("Board temperature", "Cel", "board_temp"), **COMMON, **SHORT, floor_sd=1.5,
                  enter=5, leave=3),
        spikes(plain("Board temperature", "Cel", "board_temp"), period_ms=5 * MINUTE, floor=4),
        missing(plain("Board temperature", "Cel", "board_temp"), "memory_used", period_ms=5 * MINUTE),
    ),
    silent_after_s=2 * 3600,
    # everything behind it is blind as well: a night without power is 8 hours, a day is too long to wait
    silent_lasting_s=10 * 3600,
)  # fmt: skip
