"""Doubt: detectors, calibrated confidence, and prediction before paying, on real data."""
