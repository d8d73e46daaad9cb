"""Scoregate policies."""
