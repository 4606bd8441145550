"""How far a student's distributions are from a teacher's, whole or only at the top."""

from __future__ import annotations

import math

import torch

SKEW = 0.1
"""The share of the teacher in the skewed student (Ko et al., ICML 2024)."""

KINDS = ("forward", "reverse", "jsd", "skew")
"""KL(teacher, student), which covers what the teacher does; KL(student, teacher), which does
nothing that it would not; their generalised Jensen-Shannon divergence (Agarwal et al., ICLR 2024);
KL(teacher, a mixture of both), whose gradients stay bounded.
"""


def bucketed(student: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """The student's log-probabilities of the tokens ``ids``, ``[tokens, k]``, and of all others
    together: ``[tokens, k + 1]``. ``student`` holds logits, ``[tokens, vocabulary]``.
    """
    total = torch.logsumexp(student, dim=-1, keepdim=True)
    top = student.gather(-1, ids) - total
    return torch.cat([top, rest(top)], dim=-1)


def rest(top: torch.Tensor) -> torch.Tensor:
    """The log-probability that is not in ``top``, ``[tokens, k]``: ``[tokens, 1]``."""
    mass = top.exp().sum(dim=-1, keepdim=True).clamp(max=1.0)
    return torch.log1p(-mass.clamp(max=1.0 - 1e-6))


def divergence(
    student: torch.Tensor, teacher: torch.Tensor, kind: str, beta: float = 0.5
) -> torch.Tensor:
    """The mean divergence in nats, a single number ``[1]`` without its side, of two tensors of
    log-probabilities, ``[tokens, choices]``.

    ``kind`` is one of `KINDS`; ``beta`` is the weight of the teacher in the middle of 'jsd'.
    """
    if kind == "reverse":
        return _kl(student, teacher)
    if kind == "jsd":
        middle = torch.logaddexp(teacher + math.log(beta), student + math.log1p(-beta))
        return beta * _kl(teacher, middle) + (1 - beta) * _kl(student, middle)
    if kind == "skew":
        middle = torch.logaddexp(teacher + math.log(SKEW), student + math.log1p(-SKEW))
        return _kl(teacher, middle)
    return _kl(teacher, student)


def ranked_difference(student: torch.Tensor, ranked: torch.Tensor) -> torch.Tensor:
    """How far the likeliest tokens are from a teacher's by rank, whatever they are: one number.

    ``student`` holds logits, ``[tokens, vocabulary]``; ``ranked`` a teacher's log-probabilities,
    largest first, ``[tokens, k]``, NaN where the teacher said nothing. The mean of the absolute
    differences, the remainder included (universal logit distillation, Boizard et al., TMLR 2025).
    """
    told = ~ranked.isnan().any(dim=-1)
    if not told.any():
        return student.sum() * 0.0
    right = ranked[told].exp()
    chances = torch.softmax(student[told], -1)
    k = min(right.shape[-1], chances.shape[-1])
    ours = torch.topk(chances, k, dim=-1).values
    apart = (ours - right[:, :k]).abs().sum(dim=-1)
    return (apart + (ours.sum(dim=-1) - right[:, :k].sum(dim=-1)).abs()).mean()


def _kl(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    return (p.exp() * (p - q)).sum(dim=-1).mean()
