"""Mutation testing, run by hand: ``python -m tests.mutation``; a share of it is part of the ordinary tests."""
