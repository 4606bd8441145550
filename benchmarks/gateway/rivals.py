"""Other gateways beside ours: what they pass through, one request at a time and many at once.

Each is installed into an environment of its own; what a registry does not have, or what does not
start, is named as such.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from benchmarks.gateway.environments import own
from benchmarks.gateway.load import measure
from benchmarks.gateway.loads import traffic
from benchmarks.gateway.processes import Program, gateway, recorded

AT_ONCE, REQUESTS = 16, 400

KEYLESS = {"LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
"""LiteLLM's proxy asks for a key of its own, which ours has none of on loopback either."""

PATIENCE = 90.0
"""Seconds in which a gateway must accept connections."""


def shad0w(programs: Path, upstream: int, port: int, folder: Path) -> list[str]:
    """shad0w's proxy."""
    address = f"http://127.0.0.1:{upstream}/v1"
    where = ["--host", "127.0.0.1", "--port", str(port), "--dir", str(folder / "logs")]
    return [str(programs / "shad0w"), "proxy", "--upstream", address, *where]


def litellm(programs: Path, upstream: int, port: int, folder: Path) -> list[str]:
    """LiteLLM's proxy."""
    file = folder / "litellm.yaml"
    file.write_text(
        "model_list:\n  - model_name: gpt-4-0613\n    litellm_params:\n"
        "      model: openai/gpt-4-0613\n      api_key: sk-1\n"
        f"      api_base: http://127.0.0.1:{upstream}/v1\n",
        "utf-8",
    )
    where = ["--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    return [str(programs / "litellm"), "--config", str(file), *where]


RIVALS: dict[str, tuple[str, Callable[[Path, int, int, Path], list[str]]]] = {
    "shad0w": ("shad0wllm", shad0w),
    "LiteLLM": ("litellm[proxy]", litellm),
}


def beside(name: str) -> list[str]:
    """A line for the rival called ``name``, with ours in the same run."""
    package, command = RIVALS[name]
    asked, replies = traffic(REQUESTS)
    programs = own(package)
    reached = f"{package} cannot be installed here"
    if programs is not None:
        with (
            tempfile.TemporaryDirectory() as folder,
            recorded(replies) as upstream,
            gateway(upstream) as door,
        ):
            reached = _against(programs, command, upstream, door, Path(folder), asked)
    how = f"{REQUESTS} requests one at a time, then {AT_ONCE} at once"
    return [f"{name} beside it, passed through", how, "ours no slower", reached]


def _against(
    programs: Path,
    command: Callable[[Path, int, int, Path], list[str]],
    upstream: Program,
    door: Program,
    folder: Path,
    asked: list[bytes],
) -> str:
    try:
        with _started(command(programs, upstream.port, port := _free(), folder), port) as other:
            return f"{_told(other, asked)}; ours {_told(door, asked)}"
    except TimeoutError as error:
        return str(error)


def _told(where: Program, asked: list[bytes]) -> str:
    alone, many = measure(where.port, asked, 1), measure(where.port, asked, AT_ONCE)
    return (
        f"p50 {alone.at(0.5):.1f} ms, p99 {alone.at(0.99):.1f} ms, {many.rate:,.0f}/s, "
        f"{alone.failures + many.failures} failures, {where.megabytes:.0f} MB"
    )


@contextmanager
def _started(command: list[str], port: int) -> Iterator[Program]:
    """A program that listens on ``port``; TimeoutError where it does not."""
    env = {**os.environ, "OPENAI_API_KEY": "sk-1", "NO_COLOR": "1", **KEYLESS}
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, text=True, env=env
        )
        try:
            _listening(process, port)
            yield Program(port, process)
        finally:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End the program and those that it started; it may have ended by itself."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.terminate()
        process.terminate()
    process.wait(30)


def _listening(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{Path(process.args[0]).name} did not start")  # type: ignore[index,arg-type]


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
