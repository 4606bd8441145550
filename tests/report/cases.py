"""Results as a study writes them, made by simulated contestants; each case is one kind of task."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from underdog.evaluate.bill import Job, bill

INCUMBENT = "recorded('gpt-4_answer', price='gpt-4_cost')"
SCORES = (
    "accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall",
    "mcc", "auroc", "log_loss", "calibration_error",
)  # fmt: skip
COSTS = ("seconds", "joules", "dollars", "tokens_in", "tokens_out", "calls")


@dataclass(frozen=True)
class Kind:
    """How one simulated contestant does."""

    spec: str
    skill: float
    dollars: float | None = None
    seconds: float | None = None
    sure: bool = True
    abstains: float = 0.0


LINE_UP = (
    Kind("ensemble(linear(), n=5)", 0.905, 0.00031, 6.1e-4),
    Kind("linear()", 0.894, 0.000006, 1.1e-4),
    Kind(INCUMBENT, 0.889, 8.95, 0.84, sure=False, abstains=0.01),
    Kind("sklearn('ensemble.RandomForestClassifier', n_estimators=300, min_samples_leaf=2)", 0.871,
         0.0042, 2.1e-2),
    Kind("bayes()", 0.852, 0.0000041, 9e-5),
    Kind("fewshot(chat('small-model'), k=8)", 0.82, None, 0.31, sure=False, abstains=0.04),
    Kind("majority()", 0.31, 0.0, 2.2e-6),
)  # fmt: skip


def study(
    labels: list[str], line_up: tuple[Kind, ...] = LINE_UP, n: int = 1000, pairs: bool = False
) -> dict[str, Any]:
    """The results of ``line_up`` on ``n`` simulated test texts."""
    rng = np.random.default_rng(7)
    gold = rng.choice(len(labels), n, p=_shares(len(labels)))
    said = {kind.spec: _answers(kind, gold, len(labels), rng) for kind in line_up}
    sure = {kind.spec: _sure(said[kind.spec] == gold, kind, rng) for kind in line_up}
    specs = [kind.spec for kind in line_up]
    incumbent = INCUMBENT if INCUMBENT in specs else specs[0]
    right = {spec: said[spec] == gold for spec in specs}
    made = [
        _contestant(kind, incumbent, labels, gold, said[kind.spec], sure[kind.spec], right, rng)
        for kind in line_up
    ]
    return {
        "title": "tickets.csv",
        "created": "2026-11-21T03:00:00+00:00",
        "command": f'underdog compare tickets.csv "{specs[0]}" --against gpt-4_answer',
        "task": {
            "name": "tickets", "labels": labels, "pairs": pairs, "train": 4000, "test": n,
            "protocol": "one fifth held out, by hash of the text", "seeds": [0, 1],
        },
        "rows": [_row(c, seed) for c in made for seed in (0, 1)],
        "contestants": made,
        "incumbent": incumbent,
        "verdict": {
            "decision": "ship",
            "contestant": specs[0],
            "sentence": f"Ship {specs[0]}: 90.5 % right beside 88.9 %, at a 28,000th of the price.",
            "reasons": ["It is shown not to be worse by more than 1.0 points (p < 0.001).",
                        "It answers 1,000 texts for $0.00031 instead of $8.95."],
            "against": ["The recall of the rarest label rests on few texts.",
                        "Energy is estimated, not measured."],
            "margin": 0.01,
            "deferral": "not yet certified",
        },
        "curve": _curve([kind for kind in line_up if kind.sure and kind.dollars]),
        "disagreements": _disagreements(labels, gold, said, sure, pairs),
        "audit": copy.deepcopy(AUDIT),
        "deferral": None,
        "versions": {"underdog": "0.1.0", "python": "3.11.7", "numpy": "2.3.1"},
        "machine": {"cpu": "AMD EPYC 7B13", "cores": 2, "memory_bytes": 8_345_000_000,
                    "system": "Linux", "dollars_per_hour": 0.1},
    }  # fmt: skip


def tickets() -> dict[str, Any]:
    """Four labels, seven contestants."""
    found = study(["billing", "delivery", "bug", "other"])
    job = Job(40_000, 0.00895, 6.1e-4, 0.10, labels=35.8)
    paid = bill(job)
    return {
        **found,
        "bill": {
            "spec": LINE_UP[0].spec, "volume": job.volume, "source": "as given",
            "job": asdict(job), "large": paid.large, "shares": paid.shares,
            "ways": [asdict(way) for way in paid.ways], "pays": paid.pays,
            "says": ["At 40,000 texts a month it costs $358.00.", "You would save $351.00."],
        },
    }  # fmt: skip


def made() -> dict[str, Any]:
    """An ensemble, a choice and an encoder that tell of themselves; two are missing."""
    results = tickets()
    first, second, _, fourth, *_ = results["contestants"]
    first["facts"] = [
        fact(
            "member",
            "each of 5 members took 1.22 s to fit and about 8.5 J",
            {"seconds": 1.22, "joules": 8.5},
        ),
        fact(
            "growth",
            "one member alone gives 87.1 % right answers, all 5 together 90.5 %",
            [
                {"n": n, "accuracy": 0.905 - 0.05 / n**1.5, "log_loss": 0.3 + 0.1 / n}
                for n in range(1, 6)
            ],
        ),
        fact("diversity", "two members differ on 9.8 % of the texts", {"disagreement": 0.098}),
    ]
    trials = [
        {"recipe": "linear()", "examples": 355, "seconds": 0.4, "score": 0.81, "failure": ""},
        {"recipe": "encoder()", "examples": 355, "seconds": 9.1, "score": 0.84, "failure": ""},
        {
            "recipe": "bilstm()",
            "examples": 355,
            "seconds": 0.0,
            "score": None,
            "failure": "passed over: about 2 min needed, 40 s left",
        },
    ]
    second["facts"] = [
        fact(
            "choice",
            "chose linear(): linear() gave 89.1 % of 640 held-out answers right",
            "linear()",
        ),
        fact("trials", "3 trials", trials),
    ]
    fourth["facts"] = [fact("windows", "12 of 1,000 texts take several windows of 256 tokens", 12)]
    late = {"why": "about 12 min needed, 2 min 40 s left", "remedy": "--budget 20m"}
    results["absent"] = [
        {"spec": "encoder()"} | late,
        {"spec": "ensemble(linear(), n=5)", "part": "learning curve"} | late,
        {"spec": "frozen()", "why": "not installed", "remedy": "pip install 'underdog[offline]'"},
    ]
    results["budget"] = {"seconds": 300.0, "tolerance": 30.0, "spent": 207.4}
    return results


def fact(name: str, says: str, data: Any) -> dict[str, Any]:
    return {"name": name, "says": says, "data": data}


def intents() -> dict[str, Any]:
    """77 labels with long names."""
    parts = ["card", "transfer", "top_up", "cash_withdrawal", "exchange_rate", "identity", "refund"]
    ends = ["not_working", "pending", "charged_twice", "declined", "how_to", "fee", "limit", "lost",
            "why_was_it_reverted", "wrong_amount_received", "country_support"]  # fmt: skip
    return study([f"{a}_{b}" for a in parts for b in ends], n=3080)


def pairs() -> dict[str, Any]:
    """Two labels over pairs of texts, with deferral curves."""
    results = study(["entailment", "no entailment"], pairs=True)
    results["verdict"] |= {
        "decision": "ship with deferral",
        "deferral": "certified at 60 % coverage",
        "sentence": "Ship linear() for 60 % of the texts, and ask the large model about the rest.",
    }  # fmt: skip
    results["deferral"] = [
        {"spec": "frugal(linear(), chat('large'), risk=0.02)",
         "points": [{"coverage": c, "dollars_per_1000": 9 * (1 - c) + 0.01,
                     "accuracy": 0.93 - 0.06 * c**3, "certified": c < 0.6}
                    for c in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]},
    ]  # fmt: skip
    return results


def alone() -> dict[str, Any]:
    """One contestant, which is its own incumbent."""
    results = study(["yes", "no"], line_up=LINE_UP[1:2])
    results["verdict"] |= {
        "decision": "not enough evidence", "contestant": None, "margin": None,
        "sentence": "No small model was in the race.", "reasons": [], "against": [],
    }  # fmt: skip
    return results | {"disagreements": []}


def unknown() -> dict[str, Any]:
    """Every number that a study can fail to know is null."""
    results = _nulled(tickets())
    results["incumbent"] = INCUMBENT
    return results


def hostile() -> dict[str, Any]:
    """Markup, scripts, direction marks, control characters and lone surrogates as data."""
    evil = [
        "</script><script>document.title='owned'</script>",
        '"><img src=x onerror="document.title=\'owned\'">',
        "<!--", "]]>", "{{ 7*7 }}", "\u202egnol\u202c \u0627\u0644\u0633\u0644\u0627\u0645",
        "\x00\x1b[31m\ud800 \u2028 😀👩\u200d👩\u200d👧", "a|b`c*d_e @everyone https://evil.example/",
    ]  # fmt: skip
    results = study(evil)
    nasty = evil[0] + evil[1]
    results["title"] = results["task"]["protocol"] = results["machine"]["cpu"] = nasty
    results["command"] = f"underdog compare {nasty}"
    results["verdict"] |= {"sentence": nasty, "reasons": [nasty], "against": [nasty]}
    results["versions"][nasty] = nasty
    for i, item in enumerate(results["disagreements"]):
        item["text"] = evil[i % len(evil)] + " " + "very long " * (30_000 if i == 0 else i)
    results["audit"]["findings"][0] |= {"sentence": nasty, "examples": evil}
    results["absent"] = [{"spec": nasty, "why": nasty, "remedy": nasty}]
    results["contestants"][0]["facts"] = [fact("choice", nasty, nasty), fact("trials", nasty, [])]
    return _renamed(results, "linear()", f"recorded({nasty!r})")


AUDIT: dict[str, Any] = {
    "examples": 5000,
    "ceiling": 0.986,
    "findings": [
        {"kind": "conflicting labels", "severity": "serious", "count": 70,
         "sentence": "70 texts carry more than one label.",
         "examples": [["where is my parcel", "delivery", "other"], ["refund please", "billing"]]},
        {"kind": "near duplicates", "severity": "warning", "count": 121,
         "sentence": "121 texts differ from another one only in a few characters.",
         "examples": [{"text": "my card was charged twice", "rows": [12, 907]}]},
        {"kind": "class imbalance", "severity": "note", "count": 1,
         "sentence": "The commonest label has 48 % of the examples.", "examples": []},
    ],
}  # fmt: skip


def _shares(k: int) -> np.ndarray:
    weights = 1 / np.arange(1, k + 1) ** 0.6
    return weights / weights.sum()


def _answers(kind: Kind, gold: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    if kind.spec == "majority()":
        return np.zeros_like(gold)
    wrong = rng.random(len(gold)) > kind.skill
    near = np.where(rng.random(len(gold)) < 0.5, (gold + 1) % k, rng.integers(0, k, len(gold)))
    said = np.where(wrong, near, gold)
    return np.where(rng.random(len(gold)) < kind.abstains, -1, said)


def _sure(right: np.ndarray, kind: Kind, rng: np.random.Generator) -> np.ndarray | None:
    return np.clip(rng.beta(2 + 5 * right, 2), 0.26, 1) if kind.sure else None


def _contestant(kind, incumbent, labels, gold, said, sure, right, rng) -> dict[str, Any]:
    hits, k = right[kind.spec], len(labels)
    accuracy = float(hits.mean())
    scores = {name: accuracy - 0.004 * i for i, name in enumerate(SCORES[:6])}
    scores |= {"auroc": 0.97, "log_loss": 0.31, "calibration_error": 0.032}
    if not kind.sure:
        scores |= dict.fromkeys(SCORES[6:])
    half = 1.96 * (accuracy * (1 - accuracy) / len(gold)) ** 0.5
    spread = {name: [x - half, x + half] for name, x in scores.items() if x is not None}
    samples = rng.lognormal(np.log(kind.seconds), 0.25, 200) if kind.seconds else None
    recall = {labels[j]: float(hits[gold == j].mean()) if (gold == j).any() else None
              for j in range(k)}  # fmt: skip
    counts = np.zeros((k, k + 1), dtype=int)
    np.add.at(counts, (gold, np.where(said < 0, k, said)), 1)
    return {
        "spec": kind.spec, "incumbent": kind.spec == incumbent, "seeds": 2,
        "scores": scores, "intervals": spread,
        "latency": None if samples is None else {
            f"p{p}": float(np.percentile(samples, p)) for p in (50, 95, 99)},
        "latency_samples": [] if samples is None else samples.tolist(),
        "throughput": {"texts_per_second": 21_400.0, "tokens_per_second": None},
        "peak_memory_bytes": 312_000_000,
        "fit": dict(zip(COSTS, (3.2, 40.0, 0.0001, 0, 0, 0), strict=True)),
        "dollars_per_1000": kind.dollars,
        "dollars_per_million_tokens": kind.dollars and 20 * kind.dollars,
        "joules_per_1000": {"value": kind.seconds and 2e4 * kind.seconds, "low": 1e-3, "high": 9.0,
                            "method": "estimated (processor time × 10 W)"},
        "versus": None if kind.spec == incumbent else _versus(
            hits, right[incumbent], gold, labels),
        "break_even": None if kind.spec == incumbent else {
            "answers": 451, "sentence": "pays for itself after 451 answers"},
        "confusion": {"labels": labels, "columns": [*labels, ""], "counts": counts.tolist()},
        "reliability": None if sure is None else _reliability(sure, hits),
        "risk_coverage": None if sure is None else _risk_coverage(sure, hits),
        "recall": recall,
    }  # fmt: skip


def _versus(ours, theirs, gold, labels) -> dict[str, Any]:
    difference = ours.astype(float) - theirs
    half = 1.96 * float(difference.std()) / len(gold) ** 0.5
    mean = float(difference.mean())
    falls = {label: float(difference[gold == j].mean()) if (gold == j).any() else None
             for j, label in enumerate(labels)}  # fmt: skip
    return {"difference": mean, "low": mean - half, "high": mean + half, "mcnemar_p": 0.0312,
            "holm_p": 0.09, "noninferior": mean - half > -0.01, "noninferior_p": 0.00002,
            "wins": int((difference > 0).sum()), "losses": int((difference < 0).sum()),
            "recall_differences": falls}  # fmt: skip


def _reliability(sure: np.ndarray, hits: np.ndarray) -> list[dict[str, Any]]:
    bins = []
    for low in np.arange(10) / 10:
        within = (sure > low) & (sure <= low + 0.1)
        some = bool(within.any())
        bins.append({"low": float(low), "high": float(low + 0.1), "count": int(within.sum()),
                     "confidence": float(sure[within].mean()) if some else None,
                     "accuracy": float(hits[within].mean()) if some else None})  # fmt: skip
    return bins


def _risk_coverage(sure: np.ndarray, hits: np.ndarray) -> list[dict[str, Any]]:
    ordered = hits[np.argsort(-sure)]
    shares = np.arange(1, 21) / 20
    return [{"coverage": float(c), "accuracy": float(ordered[: int(c * len(hits))].mean())}
            for c in shares]  # fmt: skip


def _curve(learners: list[Kind]) -> dict[str, Any]:
    points = [
        {"spec": kind.spec, "examples": int(4000 * share), "share": share,
         "accuracy": kind.skill - 0.05 * (1 / share - 1) ** 0.6 / 2,
         "low": kind.skill - 0.05 * (1 / share - 1) ** 0.6 / 2 - 0.02,
         "high": kind.skill - 0.05 * (1 / share - 1) ** 0.6 / 2 + 0.02}
        for kind in learners for share in (0.125, 0.25, 0.5, 1.0)
    ]  # fmt: skip
    forecast = {"spec": "linear()", "target": 0.93, "needed": 12000, "low": 8000, "high": None,
                "sentence": "linear() would need about 12,000 labels to reach 93.0 %."}  # fmt: skip
    return {"points": points, "forecast": forecast}


def _disagreements(labels, gold, said, sure, pairs) -> list[dict[str, Any]]:
    names = [*labels, ""]
    found = []
    for i in np.flatnonzero(np.ptp(np.stack(list(said.values())), axis=0) > 0)[:50].tolist():
        text = f"Ticket {i}: the parcel has not come, and I was charged twice for it."
        found.append({
            "text": [text, "The customer wants money back."] if pairs else text,
            "gold": labels[gold[i]],
            "answers": {spec: names[column[i]] for spec, column in said.items()},
            "confidence": {spec: None if s is None else float(s[i]) for spec, s in sure.items()},
        })  # fmt: skip
    return found


def _row(contestant: dict[str, Any], seed: int) -> dict[str, Any]:
    calls = 1000 * contestant["spec"].startswith(("recorded(", "fewshot("))
    answer = dict(
        zip(COSTS, (0.2, None, contestant["dollars_per_1000"], 51_234, 0, calls), strict=True)
    )
    same = ("spec", "scores", "intervals", "recall", "fit", "latency", "throughput",
            "peak_memory_bytes")  # fmt: skip
    return {key: contestant[key] for key in same} | {"seed": seed, "answer": answer, "abstained": 9}


def _nulled(value: Any) -> Any:
    """``value`` with every number and every list of measurements turned into null."""
    if isinstance(value, dict):
        keep = {"confusion", "labels", "seeds", "findings"}
        return {key: x if key in keep else _nulled(x) for key, x in value.items()}
    if isinstance(value, list):
        return [_nulled(x) for x in value] if value and isinstance(value[0], dict) else None
    return value if isinstance(value, str) else None


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {(new if key == old else key): _renamed(x, old, new) for key, x in value.items()}
    if isinstance(value, list):
        return [_renamed(x, old, new) for x in value]
    return new if isinstance(value, str) and value == old else value


CASES = {
    "tickets": tickets, "intents": intents, "pairs": pairs, "alone": alone, "unknown": unknown,
    "hostile": hostile, "made": made,
}  # fmt: skip
