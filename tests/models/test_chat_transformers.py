"""The live client against `transformers serve`, with a real language model behind it."""

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from servers import tiny_llm

from underdog.combine.prompted import Prompted
from underdog.core.cost import Ledger
from underdog.core.data import Task
from underdog.models.chat import Chat
from underdog.models.fake import Scripted

TASK = Task("moods", ("positive", "negative"), "What is the mood?")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """The address of `transformers serve`, with a model trained a moment ago."""
    for module in ("torch", "transformers", "fastapi", "uvicorn"):
        pytest.importorskip(module)
    folder = tmp_path_factory.mktemp("tiny-llm")
    tiny_llm.train(Prompted(Scripted(()), TASK).prompt, folder)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["serve", str(folder), "--port", str(port), "--device", "cpu"]
    log = (folder / "serve.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "transformers.cli.transformers", *command],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    root = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            assert server.poll() is None, (folder / "serve.log").read_text()
            try:
                urlopen(f"{root}/health", timeout=5).close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield root, str(folder)
    finally:
        server.kill()
        server.wait()
        log.close()


def test_a_real_server_with_a_real_model_labels_texts(served, monkeypatch):
    root, model = served
    monkeypatch.setenv("OPENAI_BASE_URL", f"{root}/v1")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = tiny_llm.texts()[::9]
    with Ledger() as bill:
        answers = Prompted(Chat(model, max_tokens=4, price=(1, 1)), TASK).answer(asked)
    gold = [tiny_llm.MOODS[text.split()[1]] for text in asked]
    right = sum(a == b for a, b in zip(answers.values, gold, strict=True))
    assert right >= 0.9 * len(gold)
    assert bill.total == answers.total
    assert bill.total.calls == len(asked)
    words = len(Prompted(Scripted(()), TASK).prompt(asked[0]).split())
    assert bill.total.tokens_in == words * len(asked)  # a token of this model is a word
    assert len(asked) <= bill.total.tokens_out <= 2 * len(asked)
