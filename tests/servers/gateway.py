"""A gateway in a process of its own: ``python gateway.py UPSTREAM STORE FITS`` prints its port.

It fits small models in its own process, early, and writes the task of each fit to the file FITS.
"""

import sys

from underdog.fronts.gateway.app import Gateway
from underdog.fronts.gateway.ledger import writer
from underdog.fronts.gateway.server import serve
from underdog.fronts.gateway.settings import Settings
from underdog.fronts.gateway.tasks import board, trainer, training


def main(upstream: str, store: str, fits: str) -> None:
    def fit(data, spec, seed, *_):
        with open(fits, "a", encoding="utf-8") as file:
            file.write(f"{data.task.name}\n")
        return training.fitted(data, spec, seed)

    trainer.fit_apart = fit
    board.SAVE = writer.ADOPT = 0.2
    settings = Settings(
        upstream=upstream, store=store, port=0, mode="serve", student="bayes()", start=60, token="t"
    )
    serve(Gateway(settings), lambda port: print(port, flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
