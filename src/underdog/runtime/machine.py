"""What this machine is, and which libraries are on it: the part of a result that is not ours."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from .meter import machine_hour
from .prices import dated

LIBRARIES = (
    "underdog",
    "numpy",
    "scipy",
    "scikit-learn",
    "pyarrow",
    "openai",
    "anthropic",
    "genai-prices",
    "cleanlab",
    "torch",
    "transformers",
    "tokenizers",
    "peft",
    "onnxruntime",
    "xllamacpp",
    "gguf",
)


def installed() -> dict[str, str]:
    """The versions of Python and of the libraries that results may depend on, where present."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def versions() -> dict[str, str]:
    """What is `installed`, and which price list there is."""
    found = installed()
    return {**found, "prices": dated()} if "genai-prices" in found else found


def machine() -> dict[str, Any]:
    """What this machine is, and what an hour of it is taken to cost."""
    return {
        "cpu": _processor(),
        "cores": psutil.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.machine()}",
        "dollars_per_hour": machine_hour(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
