"""Losses as layers, by kind."""
