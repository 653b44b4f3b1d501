"""Losses as functions, by kind."""
