"""From completions to labels: how a model that writes becomes a model that classifies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np

from ..core.answer import Answers
from ..core.cost import Ledger
from ..core.data import Dataset, Task, Text
from ..core.errors import UnderdogError
from ..core.given import Data, dataset
from ..core.protocols import Chooser, Decider, Indexer, Learner, Model, Scorer, pinned
from ..core.reading import read_answers
from ..core.task import require_kind
from ..runtime.registry import register, spec
from ..runtime.schema import Number
from .demonstrations import (
    Choosing,
    Lexical,
    Pick,
    Picker,
    Retrieved,
    Shot,
    drawn,
    require_way,
)
from .forms import OBSERVED, STATED, filled, require_form, shown, surest

SHOWN = 8000
"""Characters that all demonstrations together may take, so that they never crowd out the text."""

POOL = 4000
"""Examples, at most, among which demonstrations are chosen: evenly over the labels."""

ASKED = "Which of the labels below fits the text?"
ASKED_OF_PAIRS = "Which of the labels below fits the two texts?"
ASKED_FOR_TEXT = "Answer the question in few words."


@register("prompted")
@dataclass(frozen=True)
class Prompted:
    """Puts the question of ``task`` to ``model`` in words, and reads a label from what it writes.

    Where answers are texts of their own, what is written is the answer.

    ``shots`` are shown first, as texts already labelled. A `Decider` is given the text and the
    question apart, and no prompt. A `Scorer` writes nothing: the answer is the label that it was
    likeliest to write, and ``prior``, the log-probability of each label after a prompt without
    content, is taken off first; empty takes nothing off. A ``form`` such as 'Review: {text} This is
    {label}.' stands in the place of the question, as it is. A `Chooser` is told the labels, and its
    answers carry probabilities where it knows them; of any other model the label is read from the
    completion (`underdog.core.reading`). A completion that gives no label, or leaves open which, is
    an abstention. Does not ask a second time.
    """

    model: Model
    task: Task
    shots: tuple[Shot, ...] = ()
    prior: tuple[float, ...] = ()
    form: str = ""

    def __post_init__(self) -> None:
        require_form(self.form)

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A label for each text, or an abstention where the reply names none."""
        if isinstance(self.model, Decider):
            return self.model.decide(texts, self.question())
        said = _asked(self.model, self.task, [self.prompt(text) for text in texts], self.prior)
        return _ended(said, self.task, self.shots)

    def completions(self, texts: Sequence[Text]) -> tuple[str, ...]:
        """What the model writes about each text, unread: to see why it abstains."""
        if isinstance(self.model, Decider):  # it writes nothing
            return self.model.decide(texts, self.question()).values
        return self.model.answer([self.prompt(text) for text in texts]).values

    def question(self) -> Task:
        """The task as a `Decider` is given it: the demonstrations are part of the instruction."""
        if not self.shots:
            return self.task
        examples = "\n\n".join(f"{shown(shot)}\nLabel: {label}" for shot, label in self.shots)
        asked = self.task.instruction or ASKED.replace("labels below", "labels")
        return replace(self.task, instruction=f"{asked}\n\nExamples:\n\n{examples}")

    def prompt(self, text: Text) -> str:
        """The words in which the model is asked about ``text``."""
        if self.task.kind == "text":
            before = "".join(f"{shown(shot)}\nAnswer: {said}\n\n" for shot, said in self.shots)
            return f"{self.task.instruction or ASKED_FOR_TEXT}\n\n{before}{shown(text)}\nAnswer:"
        if self.form:
            begun = [self.task.instruction] if self.task.instruction else []
            begun += [filled(self.form, shot, label) for shot, label in self.shots]
            return "\n\n".join([*begun, filled(self.form, text)])
        question = self.task.instruction or (ASKED if isinstance(text, str) else ASKED_OF_PAIRS)
        means = dict(self.task.descriptions)
        labels = "\n".join(
            f"- {label}: {means[label]}" if means.get(label) else f"- {label}"
            for label in self.task.labels
        )
        rule = "Answer with one of these labels, spelled as it is here, and nothing else:"
        before = "".join(f"{shown(shot)}\nLabel: {label}\n\n" for shot, label in self.shots)
        return f"{question}\n{rule}\n{labels}\n\n{before}{shown(text)}\nLabel:"


