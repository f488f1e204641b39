"""Algorithms that are no table: pure, each with its source."""
