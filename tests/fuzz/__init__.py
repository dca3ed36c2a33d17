"""Broken input for every parser: ``python -m tests.fuzz --seconds 600``. A bounded share is part of the ordinary tests.

Whatever the bytes: an answer or one of our own errors, within a second per 100 kB. What once broke a parser stays in
``corpus/TARGET/`` and is tried each time.
"""
