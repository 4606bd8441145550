"""Three tasks, full and quarter data: what small models reach, take and cost.

The study fine-tuned XLNet, DistilBERT and T5-small and set them against a prompted Claude 3 Opus.
Without a model hub MiniLM takes the place of all three; where there is one, say
``--encoders xlnet-base-cased,distilbert-base-uncased --seq2seq t5-small``. A large model joins
by ``--large "fewshot(chat('NAME'), k=0)"``.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from examples import command
from examples import tables as shared
from examples.david_vs_goliath import questions, tables
from examples.david_vs_goliath.leakage import leakage
from examples.sheet import Outcome
from examples.summary import duels, losses, records
from examples.trial import FULL, QUARTER, Desk, Question
from underdog.core.protocols import Learner, Model
from underdog.runtime.registry import spec

OTHERS = ("majority()", "linear()", "static()", "frozen()", "bilstm()")
"""Who races beside the fine-tuned models."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the study; the exit code."""
    parser = command.parser("david_vs_goliath", __doc__.partition("\n")[0])
    return command.launch(parser.parse_args(arguments), "david_vs_goliath", study)


def study(asked: Namespace, desk: Desk) -> Outcome:
    """Everybody's trials on every question, and the tables and plots that they fill."""
    contestants = command.line_up(asked, OTHERS)
    if asked.train or asked.test:
        return joined(full_and_quarter(asked, desk, command.own(asked), contestants))
    folder = command.folder()
    asking = [make(folder) for make in (questions.sentiment, questions.stars, questions.medical)]
    torn = questions.by_row(folder)
    if asked.quick:
        *asking, torn = map(command.quick, (*asking, torn))
    parts = [full_and_quarter(asked, desk, question, contestants) for question in asking]
    parts.append(by_row(asked, desk, asking[-1], torn, contestants))
    return joined(*parts, Outcome("prices", tables.list_price(), []))


def full_and_quarter(
    asked: Namespace, desk: Desk, question: Question, contestants: Sequence[Learner | Model]
) -> Outcome:
    """One question, and the large model on it if there is one."""
    full, less = (command.trials(desk, asked, question, contestants, s) for s in (FULL, QUARTER))
    missing = command.missing(asked, full, less)
    if rival := command.large(asked.large, question):
        alone = command.trials(desk, asked, question, [rival], FULL)
        full, missing = {**full, **alone}, missing + command.missing(asked, alone)
    hour = asked.euros_per_hour
    told = [*records(question, full, FULL, hour), *records(question, less, QUARTER, hour)]
    sheets = [
        tables.reached(question, told, losses(question, full, less)),
        shared.price(question, told, hour),
    ]
    if rival and full[spec(rival)]:
        large = full[spec(rival)][0]
        sheets.append(shared.against(question, large, duels(question, full, large)))
    return Outcome(question.name, sheets, told, missing)


def by_row(
    asked: Namespace,
    desk: Desk,
    grouped: Question,
    torn: Question,
    contestants: Sequence[Learner | Model],
) -> Outcome:
    """The medical notes once more, with rows of one note on both sides."""
    found, flattered = (
        command.trials(desk, asked, question, contestants, FULL) for question in (grouped, torn)
    )
    sheet = leakage(grouped, found, torn, flattered)
    told = records(torn, flattered, FULL, asked.euros_per_hour)
    return Outcome(torn.name, [sheet], told, command.missing(asked, flattered))


def joined(*parts: Outcome) -> Outcome:
    """The parts as one study."""
    return Outcome(
        "David versus Goliath",
        [sheet for part in parts for sheet in part.sheets],
        [record for part in parts for record in part.records],
        sum(part.missing for part in parts),
    )


if __name__ == "__main__":
    sys.exit(main())
