"""The modules that are mutated, and for each the tests that should notice: the quick ones that are about it."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ROOT = REPOSITORY / "reachsim"

_SETS = ["tests/unit/test_packets.py", "tests/property/test_set_laws.py"]
_CONDITIONS, _FACTS = ("conditions", "cases"), ("facts", "judge", "cases")
_POLICIES = {
    "glob": ("glob", "conditions"), "variables": ("variables", *_CONDITIONS), "operators": _CONDITIONS,
    "conditions": _CONDITIONS, "truth": _CONDITIONS, "principals": ("principals", *_FACTS),
    "statements": ("statements", *_FACTS), "evaluate": ("evaluate", *_FACTS),
}  # fmt: skip

_SCENARIOS = {
    "refused": ("refused", "documented_transit"),
    "ways_in": ("unseen_neighbours", "refused", "documented_transit"),
    "scenarios": ("sources", "both_ends_outside", "unseen_neighbours", "refused", "hidden_ways", "facts_gateways"),
    "check.tunnels": ("check_tunnels",),
    "check.file_systems": ("check_file_systems",),
    "check.role_requests": ("provisioning", "check_pipeline_roles", "check_code", "policy_join"),
    "policy_layers.moments": ("policy_join", "check_resources", "provisioning"),
}  # fmt: skip

TESTS: dict[str, list[str]] = {
    "intervals": ["reachsim/intervals.py", "tests/unit/test_intervals.py", "tests/property/test_interval_laws.py"],
    "packets": ["reachsim/packets.py", *_SETS],
    "addresses": ["reachsim/addresses.py", "tests/unit/test_addresses.py"],
    "filters": ["reachsim/filters.py", "tests/unit/test_filters.py", "tests/property/test_filters.py"],
    "routing": ["reachsim/routing.py", "tests/unit/test_routing.py", "tests/property/test_routing.py"],
    **{
        f"policy.{name}": [
            f"reachsim/policy/{name}.py", *(f"tests/unit/policy/test_policy_{one}.py" for one in tests),
        ]
        for name, tests in _POLICIES.items()
    },
    "stand_ins": ["tests/importers/test_planned_addresses.py"],
    **{name: [f"tests/scenarios/test_{one}.py" for one in tests] for name, tests in _SCENARIOS.items()},
}  # fmt: skip
