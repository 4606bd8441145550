"""Twenty further ways in which a model writes one label, written after the reader was tuned.

They are kept out of development like a third of `benchmarks.answer_styles`: what the reader made
of them at first is in docs/log.md.
"""

from __future__ import annotations

import html
import json

from benchmarks.answer_styles import Draw, Style


def folded_thoughts(d: Draw) -> tuple[str, str]:
    return (
        f'<details type="reasoning"><summary>Thought for 4 seconds</summary>\nIs it {d.other}?\n'
        f"</details>\n{d.label}"
    ), d.label


def family_tags(d: Draw) -> tuple[str, str]:
    opening, closing = d.rng.choice(
        [
            ("◁think▷", "◁/think▷"),
            ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
            ("<seed:think>", "</seed:think>"),
            ("<antThinking>", "</antThinking>"),
            ("<|begin_of_thought|>", "<|end_of_thought|>"),
            ("<unused94>thought\n", "<unused95>"),
        ]
    )
    return f"{opening}Maybe {d.other}, maybe not.{closing}{d.label}", d.label


def named_thoughts(d: Draw) -> tuple[str, str]:
    key = d.rng.choice(["Thought", "Reasoning", "Analysis", "**Rationale**", "Chain of thought"])
    return f"{key}: there is a hint of {d.other} in it.\n\nLabel: {d.label}", d.label


def escaped_tags(d: Draw) -> tuple[str, str]:
    return html.escape(f"<think>could be {d.other}</think>") + d.label, d.label


def responses_api(d: Draw) -> tuple[str, str]:
    said = [{"type": "output_text", "text": d.label, "annotations": []}]
    message = {"type": "message", "role": "assistant", "content": said}
    thought = {"type": "reasoning", "summary": []}
    return json.dumps({"id": "r", "output": [thought, message]}), d.label


def tool_call(d: Draw) -> tuple[str, str]:
    handed = {"name": "label_text", "arguments": json.dumps({"label": d.label})}
    calls = [{"id": "c", "type": "function", "function": handed}]
    return json.dumps({"role": "assistant", "content": None, "tool_calls": calls}), d.label


def markdown_table(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "| Field | Value |\n|---|---|\n| Label | {x} |\n| Reason | sounds like {o} |",
            "| Label | Reason |\n|:--|:--|\n| {x} | mentions {o} |",
            "| Text | Category |\n| --- | --- |\n| some {o} in it | {x} |",
        ]
    ).format(x=d.label, o=d.other), d.label


def check_list(d: Draw) -> tuple[str, str]:
    on, off = d.rng.choice([("- [x] ", "- [ ] "), ("☑ ", "☐ "), ("✅ ", "❌ ")])
    return "\n".join((on if x == d.label else off) + x for x in d.labels), d.label


def one_by_one(d: Draw) -> tuple[str, str]:
    yes, no = d.rng.choice([("applies", "does not apply"), ("✓", "✗"), ("correct", "wrong")])
    return "\n".join(f"{x}: {yes if x == d.label else no}" for x in d.labels), d.label


def percentages(d: Draw) -> tuple[str, str]:
    return f"I am 85% sure that it is {d.label} and 15% sure that it is {d.other}.", d.label


def yaml(d: Draw) -> tuple[str, str]:
    return f"label: {d.label}\nconfidence: high\nreason: the writer mentions {d.other}", d.label


def loose_json(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            '{{label: "{x}", reason: "not {o}"}}',
            '{{"label": "{x}", "reason": "some {o}",}}',
            "{{“label”: “{x}”}}",
        ]
    ).format(x=d.label, o=d.other), d.label


def struck(d: Draw) -> tuple[str, str]:
    return f"~~{d.other}~~ {d.label}", d.label


def denied_abroad(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "Das ist nicht {o}, sondern {x}.",
            "Ce n'est pas {o} mais {x}.",
            "No es {o}, sino {x}.",
            "Это не {o}, а {x}.",
            "不是{o}，而是{x}。",
            "ليس {o} بل {x}",
            "Het is niet {o} maar {x}.",
        ]
    ).format(x=d.label, o=d.other), d.label


def compared(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "It is more {x} than {o}.",
            "This fits {x} better than {o}.",
            "{x} fits; {o} does not.",
            "I considered {o}, but I settled on {x}.",
        ]
    ).format(x=d.label, o=d.other), d.label


def verbose_refusal(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "There is not enough information to tell whether this is {o}.",
            "I must decline to label this text, which may be about {o}.",
            "Unfortunately I'm not able to classify this as {o} or anything else.",
            "I don't know whether this is {o}.",
            "The label cannot be determined from the text; {o} is mentioned.",
        ]
    ).format(o=d.other), ""


def failed_call(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "Error code: 429 - {{'error': {{'message': 'Rate limit reached for {o}'}}}}",
            '{{"error": {{"code": "content_filter", "message": "{o}"}}}}',
            "The response was filtered due to the content management policy: {o}",
        ]
    ).format(o=d.other), ""


def cut_in_reasons(d: Draw) -> tuple[str, str]:
    return (
        f"Let me look at the text closely before I decide. The writer first mentions {d.other}, "
        "then describes at length what happened on the day, and with whom they spoke about it, and"
    ), ""


def several_listed(d: Draw) -> tuple[str, str]:
    joint = d.rng.choice([", ", "; ", " and ", " & "])
    return f"{d.label}{joint}{d.other}", ""


def polite(d: Draw) -> tuple[str, str]:
    return d.rng.choice(
        [
            "Sure! Here is the label you asked for:\n\n{x}",
            "Thank you for the text. After reading it: **{x}**. Let me know about the next one!",
            "{x}\n\n(Note: an alternative reading would be {o}.)",
            "The correct label for this text would be “{x}”.",
        ]
    ).format(x=d.label, o=d.other), d.label


LATE: tuple[Style, ...] = (
    *(folded_thoughts, family_tags, named_thoughts, escaped_tags, responses_api, tool_call),
    *(markdown_table, check_list, one_by_one, percentages, yaml, loose_json, struck),
    *(denied_abroad, compared, verbose_refusal, failed_call, cut_in_reasons, several_listed),
    polite,
)
