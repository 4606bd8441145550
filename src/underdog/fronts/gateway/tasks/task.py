"""One task: what it is, what was heard and answered, its state, and what its owner decided."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from hashlib import blake2b
from typing import Any

from ....runtime.persist import packed, unpacked
from ....teach.online.stream import Stream
from ..clock import clock
from ..ledger.store import Row
from ..served.batches import Batches
from .identity import Part
from .learner import Choice, Learner, fresh
from .repeats import Repeats
from .templates import Template

COMPARED = 50
"""Texts that are compared silently before a small model answers any."""

LENIENT = 2.0
"""The comparison stops what is broken; the guarantee itself rests on audits. So a small model
starts unless it differed on more than this many times the share that is allowed."""

CANARY = 0.1
"""The share of the texts a small model may answer that it does answer in the mode canary."""

FOREIGN = 5
"""Replies of another resolved model in a row that void a certificate."""

STATES = ("learning", "shadow", "canary", "serving")


@dataclass
class Policy:
    """What a person decided: ``state`` is on, off (not learned) or pinned (never answered).

    ``never`` lists labels that are never given locally. It was decided ``at`` (seconds since 1970).
    """

    state: str = "on"
    name: str = ""
    never: tuple[str, ...] = ()
    at: float = 0.0


@dataclass
class Counts:
    """What happened since the task was found; ``compared`` and ``differed`` since the last fit.

    ``repeated``: texts that the upstream was asked again; ``same``: where it said the same again.
    Both are counted again from zero when another model answers.
    """

    heard: int = 0
    local: int = 0
    audited: int = 0
    agreed: int = 0
    compared: int = 0
    differed: int = 0
    saved: float = 0.0
    paid: float = 0.0
    fits: int = 0
    training_seconds: float = 0.0
    repeated: int = 0
    same: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass
class TaskState:
    """One task of the traffic.

    ``about`` is what is asked, for people. ``options`` are the replies that the request allows,
    if it says so. ``resolved`` is the model that answers, ``spellings`` how it writes each label,
    ``price`` what one of its answers costs in dollars, on average. Examples from before ``since``
    (seconds since 1970) belong to a term that is over.
    """

    id: str
    family: str
    tenant: str
    about: Mapping[str, Any]
    template: Template
    learner: Learner
    options: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    counts: Counts = field(default_factory=Counts)
    resolved: str = ""
    spellings: dict[str, Counter[str]] = field(default_factory=dict)
    price: float = 0.0
    since: float = 0.0
    problem: str = ""
    dirty: bool = True
    fitting: bool = False

    def __post_init__(self) -> None:
        self.latest: deque[dict[str, str]] = deque(maxlen=20)
        self.repeats = Repeats()
        self._batches: tuple[Batches, Batches] | None = None
        self._of: Any = None
        self._foreign: Counter[str] = Counter()

    @classmethod
    def found(
        cls, part: Part, template: Template, labels: tuple[str, ...], rules: Any
    ) -> TaskState:
        """A new task; ``labels`` are what its replies may be."""
        seed = f"{part.family}\0{template.prefix}\0{template.suffix}".encode("utf-8", "replace")
        name = blake2b(seed, digest_size=6).hexdigest()
        learner = Learner(fresh(name, labels, rules))
        return cls(name, part.family, "", part.about, template, learner, part.options)

    @property
    def name(self) -> str:
        """The name that a person gave, else the question's own, else the identity."""
        return self.policy.name or str(self.about.get("name") or "") or self.id

    @property
    def batches(self) -> tuple[Batches, Batches] | None:
        """The queues of the small model and of the one that watches; None before the first fit."""
        models = self.learner.models
        if models is None:
            return None
        if self._batches is None or self._of is not models[0]:
            first = Batches(models[0])
            second = first if models[1] is models[0] else Batches(models[1])
            self._batches, self._of = (first, second), models[0]
        return self._batches

    @property
    def quick(self) -> bool:
        """Whether its models, if there are any, answer one text within microseconds."""
        return all(queue.quick for queue in self.batches or ())

    def state(self, mode: str, risk: float) -> str:
        """One of `STATES`, as far as ``mode`` and the comparison so far allow."""
        if self.learner.models is None:
            return "learning"
        if mode in ("observe", "shadow") or not self.proven(risk) or self.policy.state != "on":
            return "shadow"
        return "canary" if mode == "canary" else "serving"

    def proven(self, risk: float) -> bool:
        """Whether its small model was compared long enough, and did not differ too often."""
        counts = self.counts
        enough = counts.compared >= COMPARED
        return enough and counts.differed <= LENIENT * risk * counts.compared

    def compare_again(self) -> None:
        """Compare silently from now on: the small model is a first one, or of another kind."""
        self.counts.compared = self.counts.differed = 0

    def share(self, mode: str, risk: float) -> float:
        """The share of the texts it is able to answer that the small model may answer now."""
        state = self.state(mode, risk)
        return {"serving": 1.0, "canary": CANARY}.get(state, 0.0)

    def allows(self, choice: Choice) -> bool:
        """Whether the label that the small model chose may be given locally at all."""
        return not self.policy.never or self.learner.labels[choice.said] not in self.policy.never

    def note_model(self, resolved: str) -> bool:
        """Note which model replied; True if the upstream's model has changed under its name."""
        if not resolved or resolved == self.resolved:
            self._foreign.clear()
            return False
        if not self.resolved:
            self.resolved, self.dirty = resolved, True
            return False
        self._foreign[resolved] += 1
        if self._foreign[resolved] < FOREIGN:
            return False
        self.resolved, self.dirty = resolved, True
        self._foreign.clear()
        return True

    def spelling(self, label: str) -> str:
        """How the upstream writes ``label`` most often."""
        found = self.spellings.get(label)
        return found.most_common(1)[0][0] if found else label

    def spell(self, label: str, wrote: str) -> None:
        """Note how the upstream wrote ``label``."""
        counts = self.spellings.setdefault(label, Counter())
        if wrote in counts or len(counts) < 8:
            counts[wrote] += 1

    def row(self) -> Row:
        """The task as a row of the database."""
        about = {
            "about": dict(self.about),
            "template": asdict(self.template),
            "options": self.options,
            "family": self.family,
            "counts": asdict(self.counts),
            "spellings": {k: dict(v) for k, v in self.spellings.items()},
            "price": self.price,
            "since": self.since,
        }
        with self.learner.lock:
            stream = packed(self.learner.stream)
        return (
            self.id, clock.now(), self.tenant, self.about.get("dialect", ""), json.dumps(about),
            "kept", self.policy.name, json.dumps(asdict(self.policy)), self.resolved, stream,
        )  # fmt: skip

    @classmethod
    def of(cls, row: Row) -> TaskState:
        """The task that `row` was written from; of any other row, some exception."""
        name, _, tenant, _, about, _, _, policy, resolved, stream = row
        told, decided = json.loads(about), json.loads(policy)
        if not isinstance(stream, bytes | memoryview):
            raise ValueError("the stream of a task is not bytes")
        kept = unpacked(bytes(stream))
        if not isinstance(kept, Stream):
            raise ValueError("what is kept of a task is no stream")
        found = cls(
            name,
            told["family"],
            tenant,
            told["about"],
            Template(**told["template"]),
            Learner(kept),
            tuple(told["options"]),
            Policy(**decided | {"never": tuple(decided["never"])}),
            Counts(**told["counts"]),
            resolved or "",
            {k: Counter(v) for k, v in told["spellings"].items()},
            told["price"],
            told["since"],
        )
        found.dirty = False
        return found
