"""The gateway, measured on loopback beside a recorded upstream; ``python -m benchmarks.gateway``.

upstream.py      an upstream that replies what was recorded, or fails
floor.py         a bare pass-through of bytes: the least that any gateway costs
load.py          latencies of requests, one at a time or many at once
loads.py         what the door adds, how many pass, how memory grows
processes.py     the programs above and the gateway, started and ended
environments.py  programs of others, each in an environment of its own
replay.py        a recorded log through the door, from cold
replays.py       the rows of such logs
fuzz.py          whatever HTTP can carry
soak.py          minutes at half load, while everything around it fails in turn
rivals.py        other gateways beside it
"""
