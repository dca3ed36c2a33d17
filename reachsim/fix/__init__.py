"""The smallest changes that make a pipeline private and working, each proven by judging the edited snapshot again."""

from __future__ import annotations

from reachsim.fix.narrowing import narrow
from reachsim.fix.records import Left, Mend, Opened, Plan
from reachsim.fix.search import propose

__all__ = ["Left", "Mend", "Opened", "Plan", "narrow", "propose"]
