"""A labelling job that is killed, or interrupted, in the middle: nothing paid is lost."""

import os
import signal
import subprocess
import sys
import time

import pytest
from conftest import attentive

from underdog.runtime.store import default_store

MOODS = [["good", "pos"], ["bad", "neg"]]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")

LABELLING = """
from underdog.models.chat import Chat
from underdog.runtime.store import default_store
with default_store().open():
    Chat("tiny", concurrency=2).answer([f"good {i}" for i in range(40)])
"""


def test_after_a_kill_nothing_that_was_answered_is_paid_again(llm):
    server = llm(replies=MOODS, delay=0.03)
    worker = subprocess.Popen([sys.executable, "-c", LABELLING])
    while len(server.log) < 12:
        assert worker.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    with default_store().open() as store:
        kept = len(store)
    billed = 0
    while billed < len(server.log):  # what was on its way is billed, whoever is left to hear it
        billed = len(server.log)
        time.sleep(0.5)
    assert billed - 2 <= kept <= billed  # all but the two on their way at that moment
    subprocess.run([sys.executable, "-c", LABELLING], check=True)
    assert len(server.log) == billed + 40 - kept  # none that was kept is asked again
    assert {line["prompt"] for line in server.log} == {f"good {i}" for i in range(40)}
    subprocess.run([sys.executable, "-c", LABELLING], check=True)
    assert len(server.log) == billed + 40 - kept


INTERRUPTED = """
from underdog.models.chat import Chat
from underdog.runtime.store import default_store
with default_store().open():
    try:
        Chat("tiny", concurrency=2).answer([f"good {i}" for i in range(400)])
    except KeyboardInterrupt:
        print("stopped")
"""


def test_ctrl_c_stops_asking_and_keeps_what_is_on_its_way(llm):
    busy = {
        "kind": "status",
        "status": 429,
        "retry_after": "100",
    }  # one request sleeps: Ctrl-C must not wait for it
    server = llm(replies=MOODS, delay=0.02, faults=[None, None, busy])
    worker = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, preexec_fn=attentive
    )
    with worker:
        while len(server.log) < 6:
            assert worker.poll() is None, "it ended before it could be interrupted"
            time.sleep(0.01)
        worker.send_signal(signal.SIGINT)
        assert worker.communicate(timeout=30)[0] == b"stopped\n"
    with default_store().open() as store:
        assert len(store) == len(server.log) < 400
