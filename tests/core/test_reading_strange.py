"""Answers as strangers' models and tools write them, by kind: each label read right, or not."""

# ruff: noqa: E501  # an answer and its reading stand on one line
import json
from pathlib import Path

import pytest

from underdog.core.answer import Answers
from underdog.core.data import Task
from underdog.core.reading import Reader, of_task, read_answers, reader
from underdog.core.reading.suggest import suggested

T = ("billing", "refund", "technical", "account")
S = ("positive", "negative", "neutral")
L = ("A", "B", "C", "D")

KINDS = {
    "reasoning": (T, {
        "<antThinking>refund</antThinking>billing": "billing",
        "<unused94>thought\nrefund<unused95>billing": "billing",
        "<|START_THINKING|>refund<|END_THINKING|><|START_RESPONSE|>billing<|END_RESPONSE|>": "billing",
        "My steps:\nrefund?\n[BEGIN FINAL RESPONSE]\nbilling\n[END FINAL RESPONSE]": "billing",
        "```thinking\nrefund\n```\nbilling": "billing",
        '<details type="reasoning"><summary>Thought</summary>refund?</details>\nbilling': "billing",
        "billing\n<details><summary>Why</summary>refund</details>": "billing",
        "&lt;think&gt;refund&lt;/think&gt;billing": "billing",
        "<think>I must close <think> first. refund?</think>billing": "billing",
        "[THINK]refund or account? It may be": "",
        "> refund is mentioned\n\nbilling": "billing",
    }),
    "structure": (T, {
        '{"label": technical}': "technical",
        '{"billing": "no", "refund": "no", "technical": "yes", "account": "no"}': "technical",
        '{"is_refund": false, "is_technical": true}': "technical",
        '{"top_labels": ["refund", "billing"], "label": "refund"}': "refund",
        '{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{\\"label\\": \\"refund\\"}"}}]}': "refund",
        '{"role": "assistant", "content": null, "refusal": "no refund talk"}': "",
        '{"candidates": [{"content": {"parts": [{"text": "refund?", "thought": true}, {"text": "billing"}], "role": "model"}}]}': "billing",
        '{"output": [{"type": "reasoning"}, {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "billing"}]}]}': "billing",
        '{"messages": [{"role": "user", "content": "refund"}, {"role": "assistant", "content": "billing"}]}': "billing",
        '{"error": {"code": "content_filter", "message": "billing limit"}}': "",
    }),
    "tables": (T, {
        "| text | label |\n|---|---|\n| I want a refund | technical |": "technical",
        "| Category | Match |\n|---|---|\n| billing | no |\n| technical | yes |": "technical",
        "| Field | Value |\n|---|---|\n| Label | technical |\n| Reason | a refund |": "technical",
        "- [x] technical\n- [ ] refund": "technical",
        "☐ refund ☑ technical ☐ billing": "technical",
        "billing ✗\nrefund ✗\ntechnical ✓\naccount ✗": "technical",
        "billing: no\nrefund: no\ntechnical: yes\naccount: no": "technical",
        "refund: not applicable. technical: applicable.": "technical",
        "I am 90% confident that this is technical and 10% that it is billing.": "technical",
        "~~refund~~ technical": "technical",
    }),
    "options": (L, {
        "A: wrong\nB: wrong\nC: correct\nD: wrong": "C",
        "Assistant A is better: [[A]]": "A",
        "A fits; B does not.": "A",
        "不是C，而是A。": "A",
        "A person would say so.": "",
    }),
    "options with names": (T, {
        "A) billing B) refund C) technical D) account. The correct answer is C) technical.": "technical",
        "Answer: (C) technical": "technical",
        "Text 1: technical": "technical",
    }),
    "denied": (S, {
        "The tone is anything but positive.": "",
        "There's nothing positive here. Negative.": "negative",
        "less positive than negative": "",
        "Sentiment: Positive\nTopic: negative reviews": "positive",
        "niet positive maar negative": "negative",
        "positive değil, negative": "negative",
        "inte positive utan neutral": "neutral",
        "nem positive, hanem neutral": "neutral",
        "positive가 아닙니다": "",
    }),
    "denied in Hebrew": (("חיוב", "החזר"), {"זה לא החזר אלא חיוב": "חיוב"}),
    "denied in Hindi": (("भुगतान", "वापसी"), {"यह भुगतान नहीं, वापसी है": "वापसी"}),
    "denied in French": (("facture", "compte", "technique"), {"Ni facture ni compte : technique": "technique"}),
    "opposites": (("safe", "unsafe"), {"It is not safe.": "unsafe", "not unsafe": "safe"}),
    "truth": (("true", "false"), {"This is not true.": "false", "The claim is not false.": "true"}),
    "declined": (T, {
        "I don't have enough information to determine whether this is billing.": "",
        "It is impossible to say whether this is billing.": "",
        "I don't know. Perhaps refund?": "",
        "ERROR: rate limit exceeded for account": "",
        "The response was filtered due to the content management policy. refund": "",
        "Please log in to your account to continue.": "",
        "How can I help you with your account today?": "",
        "Your refund has been processed.": "",
        "As an AI, I classify this as billing.": "billing",
        "I cannot provide legal advice, but this ticket is about billing.": "billing",
        "The customer cannot access the account.": "account",
        "The customer mentions a refund, however": "",
    }),
    "a label that declines": (("SUPPORTS", "NOT ENOUGH INFO"), {
        "There is not enough info to verify it.": "NOT ENOUGH INFO",
    }),
    "labels of labels": (("sales", "support", "sales support"), {
        "sales / support": "", "sales, support": "", "sales-support": "sales support",
        "~~sales~~ support": "support", "不是sales，而是support。": "support",
    }),
    "short labels": (("it", "hr"), {"Is it urgent?": "", "IT": "it", "Department: HR": "hr"}),
    "numbers": (("1", "2", "3", "4", "5"), {"5 / 3": "", "4 / 5": "4"}),
    "conversations": (T, {
        "System: You label tickets (billing, refund).\nUser: hi\nAssistant: refund": "refund",
        "[INST] label this: billing [/INST] refund": "refund",
        "Ticket: \"I want a refund\" → technical": "technical",
        "[('billing', 0.93), ('refund', 0.05)]": "billing",
        "billing (1/10), refund (9/10)": "refund",
        "refund: 9, billing: 2, technical: 0, account: 1": "refund",
        "Between billing and refund, refund fits better.": "refund",
        "Business as usual (billing, refund)": "",
    }),
    "further turns": (T, {
        "refund<eos><bos>billing": "refund",
        "refund\n\n###\n\nbilling": "refund",
        'refund\n\nTicket: "my account"\nCategory: account': "refund",
        'My analysis:\n\nTicket: "a refund"\nLabel: billing': "billing",
        "Step 1: keywords: refund, money.\nStep 2: map.\nFinal: billing": "billing",
    }),
    "numbers below zero": (("0", "1", "2"), {"-1": "", "score of 2": "2"}),
    "doubts": (S, {
        "I wouldn't say it's positive, more like neutral.": "neutral",
        "I don't think it's positive.": "",
        "positive about food, negative about service; overall neutral": "neutral",
        "positive\nnegative\npositive": "",
    }),
    "mixed": (("Positive", "Negative", "Mixed"), {"Mixed (positive and negative)": "Mixed"}),
    "yes and no": (("yes", "no"), {"Answer (yes/no): yes": "yes", "no, yes would be wrong": "no"}),
    "codes": (("J45", "J45.0", "num:date", "flight", "airfare", "flight+airfare"), {
        "Code: J45.0": "J45.0", "J45.1": "", "Label: num:date": "num:date",
        "flight + airfare": "flight+airfare", "flight and airfare": "",
    }),
    "Korean": (("긍정", "부정", "중립"), {"긍정도 부정도 아닌 중립": "중립"}),
    "Chinese": (("是", "否"), {"不是": "否", "是的": "是", "否，不行": "否"}),
    "Italian": (("fattura", "rimborso", "account"), {"né fattura né rimborso: account": "account"}),
    "scales": (("1", "2", "3", "4", "5"), {"3/10": "", "5 of 5": "5", "top 5": ""}),
    "signs": (("-1", "0", "1"), {"−1": "-1", "Sentiment: +1": "1"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_answers_of_a_kind_are_read_right(kind):
    labels, answers = KINDS[kind]
    assert {wrote: Reader(labels).read(wrote).label for wrote in answers} == answers


@pytest.mark.parametrize(
    ("wrote", "value"),
    [
        ("- [x] billing\n- [ ] refund\n- [x] account", "billing|account"),
        ("billing: yes\nrefund: no\naccount: yes\ntechnical: no", "billing|account"),
        ('{"choices": [{"message": {"content": "billing, account"}}]}', "billing|account"),
        ("I'm sorry, I can't help with billing", ""),
    ],
)
def test_sets_are_read_from_ticks_and_replies(wrote, value):
    assert of_task(Task("t", T, kind="labels")).read(wrote).label == value


@pytest.mark.parametrize(
    ("wrote", "value"),
    [
        ("€ 12,50", "12.5"),
        ("1.234,5", "1234.5"),
        ("7 (on a scale of 1-10)", "7"),
        ("Rating: four", "4"),
        ('{"choices": [{"message": {"content": "7"}}]}', "7"),
    ],
)
def test_numbers_are_read_in_other_notations(wrote, value):
    assert of_task(Task("t", (), kind="number")).read(wrote).label == value


@pytest.mark.parametrize(
    ("labels", "wrote", "pairs"),
    [
        ("1 2 3", "0 1 2", (("0", "1"), ("1", "2"), ("2", "3"))),
        ("positive negative", "pos neg", (("neg", "negative"), ("pos", "positive"))),
        ("billing refund", "Answer:A Answer:B", (("A", "billing"), ("B", "refund"))),
        ("billing refund", "?1 ?2", ()),
    ],
)
def test_answers_in_other_words_suggest_a_mapping(labels, wrote, pairs):
    gold = labels.split() * 20
    said = [f"{text}{i}" if "?" in text else text for i, text in enumerate(wrote.split() * 20)]
    read = read_answers(Answers.said(said, None, "llm"), Task("t", tuple(labels.split())))
    assert suggested(read, gold) == pairs


def test_answers_that_were_written_to_mislead_the_reader_are_hardly_ever_misread():
    path = Path(__file__).parents[2] / "benchmarks" / "answers_by_hand.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    read = [(reader(tuple(r["labels"])).read(r["wrote"]).label, r["right"]) for r in rows]
    wrong = [
        r["wrote"] for r, (got, right) in zip(rows, read, strict=True) if got and got not in right
    ]
    unread = sum(not got and "" not in right for got, right in read)
    assert len(wrong) <= 0.008 * len(rows), wrong
    assert unread <= 0.02 * len(rows)
