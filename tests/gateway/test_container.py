"""The steps of the container, run as its user would run them: a key, a place to write, an end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "container.sh"


def test_the_dockerfile_runs_the_steps_of_the_script():
    lines = (ROOT / "Dockerfile").read_text("utf-8")
    steps = set(re.findall(r"container\.sh\"?,? \"?(\w+)", lines))
    assert {"install", "serve", "health"} <= steps
    assert "USER underdog" in lines
    assert "-slim" in lines


def test_it_serves_is_healthy_and_ends(tmp_path, model_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"UNDERDOG_PORT": str(port), "UNDERDOG_DATA_DIR": str(tmp_path)}
    env = {**os.environ, **places, "UNDERDOG_HOST": "127.0.0.1", "UNDERDOG_KEYS": "long-enough"}
    here = str(Path(sys.prefix))
    command = [
        "sh",
        str(SCRIPT),
        "serve",
        here,
        str(model_folder),
        "--upstream",
        "http://127.0.0.1:9",
    ]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as running:
        end = time.monotonic() + 60
        health = ["sh", str(SCRIPT), "health", here]
        while subprocess.run(health, env=env, capture_output=True).returncode:
            assert running.poll() is None, running.stderr.read()
            assert time.monotonic() < end
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) in (0, -signal.SIGTERM)
    assert (tmp_path / "gateway.sqlite").exists()
