"""Rows of databases: questions put to SQLite in words, and statements that must not run."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.data import root
from underdog.core.errors import UnderdogError
from underdog.models.retrieval.sql.database import Asked
from underdog.models.retrieval.sql.execution import Database, Limits

Row = tuple[str, str, str, str]

EACH = 4
"""Questions of each template, with other values."""

TABLES = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE intents (id INTEGER PRIMARY KEY, name TEXT, domain_id INTEGER REFERENCES domains(id));
CREATE TABLE utterances (id INTEGER PRIMARY KEY, text TEXT, words INTEGER,
  intent_id INTEGER REFERENCES intents(id));
CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE documents (id INTEGER PRIMARY KEY, title TEXT, pages_length INTEGER,
  author_id INTEGER REFERENCES authors(id));
CREATE TABLE judgements (id INTEGER PRIMARY KEY, document_id INTEGER REFERENCES documents(id),
  grade INTEGER);
CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT, accuracy REAL, mean_cost REAL);
CREATE TABLE answers (id INTEGER PRIMARY KEY, model_id INTEGER REFERENCES models(id),
  correct INTEGER, cost REAL);
"""

TEMPLATES = (
    ("How many intents are in the {domain} domain?",
     "SELECT COUNT(*) FROM intents JOIN domains d ON d.id = domain_id WHERE d.name = '{domain}'"),
    ("How many utterances are there for the intent {intent}?",
     "SELECT COUNT(*) FROM utterances JOIN intents i ON i.id = intent_id"
     " WHERE i.name = '{intent}'"),
    ("Which intents belong to {domain}?",
     "SELECT i.name FROM intents i JOIN domains d ON d.id = domain_id WHERE d.name = '{domain}'"),
    ("What is the domain of the intent {intent}?",
     "SELECT d.name FROM intents i JOIN domains d ON d.id = domain_id WHERE i.name = '{intent}'"),
    ("How many documents did {author} write?",
     "SELECT COUNT(*) FROM documents JOIN authors a ON a.id = author_id WHERE a.name = '{author}'"),
    ("List the titles of the documents by {author}.",
     "SELECT title FROM documents JOIN authors a ON a.id = author_id WHERE a.name = '{author}'"),
    ("What is the accuracy of {model}?", "SELECT accuracy FROM models WHERE name = '{model}'"),
    ("What is the mean cost of the model {model}?",
     "SELECT mean_cost FROM models WHERE name = '{model}'"),
    ("Which models have an accuracy above {share}?",
     "SELECT name FROM models WHERE accuracy > {share}"),
    ("How many models have a mean cost below {price}?",
     "SELECT COUNT(*) FROM models WHERE mean_cost < {price}"),
    ("Show the top {few} models by accuracy.",
     "SELECT name FROM models ORDER BY accuracy DESC LIMIT {few}"),
    ("What is the average cost of answers by {model}?",
     "SELECT AVG(cost) FROM answers JOIN models m ON m.id = model_id WHERE m.name = '{model}'"),
    ("What is the total cost of the answers of {model}?",
     "SELECT SUM(cost) FROM answers JOIN models m ON m.id = model_id WHERE m.name = '{model}'"),
    ("What is the highest cost of an answer by {model}?",
     "SELECT MAX(cost) FROM answers JOIN models m ON m.id = model_id WHERE m.name = '{model}'"),
    ("Which authors have more than {few} documents?",
     "SELECT a.name FROM documents JOIN authors a ON a.id = author_id GROUP BY a.id"
     " HAVING COUNT(*) > {few}"),
    ("How many documents have a pages length between {low} and {high}?",
     "SELECT COUNT(*) FROM documents WHERE pages_length BETWEEN {low} AND {high}"),
    ("What is the average number of words of utterances for {intent}?",
     "SELECT AVG(words) FROM utterances JOIN intents i ON i.id = intent_id"
     " WHERE i.name = '{intent}'"),
    ("How many judgements are there per grade?",
     "SELECT grade, COUNT(*) FROM judgements GROUP BY grade"),
    ("How many intents are there for each domain?",
     "SELECT d.name, COUNT(*) FROM intents JOIN domains d ON d.id = domain_id GROUP BY d.name"),
    ("Which model has the {most} accuracy?",
     "SELECT name FROM models ORDER BY accuracy {order} LIMIT 1"),
    ("Which author wrote the most documents?",
     "SELECT a.name FROM documents JOIN authors a ON a.id = author_id GROUP BY a.id"
     " ORDER BY COUNT(*) DESC LIMIT 1"),
    ("What is the mean grade of the judgements of documents by {author}?",
     "SELECT AVG(grade) FROM judgements JOIN documents d ON d.id = document_id"
     " JOIN authors a ON a.id = d.author_id WHERE a.name = '{author}'"),
    ("How many utterances are in the {domain} domain?",
     "SELECT COUNT(*) FROM utterances JOIN intents i ON i.id = intent_id"
     " JOIN domains d ON d.id = i.domain_id WHERE d.name = '{domain}'"),
    ("List the text of the utterances of {intent} with more than {words} words.",
     "SELECT text FROM utterances JOIN intents i ON i.id = intent_id WHERE i.name = '{intent}'"
     " AND words > {words}"),
    ("Who wrote the document \"{title}\"?",
     "SELECT a.name FROM documents JOIN authors a ON a.id = author_id WHERE title = '{title}'"),
)  # fmt: skip


