"""Natural language inference: BiLSTMs, eleven of them together, encoders, and Mistral-7B.

The study had a BiLSTM, an ensemble of eleven, BERT-base fine-tuned in full and RoBERTa-large by
LoRA. Without a model hub MiniLM takes the place of both encoders; where there is one, say
``--encoders bert-base-uncased --lora roberta-large``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from examples import command
from examples import tables as shared
from examples.nli_study import tables
from examples.nli_study.members import grown
from examples.nli_study.pairs import BILSTM, MISTRAL, official
from examples.sheet import Outcome
from examples.summary import duels, records
from examples.trial import FULL, Desk, Question
from underdog.core.protocols import Learner, Model
from underdog.models.recorded import Recorded
from underdog.runtime.registry import spec

READER = "bilstm(embeddings='contextual')"
MEMBERS, QUICK_MEMBERS = 11, 3


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
    large = [trial for one in rival for trial in known[spec(one)]]
    everybody = {**found, **{spec(one): known[spec(one)] for one in on_record}}
    hour = asked.euros_per_hour
    told = records(question, everybody, FULL, hour)
    sheets = [tables.scores(question, told), shared.price(question, told, hour)]
    if large:
        against = duels(question, everybody, large[0])
        sheets.append(shared.against(question, large[0], against))
    for name, every in found.items():
        if more := grown(every, question):
            sheets.append(tables.figure_3(name, more, told))
    if not (asked.train or asked.test):
        sheets.append(tables.published(told))
    return Outcome("Are bigger models always better?", sheets, told, missing)


Contestants = list[Learner | Model]


def asked_about(asked: Namespace) -> tuple[Question, Contestants, Contestants]:
    """The question; the large model, if there is one; small ones whose answers are on record."""
    own = asked.train or asked.test
    question = command.own(asked) if own else official(command.folder())
    rival = command.large(asked.large or (None if own else MISTRAL), question)
    question = command.quick(question) if asked.quick else question
    return question, [rival] if rival else [], [] if own else [Recorded(BILSTM)]


if __name__ == "__main__":
    sys.exit(main())
