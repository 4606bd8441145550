"""A saved model as a folder that answers texts without underdog: data, and a short script."""

from __future__ import annotations

from .export import export as export
