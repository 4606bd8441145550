"""Natural language inference: BiLSTMs, eleven of them together, encoders, and Mistral-7B.

The study had a BiLSTM, an ensemble of eleven, BERT-base fine-tuned in full and RoBERTa-large by
LoRA. Without a model hub MiniLM takes the place of both encoders; where there is one, say
``--encoders bert-base-uncased --lora roberta-large``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

from examples import command
from examples import tables as shared
from examples.nli_study import tables
from examples.nli_study.members import grown
from examples.sheet import Outcome
from examples.summary import duels, records
from examples.trial import FULL, Desk, Question
from underdog.core.protocols import Learner, Model
from underdog.models.recorded import Recorded
from underdog.wiring.read import read
from underdog.wiring.registry import spec

READER = "bilstm(embeddings='contextual')"
MEMBERS, QUICK_MEMBERS = 11, 3
BILSTM, MISTRAL = "DennisK_BiLSTM_B_pred", "mistral7b_cot_pred"
"""The columns of answers on record."""

MEANING = (
    "Answer 0 if the second text contradicts the first, and 1 if it does not: 1 is also the "
    "answer where the first text neither implies nor contradicts the second."
)
"""What the labels mean; whoever prompts must say it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; the exit code."""
    parser = command.parser("nli_study", __doc__.partition("\n")[0])
    parser.set_defaults(lora="minilm")
    return command.launch(parser.parse_args(arguments), "nli_study", study)


def study(asked: Namespace, desk: Desk) -> Outcome:
    """Everybody's trials, and the tables and plots that they fill."""
    question, rival, on_record = asked_about(asked)
    members = QUICK_MEMBERS if asked.quick else MEMBERS
    systems = (READER, f"ensemble({READER}, n={members})")
    contestants = command.line_up(asked, ("majority()", "linear()", "frozen()", *systems))
    found = command.trials(desk, asked, question, contestants, FULL)
    known = command.trials(desk, asked, question, [*on_record, *rival], FULL)
    missing = command.missing(asked, found, known)
    large = [trial for one in rival for trial in known.pop(spec(one))]
    everybody = {**found, **known}
    hour = asked.euros_per_hour
    told = records(question, everybody, FULL, hour)
    sheets = [tables.scores(question, told), shared.price(question, told, hour)]
    if large:
        against, rows = duels(question, everybody, large[0])
        sheets.append(shared.against(question, large[0], against, rows))
    for name, every in found.items():
        if more := grown(every, question):
            sheets.append(tables.figure_3(name, more, told))
    if not (asked.train or asked.test):
        sheets.append(tables.published(told))
    return Outcome("Are bigger models always better?", sheets, told, missing)


Contestants = list[Learner | Model]


def asked_about(asked: Namespace) -> tuple[Question, Contestants, Contestants]:
    """The question; the large model, if there is one; small ones whose answers are on record."""
    on_record: Contestants = []
    if asked.train or asked.test:
        question = command.own(asked)
    else:
        question, asked.large = official(), asked.large or MISTRAL
        on_record = [Recorded(BILSTM)]
    rival = command.large(asked, question)
    question = command.quick(question) if asked.quick else question
    return question, [rival] if rival else [], on_record


def official() -> Question:
    """The pairs of the study: its own test rows, and about a quarter of what it learned from."""
    folder = command.folder() / "comp34812_nli"
    parts = [
        read(folder / name, text=("premise", "hypothesis"), label="label", split="").data
        for name in ("train_substitute.csv", "dev_2024_with_predictions.csv")
    ]
    train, test = (replace(p, task=replace(p.task, instruction=MEANING)) for p in parts)
    return Question.of("nli", "train_substitute.csv and the development set of 2024", train, test)


if __name__ == "__main__":
    sys.exit(main())
