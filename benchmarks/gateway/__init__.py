"""The gateway, measured on loopback beside a recorded upstream; ``python -m benchmarks.gateway``.

upstream.py   an upstream that replies what was recorded
floor.py      a bare pass-through of bytes: the least that any gateway costs
load.py       latencies of requests, one at a time or many at once
processes.py  the programs above and the gateway, started and ended
replay.py     a recorded log through the door, by the openai SDK, from cold
"""
