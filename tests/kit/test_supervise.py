from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from kit.supervise import Stop, run_loop


@pytest.mark.slow
def test_a_step_that_fails_is_tried_again_until_it_works() -> None:
    stop, calls = Stop(), []

    def step() -> bool:
        calls.append(1)
        if len(calls) < 3:
            raise RuntimeError("the database is away")
        stop.set()
        return True

    run_loop("test", step, stop)
    assert len(calls) == 3


def test_a_stop_ends_a_resting_loop_at_once() -> None:
    stop = Stop()
    thread = threading.Thread(target=run_loop, args=("test", lambda: False, stop, 3600))
    thread.start()
    stop.set()
    thread.join(timeout=30)
    assert not thread.is_alive()


IMPATIENT = """
import os, subprocess, sys, time
from kit.supervise import Stop
stop = Stop().on_signals()
storm = "import os, sys\\nwhile True: os.kill(int(sys.argv[1]), 2)"
sender = subprocess.Popen([sys.executable, "-c", storm, str(os.getpid())])
for _ in range(50_000):
    stop.wait(0.0001)
    stop.set()
sender.kill()
sender.wait()
print(stop.wait(3600))
"""


def test_a_storm_of_signals_asks_for_the_same_stop_and_blocks_nothing() -> None:
    ended = subprocess.run([sys.executable, "-c", IMPATIENT], capture_output=True, timeout=60, check=True, text=True)
    assert ended.stdout == "True\n"


def test_a_signal_ends_a_long_rest() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        stop = Stop().on_signals()
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert stop.wait(3600)
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