def questions() -> Row:
    """100 questions in words, each against the rows of a query that a person wrote."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "facts.db"
        build(place)
        asked = Asked(f"sqlite:///{place}", rows=1000, seconds=10)
        gold = sqlite3.connect(place)
        right, total, wrong = 0, 0, []
        for question, statement in filled(gold):
            expected = sorted(map(_plain, gold.execute(statement)))
            hit = asked.top([question], 1)[0]
            got = sorted(map(_plain, hit[0].rows[1:])) if hit else []
            total += 1
            right += expected == got
            if expected != got:
                wrong.append(f"{question}\n   {hit[0].query if hit else 'nothing found'}")
        gold.close()
    print(*wrong, sep="\n", file=sys.stderr)
    return (
        "SQLite of 8 tables",
        f"execution accuracy on {total} template questions",
        f"{right / total:.2f}",
        ".90",
    )


def harmful() -> Row:
    """Statements that write, attach, read files or run away: none may run to its end."""
    path = Path(__file__).with_name("harmful.sql")
    statements = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    with TemporaryDirectory() as folder:
        place = Path(folder) / "facts.db"
        made = sqlite3.connect(place)
        made.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        made.executemany("INSERT INTO t VALUES (?, ?)", [(i, "x" * 50) for i in range(3000)])
        made.commit()
        made.close()
        before, stopped = place.read_bytes(), 0
        database = Database(f"sqlite:///{place}", Limits(1.0, 100))
        for statement in statements:
            try:
                database.run(statement)
                print(f"ran: {statement}", file=sys.stderr)
            except UnderdogError:
                stopped += 1
        unchanged = place.read_bytes() == before and len(list(Path(folder).iterdir())) == 1
    reached = f"{stopped} of {len(statements)}" + ("" if unchanged else ", but the file changed")
    return "the same", "harmful or runaway statements stopped", reached, "40 of 40"


def _plain(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(f"{cell:.9g}" if isinstance(cell, int | float) else str(cell) for cell in row)


def filled(database: sqlite3.Connection, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Questions and statements, `EACH` of a template, with values drawn from the tables."""
    draw = random.Random(seed)

    def names(statement: str) -> list[str]:
        return [row[0] for row in database.execute(statement)]

    pools: dict[str, list[object]] = {
        "domain": names("SELECT name FROM domains"),
        "intent": names("SELECT name FROM intents"),
        "author": names("SELECT a.name FROM authors a JOIN documents d ON a.id = author_id"
                        " JOIN judgements ON d.id = document_id GROUP BY a.id HAVING COUNT(*) > 2"),
        "model": names("SELECT name FROM models"),
        "title": names("SELECT title FROM documents WHERE LENGTH(title) BETWEEN 20 AND 60"
                       " AND title NOT LIKE '%''%'"),
        "share": [0.6, 0.7, 0.8, 0.9],
        "price": [0.001, 0.003, 0.004, 0.006],
        "few": [3, 4, 5, 7],
        "low": [50, 80, 100, 120],
        "high": [150, 200, 250, 300],
        "words": [6, 7, 8, 9],
    }  # fmt: skip
    for question, statement in TEMPLATES:
        for place in range(EACH):
            found = {name: draw.choice(pool) for name, pool in pools.items()}
            most, order = [("highest", "DESC"), ("lowest", "ASC")][place % 2]
            found |= {"most": most, "order": order}
            yield question.format(**found), statement.format(**found)


