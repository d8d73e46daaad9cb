"""Scorer."""
