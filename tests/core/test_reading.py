"""Reading a label out of what a language model wrote: every kind of answer, the right reading."""

# ruff: noqa: E501  # an answer and its reading stand on one line
import pytest
from hypothesis import given
from hypothesis import strategies as st

from underdog.core.reading import HOWS, UNREAD, Reader, Tally, read_column

T = ["billing", "refund", "technical", "account"]
S = ["positive", "negative", "neutral"]
YN = ["yes", "no"]
H = ["hate", "noHate"]
N = ["1", "2", "3", "4", "5"]
L = ["A", "B", "C", "D"]
B = ["card_arrival", "lost_or_stolen_card", "top_up_failed", "verify_my_identity"]
Z = ["账单", "退款", "技术", "账户"]
AR = ["فاتورة", "إرجاع", "تقني", "حساب"]
X = ["toxic", "not toxic"]
M = ["-1", "0", "1"]
OTHER = ["spam", "other", "none"]
C = ["C", "C++", "C#", "Java"]

READ = [
    (T, "Billing", "billing"),
    (T, "BILLING.", "billing"),
    (T, "The customer is asking about a refund.", "refund"),
    (T, "This is a billing issue.", "billing"),
    (T, "billing, because the refund is not mentioned", "billing"),
    (T, "Not billing.", ""),
    (T, "It's neither billing nor refund, so technical.", "technical"),
    (T, "The customer has no account problem; it's technical.", "technical"),
    (T, "There are no signs of a refund request. The message concerns billing.", "billing"),
    (T, "Billing or refund? I'd say refund.", "refund"),
    (T, "While this could be billing, it is a refund.", "refund"),
    (T, "refund (not billing)", "refund"),
    (T, "Refund over billing.", "refund"),
    (T, "billing: 0.1, refund: 0.8, technical: 0.05, account: 0.05", "refund"),
    (T, "I'm sorry, but I can't help with billing questions.", ""),
    (T, "I cannot be certain, but the label is billing.", "billing"),
    (T, "I'm sorry, I can't determine this. Label: billing", "billing"),
    (T, "{'label': 'billing', 'reason': 'not a refund'}", "billing"),
    (T, '{"label": "unknown", "reason": "refund"}', ""),
    (T, '{"result": {"label": "refund"}, "explanation": "billing"}', "refund"),
    (T, '[{"label": "refund", "score": 0.9}, {"label": "billing", "score": 0.05}]', "refund"),
    (T, '[{"label": "refund"}, {"label": "billing"}]', ""),
    (T, '["billing", "refund"]', ""),
    (T, "billing, refund", ""),
    (T, "billing;refund", ""),
    (T, '{"billing": true, "refund": false, "technical": false, "account": false}', "billing"),
    (T, '{"name": "classify", "arguments": "{\\"label\\": \\"billing\\"}"}', "billing"),
    (
        T,
        '{"choices":[{"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}]}',
        "billing",
    ),
    (T, '{"role":"assistant","content":"<think>refund</think>billing"}', "billing"),
    (T, '{"label": "billing", "reas', "billing"),
    (T, "Rechnung", ""),
    (T, "<think>hm</think>", ""),
    (T, "<think>a\nFinal answer: refund", "refund"),
    (T, "The label for this text is", ""),
    (T, "bill", ""),
    (T, "category = refund", "refund"),
    (T, "label: refund\nreason: mentions billing", "refund"),
    (T, "| Label | refund |", "refund"),
    (T, "Text: I want my billing fixed\nLabel: refund", "refund"),
    (T, "refund\n\nText: billing thing\nLabel: billing", "refund"),
    (T, "**Answer:**\n\nrefund", "refund"),
    (T, "Is it billing? No. Is it refund? Yes.", "refund"),
    (T, "Billing? No, this is a refund.", "refund"),
    (T, "The user wants a refund, so the label is refund.", "refund"),
    (T, "refund > billing", ""),
    (T, "Primary: billing; secondary: refund", "billing"),
    (T, "I would not label this as billing; refund is the best label.", "refund"),
    (T, "This isn't about billing or refund. It's technical.", "technical"),
    (T, "None of the labels fit.", ""),
    (T, "analysisThe user mentions billing.assistantfinalrefund", "refund"),
    (T, "technical ✅", "technical"),
    (T, "👉 refund", "refund"),
    (S, "The sentiment is not positive, it is negative.", "negative"),
    (S, "Neither positive nor negative.", ""),
    (S, "neither positive nor negative, i.e. neutral", "neutral"),
    (
        S,
        "The review contains both positive and negative aspects, but overall the sentiment is negative.",
        "negative",
    ),
    (S, "Overall: negative", "negative"),
    (S, "Positively charged", ""),
    (YN, "No, there is no sign of it.", "no"),
    (YN, "Yes. There is no doubt.", "yes"),
    (YN, "There is no indication.", ""),
    (YN, "The answer is no.", "no"),
    (YN, "**No**", "no"),
    (YN, "I'd say yes", "yes"),
    (YN, "no evidence, but I'd say yes", "yes"),
    (H, "This is not hate speech.", "noHate"),
    (H, "no hate", "noHate"),
    (H, "No-Hate", "noHate"),
    (H, "hate", "hate"),
    (H, "nohate", "noHate"),
    (H, "This is hate speech.", "hate"),
    (H, "not hate", "noHate"),
    (H, "This comment does not contain hate.", "noHate"),
    (H, "The label is noHate because it is not hate.", "noHate"),
    (X, "This is not toxic.", "not toxic"),
    (X, "It isn't toxic.", "not toxic"),
    (X, "toxic", "toxic"),
    (X, "non-toxic", "not toxic"),
    (X, "The comment is toxic.", "toxic"),
    (N, "4 out of 5", "4"),
    (N, "4/5", "4"),
    (N, "I'd give this 3 stars.", "3"),
    (N, "On a scale of 1 to 5, this is a 4.", "4"),
    (N, "The customer waited 2 weeks. Rating: 1", "1"),
    (N, "2", "2"),
    (N, "2.0", "2"),
    (N, "4 (confidence 0.9)", "4"),
    (N, "95% sure: 4", "4"),
    (N, "The writer has 2 complaints.", ""),
    (N, "★★★★ 4 stars", "4"),
    (N, "Score: 3.", "3"),
    (N, "**5**", "5"),
    (M, "-1", "-1"),
    (M, "Label: -1", "-1"),
    (M, "1", "1"),
    (M, "+1", "1"),
    (M, "The score is -1.", "-1"),
    (M, "0", "0"),
    (L, "(B)", "B"),
    (L, "B) because of this", "B"),
    (L, "A customer writes about B2B. The answer is C.", "C"),
    (L, "The answer is (A).", "A"),
    (L, "Answer: B. A is wrong.", "B"),
    (L, "I think B fits best.", "B"),
    (L, "A", "A"),
    (L, "B. The text says so", "B"),
    (L, "Option D", "D"),
    (B, "Card arrival", "card_arrival"),
    (B, "cardArrival", "card_arrival"),
    (B, "The intent is top-up failed.", "top_up_failed"),
    (B, "lost_or_sto", ""),
    (Z, "这是账单问题", "账单"),
    (Z, "不是账单，而是退款", "退款"),
    (Z, "答案：技术", "技术"),
    (Z, "账单或退款", ""),
    (Z, "很抱歉，我无法回答账单问题", ""),
    (AR, "الإجابة: فاتورة", "فاتورة"),
    (AR, "هذه مشكلة في الفاتورة", "فاتورة"),
    (AR, "ليست فاتورة بل حساب", "حساب"),
    (OTHER, "none", "none"),
    (OTHER, "None of the other labels fit, so spam", "spam"),
    (OTHER, "This is spam", "spam"),
    (OTHER, "The label is other.", "other"),
    (C, "C++", "C++"),
    (C, "The language is C++.", "C++"),
    (C, "It is C, not C++.", "C"),
    (C, "c#", "C#"),
    (["請求", "返金"], "これは請求ではなく返金です", "返金"),
    (["환불", "계정"], "환불입니다", "환불"),
    (["คืนเงิน", "บัญชี"], "คำตอบคือคืนเงิน", "คืนเงิน"),
    (["ham", "spam"], "spam", "spam"),
    (["ham", "spam"], "This message is spam.", "spam"),
    (["World", "Sports", "Sci/Tech"], "Sci / Tech", "Sci/Tech"),
    (["World", "Sports", "Sci/Tech"], "SciTech", "Sci/Tech"),
    (["true", "false"], "True", "true"),
    (["True", "False"], '{"answer": true}', "True"),
    (["ABBR", "DESC", "HUM", "NUM"], "DESC: description", "DESC"),
    (["0", "1"], "Label 1", "1"),
    (["0", "1"], "Class: 0", "0"),
    (["0", "1"], "The text is non-hateful, so 0.", "0"),
    (["Rückgabe", "Konto"], "Es ist keine Rückgabe, sondern Konto.", "Konto"),
    (["Rückgabe", "Konto"], "Ich kann dabei leider nicht helfen. Konto?", ""),
    (
        ["entailment", "contradiction", "neutral"],
        "The premise entails the hypothesis: entailment.",
        "entailment",
    ),
    (
        ["entailment", "contradiction", "neutral"],
        "There is no contradiction, so entailment.",
        "entailment",
    ),
    (["refund", "refund request"], "refund request", "refund request"),
    (["positive", "very positive"], "The review is very positive.", "very positive"),
]


