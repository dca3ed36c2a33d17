"""Tests of nightly length, run by hand: ``python -m tests.deep`` (networks), ``python -m tests.fuzz`` (parsers).

A bounded share of each is part of the ordinary tests.
"""
