"""capture.py PATH COUNT LOADED: reads COUNT frames with pyserial and says when each one's first byte was read, CLOCK_MONOTONIC_RAW ns.

With LOADED 1 another thread of the same program works 5 ms in 20 and allocates, as the event loop does in the other cases.
"""
import random
import sys
import threading
import time

import serial

FRAME_BYTES = 11
path, count, loaded = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "1"


def work():
    while True:
        kept = []
        until = time.perf_counter() + 0.005
        while time.perf_counter() < until:
            kept.append({"text": str(random.random()), "bytes": [0] * 16})
        time.sleep(0.015)


if loaded:
    threading.Thread(target=work, daemon=True).start()
port = serial.Serial(path, 1_000_000)
print("ready", flush=True)
times, received = [], 0
while received < count * FRAME_BYTES:
    # As time.time_ns(), on the clock that the writer uses.
    chunk = port.read(max(1, port.in_waiting))
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    received += len(chunk)
    while len(times) * FRAME_BYTES < received and len(times) < count:
        times.append(now)
print(*times, flush=True)
