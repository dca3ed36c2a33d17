"""Joins a simulated path with the policies on it, for the requests of a question.

`ways` tells by which ways the traffic can go; a way supplies the context keys that are present and absent (`keys`), the
source its role (`asked`, `callers`); the snapshot holds the policies (`held`, `identities`, `roles`, `organizations`);
`said` and `resources` put a request to each (`judging`), and `join` makes layers of what they say, over all the ways.

**Source:** policy-evaluation fact sheet (4 to 15, 20 to 32, 62 to 75), DESIGN, "query".
"""

from __future__ import annotations

from reachsim.policy_layers.asked import owner_of_bucket
from reachsim.policy_layers.encryption import KeyUse, context_of
from reachsim.policy_layers.held import document
from reachsim.policy_layers.identities import (
    described,
    iam_details,
    identity_of,
    lists_profiles,
    lists_roles,
    managed,
    profile_role,
    role_documents,
    user_documents,
)
from reachsim.policy_layers.join import Answer, Known, judge_elsewhere, judge_requests
from reachsim.policy_layers.moments import moments
from reachsim.policy_layers.organizations import familiar, levels, members_of, organization_of, organization_path
from reachsim.policy_layers.resources import access_blocks, registry_actions
from reachsim.policy_layers.roles import Identity
from reachsim.policy_layers.said import rcps_deny

__all__ = [
    "Answer", "Identity", "KeyUse", "Known", "access_blocks", "context_of", "described", "document", "familiar",
    "iam_details", "identity_of", "judge_elsewhere", "judge_requests", "levels", "lists_profiles",
    "lists_roles", "managed", "members_of", "moments", "organization_of", "organization_path",
    "owner_of_bucket", "profile_role", "rcps_deny", "registry_actions", "role_documents", "user_documents",
]  # fmt: skip
