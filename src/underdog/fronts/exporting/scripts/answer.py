"""Answer texts: ``python answer.py 'a text' …``, or a text a line on standard input.

Two texts of a pair are separated by a tab. A line of output is the label, a tab, its probability.
Of a cascade, "deferred" stands where the model that was exported would pass a text on.
"""

import json
import sys
from pathlib import Path

from model import probabilities

TOLD = json.loads((Path(__file__).parent / "told.json").read_text("utf-8"))
for line in sys.argv[1:] or sys.stdin:
    chances = probabilities(line.rstrip("\n"))
    tempered = chances ** (1 / TOLD["temperature"])
    keep = tempered.max() / tempered.sum() >= TOLD["threshold"]
    print(f"{TOLD['labels'][chances.argmax()] if keep else 'deferred'}\t{chances.max():.6f}")