def _asked(
    model: Model, task: Task, prompts: Sequence[str], prior: Sequence[float] = ()
) -> Answers:
    """A label for each prompt: the likeliest one, the one chosen, or the one read."""
    if task.kind == "text":
        return read_answers(model.answer(prompts), task)
    if isinstance(model, Scorer):
        from scipy.special import softmax

        logprobs, costs = model.score(prompts, task.labels)
        probs = softmax(logprobs - np.array(prior or 0.0), axis=1)
        return Answers.likeliest(task.labels, probs, costs, spec(model))
    if isinstance(model, Chooser):
        return model.choose(prompts, task.labels)
    written = model.answer(prompts)
    return read_answers(replace(written, labels=(), probs=None), task)


def _ended(said: Answers, task: Task, shots: Sequence[Shot]) -> Answers:
    """Written answers without what follows a blank line, if no answer that was shown has one."""
    if task.kind != "text" or not shots or any("\n\n" in shown for _, shown in shots):
        return said
    return replace(said, values=tuple([one.strip().split("\n\n")[0] for one in said.values]))


@register("fewshot.model", holds={"k": Number(1, 10_000)})
@dataclass(frozen=True)
class Demonstrated:
    """Asks as `Prompted` does, with ``k`` of ``shots`` that ``picker`` chooses for each text."""

    model: Model
    task: Task
    shots: tuple[Shot, ...]
    picker: Picker
    k: int
    prior: tuple[float, ...] = ()
    form: str = ""
    _pick: Pick = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_form(self.form)
        object.__setattr__(self, "_pick", self.picker.over(self.shots))

    def answer(self, texts: Sequence[Text]) -> Answers:
        """A label for each text, or an abstention where the reply names none."""
        with Ledger() as spent:
            asked = self.prompted(texts)
        if isinstance(self.model, Decider) and texts:
            parts = [one.answer([text]) for one, text in zip(asked, texts, strict=True)]
            said = Answers.join(parts)
        else:
            prompts = [one.prompt(text) for one, text in zip(asked, texts, strict=True)]
            said = _asked(self.model, self.task, prompts, self.prior)
            said = _ended(said, self.task, self.shots)
        return replace(said, costs=said.costs + spent.total.row() / max(1, len(texts)))

    def prompted(self, texts: Sequence[Text], apart: bool = False) -> list[Prompted]:
        """How each text is asked about; ``apart`` shows no text as a demonstration of itself."""
        rows = self._pick(texts, self.k + apart).tolist()
        return [
            Prompted(
                self.model, self.task, tuple(self._some(row, text, apart)), self.prior, self.form
            )
            for row, text in zip(rows, texts, strict=True)
        ]

    def _some(self, rows: Sequence[int], text: Text, apart: bool) -> list[Shot]:
        some = [self.shots[i] for i in rows]
        return [shot for shot in some if not apart or shot[0] != text][-self.k :]


