"""llama.cpp with SmolLM2 as an OpenAI-compatible server process: a real model behind a real API.

    python llama_server.py FILE.gguf     # prints its port, serves until killed

It answers /v1/chat/completions (response_format, grammar, logprobs), /v1/completions, /v1/models.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def llama_server(path: str) -> Iterator[str]:
    """The address of a server of the weights at ``path``: what OPENAI_BASE_URL should be."""
    process = subprocess.Popen(
        [sys.executable, __file__, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address
        yield f"{address}/v1"
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def serve(path: str) -> None:
    """Serve the model until this process is killed; the first line printed is the address."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias = path, {"smollm2"}
    params.n_ctx, params.n_parallel = 4096, 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.verbosity, params.warmup, params.ui, params.cache_ram_mib = -1, False, False, 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    serve(sys.argv[1])
