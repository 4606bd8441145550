"""Could a small model do this job, and if only for part of it, for which part?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what type checkers and editors see; at run time names are imported when used
    from .combine.advised import Advised as Advised
    from .combine.aligner import Aligner as Aligner
    from .combine.cascade import Agreed as Agreed
    from .combine.cascade import Cascade as Cascade
    from .combine.cascade import Verified as Verified
    from .combine.ensemble import Ensemble as Ensemble
    from .combine.ensemble import EnsembleOf as EnsembleOf
    from .combine.grounding.compressed import Compressed as Compressed
    from .combine.grounding.knowledge import Knowledge as Knowledge
    from .combine.grounding.recipe import Grounded as Grounded
    from .combine.prompted import FewShot as FewShot
    from .combine.prompted import Prompted as Prompted
    from .combine.router import Router as Router
    from .core.answer import Answer as Answer
    from .core.answer import Answers as Answers
    from .core.cost import Cost as Cost
    from .core.cost import Ledger as Ledger
    from .core.cost import charge as charge
    from .core.data import Dataset as Dataset
    from .core.data import Task as Task
    from .core.errors import UnderdogError as UnderdogError
    from .core.protocols import Learner as Learner
    from .core.protocols import Model as Model
    from .core.protocols import Retriever as Retriever
    from .data.read import read as read
    from .data.tables.encoded import SheetText as SheetText
    from .data.tables.encoded import sheet as sheet
    from .evaluate.audit import audit as audit
    from .evaluate.explanation import explain as explain
    from .evaluate.recovered import recovered as recovered
    from .fronts.curating import curate as curate
    from .fronts.estimator import Estimator as Estimator
    from .fronts.searching import index as index
    from .fronts.searching import search as search
    from .models.baselines import Majority as Majority
    from .models.bilstm import BiLSTM as BiLSTM
    from .models.boosted import Boosted as Boosted
    from .models.chat import Chat as Chat
    from .models.decide import Decide as Decide
    from .models.glassbox import Glassbox as Glassbox
    from .models.language.llama import Llama as Llama
    from .models.linear.recipe import Bayes as Bayes
    from .models.linear.recipe import Linear as Linear
    from .models.linear.ridge import Ridge as Ridge
    from .models.linear.sklearn import Sklearn as Sklearn
    from .models.recorded import Recorded as Recorded
    from .models.seq2seq import Seq2Seq as Seq2Seq
    from .models.static import Static as Static
    from .models.transformers.contrastive import Contrastive as Contrastive
    from .models.transformers.encoder import Encoder as Encoder
    from .models.transformers.frozen import Frozen as Frozen
    from .runtime.persist import load as load
    from .runtime.persist import save as save
    from .runtime.registry import build as build
    from .runtime.registry import register as register
    from .runtime.registry import spec as spec
    from .study import Study as Study
    from .study import compare as compare
    from .study.judging import Judgement as Judgement
    from .study.judging import judge as judge
    from .study.labels.plan import plan as plan
    from .teach.auto import Auto as Auto
    from .teach.calibrated import Calibrated as Calibrated
    from .teach.confident import Confident as Confident
    from .teach.decomposing.recipe import Decomposed as Decomposed
    from .teach.deferral.certificate import Certificate as Certificate
    from .teach.deferral.certify import certify as certify
    from .teach.deferral.frugal import Frugal as Frugal
    from .teach.detect import Detector as Detector
    from .teach.distil.recipe import Distil as Distil
    from .teach.distil.repair import Repaired as Repaired
    from .teach.foresight import foresee as foresee
    from .teach.label.labelling import label as label
    from .teach.online.recipe import Online as Online
    from .teach.questions import Questions as Questions
    from .teach.refining.recipe import Refined as Refined
    from .teach.route import Route as Route
    from .teach.synthesis.recipe import Augmented as Augmented
    from .teach.synthesis.writing import synthesise as synthesise
    from .teach.weak_to_strong.cosupervision import Cosupervised as Cosupervised
    from .teach.weak_to_strong.recipe import WeakToStrong as WeakToStrong

__version__ = "0.1.0"

_PUBLIC = {
    "Answer": "underdog.core.answer",
    "Answers": "underdog.core.answer",
    "Cost": "underdog.core.cost",
    "Ledger": "underdog.core.cost",
    "charge": "underdog.core.cost",
    "Dataset": "underdog.core.data",
    "Task": "underdog.core.data",
    "UnderdogError": "underdog.core.errors",
    "Learner": "underdog.core.protocols",
    "Model": "underdog.core.protocols",
    "Retriever": "underdog.core.protocols",
    "index": "underdog.fronts.searching",
    "search": "underdog.fronts.searching",
    "register": "underdog.runtime.registry",
    "build": "underdog.runtime.registry",
    "spec": "underdog.runtime.registry",
    "save": "underdog.runtime.persist",
    "load": "underdog.runtime.persist",
    "read": "underdog.data.read",
    "SheetText": "underdog.data.tables.encoded",
    "sheet": "underdog.data.tables.encoded",
    "compare": "underdog.study",
    "audit": "underdog.evaluate.audit",
    "curate": "underdog.fronts.curating",
    "explain": "underdog.evaluate.explanation",
    "plan": "underdog.study.labels.plan",
    "Study": "underdog.study",
    "judge": "underdog.study.judging",
    "Judgement": "underdog.study.judging",
    "Majority": "underdog.models.baselines",
    "Linear": "underdog.models.linear.recipe",
    "Bayes": "underdog.models.linear.recipe",
    "Recorded": "underdog.models.recorded",
    "Static": "underdog.models.static",
    "Contrastive": "underdog.models.transformers.contrastive",
    "BiLSTM": "underdog.models.bilstm",
    "Encoder": "underdog.models.transformers.encoder",
    "Seq2Seq": "underdog.models.seq2seq",
    "Boosted": "underdog.models.boosted",
    "Glassbox": "underdog.models.glassbox",
    "Frozen": "underdog.models.transformers.frozen",
    "Ridge": "underdog.models.linear.ridge",
    "Sklearn": "underdog.models.linear.sklearn",
    "Estimator": "underdog.fronts.estimator",
    "Chat": "underdog.models.chat",
    "Decide": "underdog.models.decide",
    "Llama": "underdog.models.language.llama",
    "FewShot": "underdog.combine.prompted",
    "Prompted": "underdog.combine.prompted",
    "Ensemble": "underdog.combine.ensemble",
    "EnsembleOf": "underdog.combine.ensemble",
    "Cascade": "underdog.combine.cascade",
    "Verified": "underdog.combine.cascade",
    "Agreed": "underdog.combine.cascade",
    "Router": "underdog.combine.router",
    "Advised": "underdog.combine.advised",
    "Grounded": "underdog.combine.grounding.recipe",
    "Compressed": "underdog.combine.grounding.compressed",
    "Knowledge": "underdog.combine.grounding.knowledge",
    "Refined": "underdog.teach.refining.recipe",
    "Decomposed": "underdog.teach.decomposing.recipe",
    "Aligner": "underdog.combine.aligner",
    "Frugal": "underdog.teach.deferral.frugal",
    "Route": "underdog.teach.route",
    "Confident": "underdog.teach.confident",
    "Detector": "underdog.teach.detect",
    "foresee": "underdog.teach.foresight",
    "Distil": "underdog.teach.distil.recipe",
    "Repaired": "underdog.teach.distil.repair",
    "WeakToStrong": "underdog.teach.weak_to_strong.recipe",
    "Cosupervised": "underdog.teach.weak_to_strong.cosupervision",
    "recovered": "underdog.evaluate.recovered",
    "label": "underdog.teach.label.labelling",
    "Augmented": "underdog.teach.synthesis.recipe",
    "synthesise": "underdog.teach.synthesis.writing",
    "Online": "underdog.teach.online.recipe",
    "Certificate": "underdog.teach.deferral.certificate",
    "Auto": "underdog.teach.auto",
    "Calibrated": "underdog.teach.calibrated",
    "Questions": "underdog.teach.questions",
    "certify": "underdog.teach.deferral.certify",
}

__all__ = ["__version__", *_PUBLIC]  # pyright: ignore


def _read(source: Any) -> Any:
    return import_module("underdog.data.read").read(source)


import_module("underdog.core.given").reader = _read  # type: ignore[attr-defined]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
