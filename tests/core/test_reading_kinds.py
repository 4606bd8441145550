"""Sets of labels, numbers and texts, read from what models write."""

import pytest

from underdog.core.data import Task
from underdog.core.reading import of_task

LABELS = ("billing", "refund", "account", "technical")


@pytest.mark.parametrize(
    ("wrote", "value", "how"),
    [
        ("refund|billing", "billing|refund", "exact"),
        ("billing; refund", "billing|refund", "exact"),
        ("Billing, REFUND", "billing|refund", "normalised"),
        ('["billing", "refund"]', "billing|refund", "normalised"),
        ("- billing\n- refund", "billing|refund", "normalised"),
        ("billing and account", "billing|account", "normalised"),
        ("none", "|", "normalised"),
        ('{"labels": []}', "|", "extracted"),
        ('{"billing": true, "refund": false, "account": true}', "billing|account", "extracted"),
        ("The labels are billing and account.", "billing|account", "extracted"),
        ("It is about billing and refund, not technical.", "billing|refund", "extracted"),
        ("<think>billing? refund?</think> account", "account", "extracted"),
        ("I cannot help with that", "", "refusal"),
        ('{"labels": ["bill', "", "cut off"),
        ("no idea", "", "none"),
        ("", "", "none"),
    ],
)
def test_a_set_is_read_as_it_is_written(wrote, value, how):
    read = of_task(Task("t", LABELS, kind="labels")).read(wrote)
    assert (read.label, read.how) == (value, how)


@pytest.mark.parametrize(
    ("wrote", "value", "how"),
    [
        ("4", "4", "exact"),
        ("4.0", "4", "exact"),
        ("-3.5", "-3.5", "exact"),
        ("4/5", "4", "normalised"),
        ("3 stars", "3", "normalised"),
        ("$1,234.5", "1234.5", "normalised"),
        ("3,5", "3.5", "normalised"),
        ("four", "4", "normalised"),
        ("Rating: 8/10", "8", "extracted"),
        ("I'd rate it 4 out of 5 because of 3 things", "4", "extracted"),
        ('{"score": 3.5, "reason": "2 bugs"}', "3.5", "extracted"),
        ("<think>3?</think>5", "5", "extracted"),
        ("between 3 and 4", "", "ambiguous"),
        ("I cannot rate this", "", "refusal"),
        ("nan", "", "none"),
        ("inf", "", "none"),
        ("1_000", "", "none"),
    ],
)
def test_a_number_is_read_as_it_is_written(wrote, value, how):
    read = of_task(Task("t", (), kind="number")).read(wrote)
    assert (read.label, read.how) == (value, how)


def test_a_text_is_read_without_its_reasoning():
    by = of_task(Task("t", (), kind="text"))
    assert by.read("the sum is 4").how == "exact"
    assert by.read("<think>2 + 2</think>the sum is 4").label == "the sum is 4"
    assert by.read(" ").how == "none"
    assert by.read("<think>2 + 2").how == "cut off"