@pytest.mark.parametrize(("labels", "wrote", "label"), READ)
def test_the_label_that_an_answer_gives_is_read_and_no_other(labels, wrote, label):
    assert Reader(labels).read(wrote).label == label


@pytest.mark.parametrize(
    ("wrote", "how"),
    [
        ("billing", "exact"),
        (" billing\n", "exact"),
        ("BILLING", "normalised"),
        ("**Billing.**", "normalised"),
        ("The label is billing.", "extracted"),
        ("<think>refund?</think>billing", "extracted"),
        ('{"label": "billing"}', "extracted"),
        ("billing or refund", "ambiguous"),
        ("Options: billing, refund, technical, account", "ambiguous"),
        ("Rechnung", "none"),
        ("", "none"),
        ("I can't help with billing.", "refusal"),
        ("Dabei kann ich leider nicht helfen: refund", "refusal"),
        ("<think>It may be billing", "cut off"),
        ('{"reasoning": "It may be bil', "cut off"),
        ("The best label for this is", "cut off"),
        ("techni", "cut off"),
    ],
)
def test_each_answer_says_how_it_was_read(wrote, how):
    got = Reader(T).read(wrote)
    assert got.how == how
    assert (got.label == "") == (how in UNREAD)


def test_typed_parts_and_whole_replies_are_unpacked():
    parts = '[{"type": "thinking", "thinking": "refund?"}, {"type": "text", "text": "billing"}]'
    assert Reader(T).read(parts).label == "billing"
    reply = '{"choices": [{"message": {"content": "billing", "reasoning_content": "refund"}}]}'
    assert Reader(T).read(reply).label == "billing"


