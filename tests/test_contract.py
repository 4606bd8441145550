"""The contract: every registered name that has a sample, through the public checks."""

import pytest
from conftest import moods

from underdog.core.errors import UnderdogError
from underdog.core.protocols import Grader, Indexer, Learner
from underdog.runtime.registry import build, samples
from underdog.testing import check_grader, check_indexer, check_learner, check_model

DATA = moods(80)


@pytest.mark.parametrize("sample", samples().values())
def test_every_sample_keeps_the_contract(sample):
    thing = build(sample)
    if isinstance(thing, Learner):
        try:
            check_learner(thing, DATA)
        except UnderdogError as error:
            if "pip install" not in error.hint:
                raise
            pytest.skip(error.hint)
    elif isinstance(thing, Indexer):
        check_indexer(thing, DATA.texts[:24])
    elif isinstance(thing, Grader):
        check_grader(thing, [*reversed(DATA.texts)], DATA)
    else:
        check_model(thing, ["a great film", "", "dull 🎬 ünïcode"])
