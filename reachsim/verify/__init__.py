"""Verdicts against reality: VPC Flow Logs and Reachability Analyzer's results.

    flow_logs   records of flow log files          gate      what the filters at an interface say of a packet
    forms       what such files are packed in      traffic   records against gate and walk
    parquet     one such form                      insights  Reachability Analyzer's results against verdicts
    asked       what a path of an analyzer asks    access    Network Access Analyzer's findings, and none

`reachsim.api.Reach.verify` is the way in.
"""

from __future__ import annotations

from reachsim.verify.flow_logs import read_flow_logs
from reachsim.verify.insights import read_insights, verify_insights
from reachsim.verify.records import REASONS, Disagreement, Verification
from reachsim.verify.traffic import verify_flow_logs

__all__ = [
    "REASONS", "Disagreement", "Verification", "read_flow_logs", "read_insights", "verify_flow_logs", "verify_insights",
]  # fmt: skip