def build(place: Path) -> None:
    """A database of eight tables, made from CLINC150, Cranfield and the answers of 12 models."""
    database = sqlite3.connect(place)
    database.executescript(TABLES)
    _intents(database)
    _documents(database)
    _models(database)
    database.commit()
    database.close()


def _intents(database: sqlite3.Connection) -> None:
    domains = json.loads((root() / "clinc150/domains.json").read_text("utf-8"))
    ids: dict[str, int] = {}
    for number, (domain, intents) in enumerate(domains.items(), 1):
        database.execute("INSERT INTO domains VALUES (?, ?)", (number, domain.replace("_", " ")))
        for intent in intents:
            ids[intent] = len(ids) + 1
            row = (ids[intent], intent.replace("_", " "), number)
            database.execute("INSERT INTO intents VALUES (?, ?, ?)", row)
    with (root() / "clinc150/clinc150_full.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ids][:6000]
    database.executemany(
        "INSERT INTO utterances VALUES (?, ?, ?, ?)",
        [(i, r["text"], len(r["text"].split()), ids[r["label"]]) for i, r in enumerate(rows, 1)],
    )


def _documents(database: sqlite3.Connection) -> None:
    lines = (root() / "cranfield/corpus.jsonl").read_text("utf-8").splitlines()
    documents = [json.loads(line) for line in lines]
    authors: dict[str, int] = {}
    for one in documents:
        name = one["author"].replace("'", " ") or "anonymous"
        number = authors.setdefault(name, len(authors) + 1)
        title = " ".join(one["title"].strip(" .").split()).replace('"', " ")
        row = (int(one["id"]), title, len(one["text"].split()), number)
        database.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", row)
    database.executemany("INSERT INTO authors VALUES (?, ?)", [(n, a) for a, n in authors.items()])
    with (root() / "cranfield/qrels.csv").open(encoding="utf-8") as file:
        grades = [(int(r["doc_id"]), int(r["relevance_code"])) for r in csv.DictReader(file)]
    database.executemany(
        "INSERT INTO judgements VALUES (?, ?, ?)", [(i, *g) for i, g in enumerate(grades, 1)]
    )


def _models(database: sqlite3.Connection) -> None:
    with (root() / "optllm_overruling/overruling_12llms.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [n.removesuffix("_answer") for n in rows[0] if n.endswith("_answer")]
    for number, name in enumerate(names, 1):
        right = [int(float(r[f"{name}_correct"])) for r in rows]
        costs = [float(r[f"{name}_cost"]) for r in rows]
        n = len(rows)
        facts = (number, name, round(sum(right) / n, 4), round(sum(costs) / n, 6))
        database.execute("INSERT INTO models VALUES (?, ?, ?, ?)", facts)
        database.executemany(
            "INSERT INTO answers (model_id, correct, cost) VALUES (?, ?, ?)",
            [(number, good, cost) for good, cost in zip(right, costs, strict=True)],
        )


ROWS: Mapping[str, Callable[[], Row]] = {"database": questions, "harmful": harmful}
