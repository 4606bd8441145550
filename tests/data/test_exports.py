"""Exports of other tools, by the formats that the tools document today."""

import csv
import io
import json
import sqlite3

import pytest

from underdog.core.errors import UnderdogError
from underdog.data.read import read

LABELS = ("billing", "refund", "technical")
ROWS = [(f"the invoice {i} about {w}", LABELS[i % 3]) for i, w in enumerate("abcdefghijkl")]
GOLD = dict(ROWS)


def lines(rows):
    return "\n".join(map(json.dumps, rows))


def table(rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue()


def user(text):
    return [{"role": "system", "content": "label it"}, {"role": "user", "content": text}]


def said(label):
    return {"choices": [{"message": {"role": "assistant", "content": label}}]}


def prodigy(text, label, **more):
    return {"text": text, "answer": "accept", "_input_hash": 1, "_task_hash": 2, **more}


def persons(label):
    return [{"user_id": "u", "value": label, "status": "submitted"}]


OPTIONS = [{"id": i, "text": label} for i, label in enumerate(LABELS)]
CALL = {"type": "function", "function": {"name": "classify"}}

WITH_GOLD = {
    "prodigy, options by number": lines(
        prodigy(t, y, options=OPTIONS, accept=[LABELS.index(y)]) for t, y in ROWS
    ),
    "argilla 1 on the hub": lines(
        {"text": t, "topic": persons(y), "topic-suggestion": "zzz", "external_id": None}
        for t, y in ROWS
    ),
    "argilla 1 on the hub, an object of lists": lines(
        {"text": t, "topic": {"user_id": ["u"], "value": [y], "status": ["submitted"]}}
        for t, y in ROWS
    ),
    "argilla 2": lines(
        {
            "id": t,
            "fields": {"text": t},
            "suggestions": {"topic": {"value": "zzz", "agent": "gpt"}},
            "responses": {"topic": [{"value": y, "user_id": "u"}]},
        }
        for t, y in ROWS
    ),
    "doccano CSV": table([{"id": t, "text": t, "label": y, "Comments": ""} for t, y in ROWS]),
    "langfuse data set": table(
        [
            {"id": t, "input": json.dumps({"text": t}), "expectedOutput": json.dumps(y)}
            for t, y in ROWS
        ]
    ),
    "langsmith data set": lines({"inputs": {"q": t}, "outputs": {"answer": y}} for t, y in ROWS),
    "langsmith data set as CSV": table([{"input_text": t, "output_label": y} for t, y in ROWS]),
    "preferences": lines(
        {
            "input": {"messages": user(t)},
            "preferred_output": [{"role": "assistant", "content": y}],
            "non_preferred_output": [{"role": "assistant", "content": "zzz"}],
        }
        for t, y in ROWS
    ),
    "reference answers": lines({"messages": user(t), "reference_answer": y} for t, y in ROWS),
    "calls of a tool": lines(
        {
            "messages": [
                *user(t),
                {
                    "role": "assistant",
                    "tool_calls": [
                        CALL | {"function": {"name": "f", "arguments": json.dumps({"label": y})}}
                    ],
                },
            ]
        }
        for t, y in ROWS
    ),
    "instructions": lines(
        {"instruction": "Label the ticket.", "input": t, "output": y} for t, y in ROWS
    ),
    "label studio, cancelled annotations": lines(
        {
            "data": {"text": t},
            "annotations": [
                {"was_cancelled": True, "result": [{"value": {"choices": ["zzz"]}}]},
                {"result": [{"value": {"choices": [y]}, "from_name": "topic"}]},
            ],
        }
        for t, y in ROWS
    ),
}

LOGS = {
    "chats with their replies": lines(
        {"id": t, "call_type": "chat", "messages": user(t), "response": said(y)} for t, y in ROWS
    ),
    "stored completions": lines(
        {"object": "chat.completion", "messages": user(t), "choices": said(y)["choices"]}
        for t, y in ROWS
    ),
    "langfuse, a traced function": lines(
        {"id": t, "traceId": t, "type": "SPAN", "input": {"args": [t], "kwargs": {}}, "output": y}
        for t, y in ROWS
    ),
    "langfuse, blob storage": lines(
        {
            "trace_id": t,
            "type": "GENERATION",
            "input": json.dumps({"messages": user(t)}),
            "output": json.dumps(said(y)),
            "total_cost": 0.002,
        }
        for t, y in ROWS
    ),
    "helicone": lines(
        {"request_id": t, "request_body": {"messages": user(t)}, "response_body": said(y)}
        for t, y in ROWS
    ),
    "langsmith runs": lines(
        {
            "run_type": "llm",
            "inputs": {
                "messages": [
                    [{"id": ["langchain", "schema", "HumanMessage"], "kwargs": {"content": t}}]
                ]
            },
            "outputs": {"generations": [[{"text": y}]]},
        }
        for t, y in ROWS
    ),
}


def written(tmp_path, content):
    path = tmp_path / "export"
    path.write_text(content)
    return path


@pytest.mark.parametrize("kind", WITH_GOLD)
def test_texts_and_labels_of_an_export_are_read(tmp_path, kind):
    data = read(written(tmp_path, WITH_GOLD[kind])).data
    assert dict(zip(data.texts, data.labels, strict=True)) == GOLD
    leaked = [c for c in data.columns if set(data.columns[c]) <= set(LABELS)]
    assert not leaked, "no column repeats the labels"


@pytest.mark.parametrize("kind", LOGS)
def test_texts_and_answers_of_a_log_are_read(tmp_path, kind):
    data = read(written(tmp_path, LOGS[kind]), labelled=False).data
    assert dict(zip(data.texts, data.columns["llm_answer"], strict=True)) == GOLD


def test_a_prodigy_file_about_one_label_takes_the_rejected_as_not_that_label(tmp_path):
    rows = [
        prodigy(t, y) | {"label": "REFUND", "answer": "accept" if y == "refund" else "reject"}
        for t, y in ROWS
    ]
    table = read(written(tmp_path, lines(rows)))
    assert table.data.task.labels == ("REFUND", "not REFUND")
    assert list(table.data.labels).count("REFUND") == 4
    assert any("'not REFUND' where that was rejected" in note for note in table.notes)


def test_labels_of_doccano_as_csv_are_parted(tmp_path):
    rows = [
        {"id": t, "text": t, "label": f"{y}#urgent" if i % 2 else y, "Comments": ""}
        for i, (t, y) in enumerate(ROWS)
    ]
    data = read(written(tmp_path, table(rows))).data
    assert data.task.labels == (*LABELS, "urgent")


@pytest.mark.parametrize(
    ("request_of", "answer_of"),
    [
        (lambda t: {"body": {"messages": user(t)}}, lambda y: {"response": {"body": said(y)}}),
        (
            lambda t: {"body": {"input": t}},
            lambda y: {
                "response": {
                    "body": {
                        "output": [
                            {"type": "reasoning", "summary": []},
                            {"type": "message", "content": [{"type": "output_text", "text": y}]},
                        ]
                    }
                }
            },
        ),
        (
            lambda t: {"params": {"messages": user(t)}},
            lambda y: {"result": {"type": "succeeded", "message": {"content": [{"text": y}]}}},
        ),
    ],
    ids=["chat completions", "responses", "messages"],
)
def test_the_answers_of_a_batch_are_joined_with_its_requests(tmp_path, request_of, answer_of):
    asked = lines({"custom_id": t, **request_of(t)} for t, _ in ROWS)
    (tmp_path / "requests.jsonl").write_text(asked)
    answers = [{"custom_id": t, **answer_of(y)} for t, y in reversed(ROWS)]
    data = read(written(tmp_path, lines(answers)), labelled=False).data
    assert dict(zip(data.texts, data.columns["llm_answer"], strict=True)) == GOLD
    (tmp_path / "requests.jsonl").unlink()
    with pytest.raises(UnderdogError, match="but not the texts"):
        read(tmp_path / "export")


def test_a_log_of_llm_that_keeps_messages_is_read(tmp_path):
    database = sqlite3.connect(tmp_path / "logs.db")
    database.executescript(
        "create table responses (id, model, prompt, response);"
        "create table messages (id, role, parts);"
        "create table message_nodes (id, parent_id, message_id, depth);"
        "create table response_nodes (response_id, input_node_id, output_node_id);"
    )
    *new, (old, label) = ROWS
    database.execute("insert into responses values ('old', 'm', ?, ?)", (old, label))
    for text, label in new:
        thought = {"type": "reasoning", "text": "refund?"}
        parts = [{"type": "text", "text": text}], [thought, {"type": "text", "text": label}]
        for role, part in zip(("user", "assistant"), parts, strict=True):
            key = f"{role} {text}"
            database.execute("insert into messages values (?, ?, ?)", (key, role, json.dumps(part)))
            database.execute("insert into message_nodes values (?, null, ?, 1)", (f"n {key}", key))
        nodes = (text, f"n user {text}", f"n assistant {text}")
        database.execute("insert into response_nodes values (?, ?, ?)", nodes)
    database.commit()
    database.close()
    data = read(tmp_path / "logs.db", labelled=False).data
    assert dict(zip(data.texts, data.columns["llm_answer"], strict=True)) == GOLD