def test_a_mapping_adds_spellings_and_comes_before_the_labels():
    assert Reader(H, {"0": "noHate", "1": "hate"}).read("Label: 0").label == "noHate"
    assert Reader(["0", "1"], {"0": "1", "1": "0"}).read("1").label == "0"
    assert Reader(T, {"Rechnung": "billing"}).read("Das ist eine Rechnung.").label == "billing"


def test_two_labels_that_differ_in_case_alone_are_told_apart_by_case_or_not_at_all():
    reader = Reader(["Refund", "refund", "billing"])
    assert reader.read("Refund").label == "Refund"
    assert reader.read("refund").label == "refund"
    assert reader.read("REFUND").how == "ambiguous"


def test_many_labels_and_long_answers_take_no_longer_than_a_moment():
    reader = Reader([f"intent_{i:04d}" for i in range(2000)])
    assert reader.read("word " * 50_000 + "\n\nLabel: intent_1234").label == "intent_1234"


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=5))
def test_no_answer_breaks_the_reader(wrote, labels):
    got = Reader(labels).read(wrote)
    assert got.how in HOWS
    assert got.label == "" or got.label in labels
    assert (got.label == "") == (got.how in UNREAD)


def test_a_tally_counts_readings_and_quotes_what_gave_no_label():
    wrote = ["billing"] * 6 + ["Rechnung"] * 3 + ["I can't help with that."]
    _, readings = read_column(wrote, Reader(T))
    tally = Tally.of(readings)
    assert (tally.total, tally.unread) == (10, 4)
    assert tally.counts == {"exact": 6, "none": 3, "refusal": 1}
    assert "3 of 10 answers name no label, such as 'Rechnung'" in tally.lines()
    assert Tally.of([("", "")]) is None
