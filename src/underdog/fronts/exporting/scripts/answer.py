"""Answer texts: ``python answer.py 'a text' …``, or a text a line on standard input.

Two texts of a pair are separated by a tab. A line of output is the label, a tab, its probability.
Of a cascade, "deferred" stands where the model that was exported would pass a text on.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
MODEL, TOLD = import_module("model"), json.loads((HERE / "told.json").read_text("utf-8"))
SURE = import_module("confidence").confidence if TOLD["threshold"] else max
for line in sys.argv[1:] or sys.stdin:
    chances = MODEL.probabilities(line.rstrip("\n"))
    keep = SURE(chances) >= TOLD["threshold"]
    print(f"{TOLD['labels'][chances.argmax()] if keep else 'deferred'}\t{chances.max():.6f}")
