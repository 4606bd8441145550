"""Could a small model do this job, and if only for part of it, for which part?"""

from __future__ import annotations

from importlib import import_module
from typing import Any

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
    "register": "underdog.runtime.registry",
    "build": "underdog.runtime.registry",
    "spec": "underdog.runtime.registry",
    "save": "underdog.runtime.persist",
    "load": "underdog.runtime.persist",
    "read": "underdog.data.read",
    "compare": "underdog.study",
    "Study": "underdog.study",
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
    "Frozen": "underdog.models.transformers.frozen",
    "Ridge": "underdog.models.linear.ridge",
    "Sklearn": "underdog.models.linear.sklearn",
    "Estimator": "underdog.fronts.estimator",
    "Chat": "underdog.models.chat",
    "FewShot": "underdog.combine.prompted",
    "Prompted": "underdog.combine.prompted",
    "Ensemble": "underdog.combine.ensemble",
    "EnsembleOf": "underdog.combine.ensemble",
    "Cascade": "underdog.combine.cascade",
    "Verified": "underdog.combine.cascade",
    "Agreed": "underdog.combine.cascade",
    "Router": "underdog.combine.router",
    "Frugal": "underdog.teach.deferral.frugal",
    "Route": "underdog.teach.route",
    "Online": "underdog.teach.online.recipe",
    "Certificate": "underdog.teach.deferral.certificate",
    "Auto": "underdog.teach.auto",
    "certify": "underdog.teach.deferral.certify",
}

__all__ = ["__version__", *_PUBLIC]  # pyright: ignore


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
