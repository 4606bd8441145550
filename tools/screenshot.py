"""Take the picture of the report for the README: ``python -m tools.screenshot``.

It compares `linear()` with the recorded answers of GPT-4 on OVERRULING, and needs UNDERDOG_DATA and
Chromium.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import underdog as ud
from benchmarks.data import root

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "plots" / "report.png"
SIZE = {"width": 1280, "height": 860}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def main() -> None:
    """Compare, open the report in Chromium, and write the picture of its beginning."""
    from playwright.sync_api import sync_playwright

    found = os.environ.get("UNDERDOG_CHROMIUM") or shutil.which("chromium")
    if not found:
        sys.exit("no Chromium; install it: apt-get install chromium")
    table = ud.read(root() / "optllm_overruling" / "overruling_12llms.csv", label="label")
    study = ud.compare(["majority()", "bayes()", "linear()"], table, against="gpt-4_answer")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        study.report(report)
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        page = chromium.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.goto(report.as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=str(PICTURE))
        chromium.close()
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
