"""`underdog serve MODEL` and `underdog serve --upstream URL`: the gateway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ....core.errors import UnderdogError
from ... import terminal
from ..options import QuietOption

if TYPE_CHECKING:
    from ...gateway.settings import Settings


Models = Annotated[list[Path] | None, typer.Argument(help="Folders of models that `fit` wrote.")]
UpstreamOption = Annotated[
    str, typer.Option("--upstream", help="Language model to stand in front of: its base URL.")
]
ModeOption = Annotated[
    str, typer.Option("--mode", help="What the gateway does: observe, shadow, canary or serve.")
]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")]
KeyOption = Annotated[
    list[str] | None,
    typer.Option("--key", help="Key that callers must show; repeatable.", envvar="UNDERDOG_KEYS"),
]
KeyFileOption = Annotated[
    Path | None, typer.Option("--key-file", help="Keys, one a line; read again when changed.")
]
TokenOption = Annotated[
    str,
    typer.Option(
        "--token", help="Token of the dashboard. Default: a new one.", envvar="UNDERDOG_TOKEN"
    ),
]
StoreOption = Annotated[
    str, typer.Option("--store", help="SQLite file, or postgresql://HOST/NAME.")
]
StudentOption = Annotated[
    str, typer.Option("--student", help="Recipe of the small models, or a list to be pooled.")
]
RiskOption = Annotated[
    float, typer.Option("--risk", help="Share of answers that may differ from the upstream's.")
]
AuditOption = Annotated[
    float, typer.Option("--audit", help="Share of local answers that is checked, for ever.")
]
RetentionOption = Annotated[
    int, typer.Option("--retention", min=1, help="Days for which texts are kept.")
]
RedactOption = Annotated[
    list[str] | None,
    typer.Option("--redact", help="Pattern of what is never stored or learned; repeatable."),
]
CacheOption = Annotated[
    float, typer.Option("--cache", min=0.0, help="Seconds for which exact repeats are answered.")
]
NearOption = Annotated[
    bool,
    typer.Option("--near", help="Answer near repeats too, once their errors are certified."),
]
EngineOption = Annotated[
    str, typer.Option("--engine", help="process, or ray: replicas under Ray Serve.")
]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, help="Processes that share the port; one a core.")
]
ReplicasOption = Annotated[int, typer.Option("--replicas", min=1, help="Replicas under Ray Serve.")]
SpendOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Let models make calls that cost money.")
]


def serve(
    models: Models = None,
    upstream: UpstreamOption = "",
    mode: ModeOption = "observe",
    host: HostOption = "127.0.0.1",
    port: PortOption = 8010,
    key: KeyOption = None,
    key_file: KeyFileOption = None,
    token: TokenOption = "",
    store: StoreOption = "",
    student: StudentOption = "linear()",
    risk: RiskOption = 0.05,
    audit: AuditOption = 0.05,
    retention: RetentionOption = 30,
    redact: RedactOption = None,
    cache: CacheOption = 0.0,
    near: NearOption = False,
    engine: EngineOption = "process",
    replicas: ReplicasOption = 2,
    workers: WorkersOption = 1,
    yes: SpendOption = False,
    quiet: QuietOption = False,
) -> None:
    """Answer over HTTP, or stand in front of a language model.

    With MODELS, these answer. With --upstream it is a gateway to a language model.

    The gateway first passes every request on. It finds requests that are a labelling task, and
    trains a small model for each. In the modes canary and serve that model answers within a
    guarantee.
    """
    from ...gateway.settings import Settings

    keys = tuple(part for one in key or () for part in one.split())
    where = Settings(tuple(models or ()), upstream.strip(), host, port, keys, key_file, token)
    settings = replace(
        where, mode=mode, store=store, student=student, risk=risk, audit=audit,
        retention=retention, redact=tuple(redact or ()), cache=cache, near=near,
    )  # fmt: skip
    if engine not in ("process", "ray"):
        raise UnderdogError(f"{engine!r} is no engine", "underdog serve … --engine ray")
    if engine == "ray" and workers > 1:
        raise UnderdogError(
            "Ray Serve has replicas, not workers",
            f"underdog serve … --engine ray --replicas {workers}",
        )
    _run(settings, replicas if engine == "ray" else 0, workers, yes)


def _run(settings: Settings, replicas: int, workers: int, paid: bool) -> None:
    """Serve in this process, in ``replicas`` or in ``workers``.

    ``paid``: models may ask what costs money.
    """
    from ....runtime.persist import load_model
    from ...gateway.app import Gateway
    from ...gateway.replicas import serve_replicas
    from ...gateway.server import serve as run
    from ...gateway.workers import serve_workers

    if replicas or workers > 1:
        if not paid:
            _check_spending([load_model(folder) for folder in settings.models])
        many = serve_replicas if replicas else serve_workers
        many(settings, replicas or workers, lambda *at: terminal.notes(_lines(settings, *at)))
        return
    gateway = Gateway(settings)
    if not paid:
        _check_spending([m.version.batches.model for m in gateway.served.models.values()])
    run(gateway, lambda port: terminal.notes(_lines(settings, port, gateway.token)))


def _check_spending(models: list[object]) -> None:
    from ...spending import paid_services

    found = sorted({name for model in models for name in paid_services(model)})
    if found:
        raise UnderdogError(
            f"a model asks {', '.join(found)}, which costs money", "let it: underdog serve … --yes"
        )


def _lines(settings: Settings, port: int, token: str) -> list[str]:
    base = f"http://{settings.host}:{port}"
    lines = [f"serving at {base}/v1"]
    if settings.upstream:
        lines.append(f"dashboard: {base}/#token={token}")
        lines.append(f"mode: {settings.mode}")
    return lines
