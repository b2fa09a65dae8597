from __future__ import annotations

import threading

from kit.supervise import Stop, run_loop


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
