"""stratum_proxy.py: a Stratum server of the kind that experiments with miners are done with: a thread a connection, hashlib, a new job after each share.

Prints its port. Every share's header is rebuilt and hashed, the share is answered, and a job that replaces all others is sent. Ends with its input.
"""
import hashlib
import json
import os
import socket
import sys
import threading
import time

jobs = {}
order = []


def sha256d(data):
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def new_job():
    job_id = os.urandom(4).hex()
    jobs[job_id] = (os.urandom(32), os.urandom(40), os.urandom(40), int(time.time()))
    order.append(job_id)
    if len(order) > 64:
        jobs.pop(order.pop(0), None)
    prev, coinb1, coinb2, ntime = jobs[job_id]
    params = [job_id, prev.hex(), coinb1.hex(), coinb2.hex(), [], "20000000", "1d00ffff", "%08x" % ntime, True]
    return {"id": None, "method": "mining.notify", "params": params}


def verify(extranonce1, params):
    _, job_id, extranonce2, ntime, nonce = params[:5]
    if job_id not in jobs:
        return False
    prev, coinb1, coinb2, _ = jobs[job_id]
    root = sha256d(coinb1 + bytes.fromhex(extranonce1) + bytes.fromhex(extranonce2) + coinb2)
    words = b"".join(prev[i : i + 4][::-1] for i in range(0, 32, 4))
    tail = bytes.fromhex(ntime)[::-1] + bytes.fromhex("1d00ffff")[::-1] + bytes.fromhex(nonce)[::-1]
    digest = sha256d(bytes.fromhex("20000000")[::-1] + words + root + tail)
    return int.from_bytes(digest, "little") < 1 << 256


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    extranonce1 = os.urandom(4).hex()

    def send(message):
        connection.sendall((json.dumps(message) + "\n").encode())

    with connection, connection.makefile("r") as lines:
        for line in lines:
            request = json.loads(line)
            if request["method"] == "mining.subscribe":
                send({"id": request["id"], "result": [[["mining.notify", "1"]], extranonce1, 4], "error": None})
            elif request["method"] == "mining.authorize":
                send({"id": request["id"], "result": True, "error": None})
                send({"id": None, "method": "mining.set_difficulty", "params": [1]})
                send(new_job())
            elif request["method"] == "mining.submit":
                good = verify(extranonce1, request["params"])
                send(new_job())
                send({"id": request["id"], "result": good, "error": None})


server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)


def accept():
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
sys.stdin.read()
