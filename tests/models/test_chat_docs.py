"""docs/llm.md says what is true: its code runs, against a real server process."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "llm.md"


def test_the_code_of_the_page_runs(llm):
    server = llm(replies=[["good", "positive"], ["bad", "negative"]], models=["gpt-5-mini"])
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)
    assert len(server.log) == 3  # one label, two completions, and nothing twice
