"""Pure detection: arrays in, arrays out. No clock, no I/O, no randomness; the state is an argument.

Every detector scores a reading before it learns from it, decays by elapsed time and not by sample count, and gives
the same bits however the stream is cut into batches (`detector` has the contract, `catalogue` the list).
"""