@register("fewshot", sample="fewshot(scripted([['a', 'a']]), k=2)", holds={"k": Number(0, 10_000)})
@dataclass(frozen=True)
class FewShot:
    """Asks ``model``, a large language model as a rule, with ``k`` demonstrations; 0 is zero-shot.

    The demonstrations are drawn from the training data evenly over the labels, by ``seed`` and
    text alone, so that the order of a file does not matter. Long ones are cut: together they take
    `SHOWN` characters at most. ``instruction`` replaces the task's own words. Trains nothing.
    (Brown et al., NeurIPS 2020.)

    ``choose`` says which of up to `POOL` examples are shown with a text: the same ``random`` ones
    with all, those ``nearest`` to it, those ``covering`` its words (`Lexical`), those that a
    retriever such as ``bm25()`` finds, or what ``trained(llama('smollm2'))`` has learned to show.

    Where the model gives the likelihood of every label, such as `llama('smollm2')`, the answers are
    ``calibrated``: what each label owes to the prompt alone is taken off. It is measured on up to
    `OBSERVED` further texts, drawn evenly over the labels (as batch calibration does, Zhou et al.,
    ICLR 2024); with more labels, or fewer than `FEW` texts, on prompts whose text is void
    (contextual calibration, Zhao et al., ICML 2021).

    ``form`` shows a text and its label in words of your own, 'Review: {text} Sentiment: {label}'.
    Without one, a model that continues a text as it stands, such as `llama('gemma3', chat=False)`,
    is asked in the way in which the further texts get their labels more surely: the question, or
    `STATED`.
    """

    model: Model
    k: int = 8
    instruction: str = ""
    calibrated: bool = True
    choose: str | Choosing | Indexer = "random"
    form: str = ""

    def __post_init__(self) -> None:
        require_way(self.choose)
        require_form(self.form)

    def fit(self, data: Data, seed: int = 0) -> Model:
        """A `Prompted` model with ``k`` examples drawn by the random ``seed``; where they are
        chosen for each text, a `Demonstrated` one.

        Raises `UnderdogError` if there are no labels.
        """
        data = dataset(data)
        require_kind(data.task, "fewshot", "label", "text")
        if not data.task.labels and data.task.kind == "label":
            raise UnderdogError("there are no labels to choose from", "name them: --labels a,b,c")
        task = data.task
        if self.instruction:
            task = replace(task, instruction=self.instruction)
        examples = drawn(data, seed)
        if self.choose != "random" and self.k:
            return self._chosen(data, task, list(islice(examples, POOL)), seed)
        shots = [(_cut(t, self.k), y) for t, y in islice(examples, max(0, self.k))]
        asked = Prompted(pinned(self.model), task, tuple(shots), form=self.form)
        if not (isinstance(asked.model, Scorer) and self._weighed(task)):
            return asked
        further = list(islice(examples, OBSERVED))

        def prompts(form: str, texts: Sequence[Text]) -> list[str]:
            return [replace(asked, form=form).prompt(text) for text in texts]

        form, prior = surest(asked.model, task, further, data.texts, self._forms(task), prompts)
        return replace(asked, form=form, prior=prior)

    def _weighed(self, task: Task) -> bool:
        """Whether what a label owes to the prompt is measured, and taken off."""
        return self.calibrated and task.kind == "label"

    def _chosen(self, data: Dataset, task: Task, some: Sequence[Shot], seed: int) -> Model:
        """A model that chooses demonstrations for each text among ``some``."""
        shots = tuple([(_cut(text, self.k), label) for text, label in some])
        if not shots:
            return Prompted(pinned(self.model), task)
        way = self.choose
        if isinstance(way, str):
            picker: Picker = Lexical(way)
        elif isinstance(way, Choosing):
            picker = way.picker(shots, task, seed)
        else:
            picker = Retrieved.of(way, shots)
        asked = Demonstrated(pinned(self.model), task, shots, picker, self.k, form=self.form)
        if not (isinstance(asked.model, Scorer) and self._weighed(task)):
            return asked

        def prompts(form: str, texts: Sequence[Text]) -> list[str]:
            ways = replace(asked, form=form).prompted(texts, apart=True)
            return [one.prompt(text) for one, text in zip(ways, texts, strict=True)]

        form, prior = surest(
            asked.model, task, shots[:OBSERVED], data.texts, self._forms(task), prompts
        )
        return replace(asked, form=form, prior=prior)

    def _forms(self, task: Task) -> tuple[str, ...]:
        """The forms to choose from: the one that was told, or those that fit model and task."""
        continues = getattr(self.model, "chat", True) is False
        if self.form or not (continues and self.k) or task.descriptions:
            return (self.form,)
        return ("", STATED)


def labelling(thing: Learner | Model) -> Learner | Model:
    """``thing``, or, if it is a bare model that writes or decides, that model asked for labels."""
    if isinstance(thing, Model) and isinstance(thing, Chooser | Decider | Scorer):
        return FewShot(thing, k=0)
    return thing


def _cut(text: Text, k: int) -> Text:
    most = SHOWN // k
    if isinstance(text, str):
        return text if len(text) <= most else f"{text[: most - 1]}…"
    first, second = (_cut(part, 2 * k) for part in text)
    return str(first), str(second)
