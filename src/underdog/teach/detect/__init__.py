"""Detectors: answers that their source does not support, and texts that a machine wrote."""

from .recipe import Detector

__all__ = ["Detector"]
