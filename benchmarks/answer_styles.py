"""Forty ways in which a large language model writes one label: the styles of `benchmarks.answers`.

Each style takes a `Draw` and returns what the model wrote and the label that a careful reader takes
from it; an empty label means that the reader should abstain. The styles were written from the kinds
of answers that public issue threads complain of, before the reader was tuned.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

LABEL_SETS: dict[str, tuple[str, ...]] = {
    "tickets": ("billing", "refund", "technical", "account"),
    "sentiment": ("positive", "negative", "neutral"),
    "yes or no": ("yes", "no"),
    "hate": ("hate", "noHate"),
    "banking": ("card_arrival", "lost_or_stolen_card", "top_up_failed", "verify_my_identity"),
    "stars": ("1", "2", "3", "4", "5"),
    "inference": ("entailment", "neutral", "contradiction"),
    "chinese": ("账单", "退款", "技术", "账户"),
    "arabic": ("فاتورة", "إرجاع", "تقني", "حساب"),
    "nested": ("card", "card not working", "card lost", "lost luggage"),
    "letters": ("A", "B", "C", "D"),
    "topics": ("Sci/Tech", "World", "Parks, beaches & trails", "Überweisung"),
}


@dataclass(frozen=True)
class Draw:
    """One answer to be written: its label, another label, all of them, and a random source."""

    label: str
    other: str
    labels: tuple[str, ...]
    rng: random.Random


Style = Callable[[Draw], tuple[str, str]]


def case(d: Draw) -> tuple[str, str]:
    return d.rng.choice([str.upper, str.lower, str.title])(d.label), d.label


def edges(d: Draw) -> tuple[str, str]:
    return d.rng.choice(["  {}\n", "{}.", "'{}'", '"{}".', "`{}`", "({})", "{}!"]).format(
        d.label
    ), d.label


def bold(d: Draw) -> tuple[str, str]:
    return d.rng.choice(["**{}**", "**{}.**", "__{}__", "*{}*", "### {}", "- {}"]).format(
        d.label
    ), d.label


def fence(d: Draw) -> tuple[str, str]:
    return d.rng.choice(["```\n{}\n```", "```text\n{}\n```", "~~~\n{}\n~~~"]).format(
        d.label
    ), d.label


def keyed(d: Draw) -> tuple[str, str]:
    key = d.rng.choice(["Label", "Category", "Answer", "**Label**", "Classification", "Output"])
    return f"{key}: {d.label}", d.label


def final_after_doubt(d: Draw) -> tuple[str, str]:
    return (
        f"At first sight this looks like {d.other}. The details point elsewhere.\n\n"
        f"Final answer: {d.label}"
    ), d.label


def think(d: Draw) -> tuple[str, str]:
    name = d.rng.choice(["think", "thinking", "reasoning", "scratchpad"])
    return (
        f"<{name}>\nCould be {d.other}, could be {d.label}.\n</{name}>\n\n{d.label}",
        d.label,
    )


def think_closed_only(d: Draw) -> tuple[str, str]:
    return f"Okay, the user wants {d.other}? Hmm, let me see.\n</think>\n\n{d.label}", d.label


def think_unclosed(d: Draw) -> tuple[str, str]:
    return f"<think>\nThe text may be about {d.other}. On the other hand", ""


def bracket_think(d: Draw) -> tuple[str, str]:
    return f"[THINK]Perhaps {d.other}? No.[/THINK]{d.label}", d.label


def channels(d: Draw) -> tuple[str, str]:
    return (
        f"<|channel|>analysis<|message|>We must choose. Maybe {d.other}.<|end|>"
        f"<|start|>assistant<|channel|>final<|message|>{d.label}<|return|>"
    ), d.label


def json_label(d: Draw) -> tuple[str, str]:
    key = d.rng.choice(["label", "category", "answer", "class", "prediction"])
    return json.dumps({key: d.label}, ensure_ascii=d.rng.random() < 0.5), d.label


def json_reason(d: Draw) -> tuple[str, str]:
    reason = {d.rng.choice(["reasoning", "explanation"]): f"It says {d.other}, not {d.label}."}
    return json.dumps(reason | {"label": d.label, "confidence": 0.5}), d.label


def json_fenced(d: Draw) -> tuple[str, str]:
    body = json.dumps({"reason": f"close to {d.other}", "category": d.label}, indent=2)
    return f"Here is the result:\n\n```json\n{body}\n```\nLet me know if {d.other} fits!", d.label


def python_dict(d: Draw) -> tuple[str, str]:
    return repr({"label": d.label, "reason": f"mentions {d.other}"}), d.label


def json_odd_key(d: Draw) -> tuple[str, str]:
    return json.dumps({"note": f"mentions {d.other} too", "tone_or_kind": d.label}), d.label


def one_element(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [json.dumps([d.label]), f"[{d.label!r}]", json.dumps({"labels": [d.label]})]
    ), (d.label)


def json_cut(d: Draw) -> tuple[str, str]:
    return f'{{"reasoning": "The writer mentions {d.other} and asks', ""


def scores(d: Draw) -> tuple[str, str]:
    top = d.labels.index(d.label)
    return json.dumps({x: 0.9 if i == top else 0.02 for i, x in enumerate(d.labels)}), d.label


def not_but(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        ["It is not {o} but {x}.", "This isn't {o}; it is {x}.", "Not {o}. It is {x}."]
    ).format(o=d.other, x=d.label), d.label


def although(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "Although {o} is mentioned, the label is **{x}**.",
            "The text mentions {o}, but the best label is {x}.",
        ]
    ).format(o=d.other, x=d.label), d.label


def rather(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "The label is {x} rather than {o}.",
            "Instead of {o}, I would choose {x}.",
            "I would choose {x}, not {o}.",
        ]
    ).format(o=d.other, x=d.label), d.label


def options_then(d: Draw) -> tuple[str, str]:
    return f"Options: {', '.join(d.labels)}\nAnswer: {d.label}", d.label


def options_only(d: Draw) -> tuple[str, str]:
    return f"Please choose one of the following labels: {', '.join(d.labels)}", ""


def refusal(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "I'm sorry, but I can't help with {o} questions.",
            "I cannot assist with content about {o}.",
            "As an AI language model, I am unable to judge {o}.",
        ]
    ).format(o=d.other), ""


def refusal_abroad(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "Es tut mir leid, aber dabei kann ich nicht helfen ({o}).",
            "Lo siento, no puedo ayudar con eso: {o}.",
            "Je suis désolé, mais je ne peux pas vous aider avec {o}.",
            "很抱歉，我无法回答关于{o}的问题。",
        ]
    ).format(o=d.other), ""


def either(d: Draw) -> tuple[str, str]:
    return f"This could be either {d.label} or {d.other}.", ""


def sentence(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "I would classify this text as {}.",
            "The text falls under {}.",
            "I think the label is {}.",
        ]
    ).format(d.label), d.label


def boxed(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [r"\boxed{{{x}}}", r"We weigh {o}. Hence $\boxed{{\text{{{x}}}}}$."]
    ).format(x=d.label, o=d.other), d.label


def separators(d: Draw) -> tuple[str, str]:
    joint = d.rng.choice([" ", "-", "_"])
    return d.label.replace("_", joint).replace(" ", joint), d.label


def unicode_form(d: Draw) -> tuple[str, str]:
    form = d.rng.choice(["NFD", "NFKD", "full width"])
    if form != "full width":
        return unicodedata.normalize(form, d.label), d.label
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in d.label)
    return wide, d.label


def steps(d: Draw) -> tuple[str, str]:
    return (
        f"Let's think step by step.\n1. The writer describes a case.\n2. {d.other} is possible."
        f"\n3. The wish decides.\n\nTherefore, the answer is {d.label}."
    ), d.label


def answer_first(d: Draw) -> tuple[str, str]:
    return f"{d.label}\n\nExplanation: the text also touches on {d.other}.", d.label


def tags(d: Draw) -> tuple[str, str]:
    return (
        f"<analysis>Some {d.other} in it.</analysis>\n<answer>{d.label}</answer>",
        d.label,
    )


def bullets(d: Draw) -> tuple[str, str]:
    return f"- **Category:** {d.label}\n- **Reason:** there is some {d.other} in it", d.label


def parts(d: Draw) -> tuple[str, str]:
    thought = {"type": "thinking", "thinking": f"is it {d.other}?"}
    return json.dumps([thought, {"type": "text", "text": d.label}]), d.label


def corrected(d: Draw) -> tuple[str, str]:
    return f"It looks like {d.other}. Wait, no, actually it is {d.label}.", d.label


def confidence(d: Draw) -> tuple[str, str]:
    return d.rng.choice(["{} (confidence: 0.93)", "{} - 95%", "Label: {}, confidence: 87%"]).format(
        d.label
    ), d.label


def abroad(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        ["Die Antwort ist: {}", "La respuesta es {}.", "答案是{}。", "الإجابة: {}", "Ответ: {}"]
    ).format(d.label), d.label


def template(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        ["{x}<|im_end|>", "assistant: {x}", "{x}</s>", " {x}\n\nText: another text\nLabel: {o}"]
    ).format(x=d.label, o=d.other), d.label


STYLES: tuple[Style, ...] = (
    *(case, edges, bold, fence, keyed, final_after_doubt, think, think_closed_only),
    *(think_unclosed, bracket_think, channels, json_label, json_reason, json_fenced),
    *(python_dict, json_odd_key, one_element, json_cut, scores, not_but, although, rather),
    *(options_then, options_only, refusal, refusal_abroad, either, sentence, boxed),
    *(separators, unicode_form, steps, answer_first, tags, bullets, parts, corrected),
    *(confidence, abroad, template),
)
