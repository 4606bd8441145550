"""Everything but deferral: ``python -m benchmarks`` prints the tables of what takes minutes."""

from __future__ import annotations

from benchmarks import audit, forecast, linear, overruling, startup


def main() -> None:
    """Print the tables, the quick ones first."""
    for module in (startup, linear, overruling, audit, forecast):
        module.main()


if __name__ == "__main__":
    main()
