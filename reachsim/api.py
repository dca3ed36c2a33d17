"""The handle that people hold: a snapshot opened, and the questions it answers."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reachsim.config import Config, read_config
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.scenarios import Scenario
from reachsim.selections import Selections
from reachsim.services import SERVICES
from reachsim.simulate import ask, simulate
from reachsim.snapshot import Snapshot, open_snapshot
from reachsim.verdict import Check, Verdict

if TYPE_CHECKING:
    import networkx
    from matplotlib.axes import Axes

    from reachsim.diagnose import Diagnosis
    from reachsim.diff import Diff
    from reachsim.fix import Plan
    from reachsim.names import Names
    from reachsim.verify import Verification

MOST_COMPARED: Final = 5000
"""Ids that are compared with a mistyped one."""


class Reach:
    """A loaded snapshot. Get one from `load` or `load_files`."""

    def __init__(
        self, snapshot: Snapshot, *, assume_defaults: bool = False, config: Config | None = None,
        beside: Reach | None = None,
    ) -> None:  # fmt: skip
        self.config = config or Config()
        other = beside.network if beside is not None else None
        self.network: Network = Network(snapshot, assume_defaults=assume_defaults, beside=other)
        self.ground = Ground(self.network, self.config.appliances)
        self.pins = self.config.pins
        self.edited_from: tuple[Reach, ...] = ()
        """The snapshots that this one is an edited copy of (`what_if`)."""

    def simulate(
        self,
        source: str,
        destination: str,
        *,
        protocol: str | int | None = None,
        port: int | None = None,
        family: str | None = None,
        requests: Sequence[Mapping[str, Any]] | None = None,
        layers: Sequence[str] | None = None,
    ) -> Verdict:
        """Answer one question (DESIGN, "query").

        Args:
            source, destination: selectors.
            protocol: tcp, udp, icmp (over IPv6 that is ICMPv6), icmpv6 or a number; None = any.
            port: 0 to 65535, for ICMP the type (8 is echo request over IPv6 too); None = any.
            family: ipv4 or ipv6; None = both.
            requests: IAM requests to test on the way, each with ``action`` and ``resource``.
            layers: which layers count towards the outcome.

        Raises:
            QuestionError: the question cannot be asked of this snapshot.
            SnapshotError: a file that the question needs cannot be decoded.
        """
        return simulate(
            self.ground, source, destination, protocol=protocol, port=port, family=family, requests=requests,
            layers=layers, pins=self.pins,
        )  # fmt: skip

    def scenarios(
        self, source: str, destination: str, protocol: str | int | None = None, port: int | None = None,
        family: str | None = None,
    ) -> tuple[Scenario, ...]:  # fmt: skip
        """The walks behind a question: every packet of it and what became of it."""
        return ask(self.ground, source, destination, protocol=protocol, port=port, family=family, pins=self.pins)

    def check(
        self, sources: Sequence[str] | None = None, code: Mapping[str, str | os.PathLike[str]] | None = None
    ) -> Check:
        """Judge the whole pipeline: sources × destinations, steps, findings, and the overall word.

        Args:
            sources: selectors that replace the sources found by themselves.
            code: the folder of a build's files, by project; the snapshot's own ``code/`` is used by itself.
        """
        from reachsim.check import check

        return check(self.ground, sources, self.config, {name: Path(place) for name, place in (code or {}).items()})

    def diagnose(self, log: bytes, project: str | None = None, *, source: str | None = None) -> Diagnosis:
        """The errors of a build log with the rules that caused them.

        Args:
            log: the log as text, or as ``aws logs get-log-events`` or ``aws codebuild batch-get-builds`` print it.
            project: the CodeBuild project; else the one that the log names, else the snapshot's only one.
            source: a selector in place of the project, such as the client of a failed ``git push``.

        Raises QuestionError if the log is no text, or nobody says whose it is.
        """
        from reachsim.diagnose import diagnose

        return diagnose(self.ground, log, project, source, self.pins)

    def diff(self, newer: Reach, *, sources: Sequence[str] = (), targets: Sequence[str] = ()) -> Diff:
        """What changed from this snapshot to a newer one: configuration, reachability as exact sets, causes.

        Args:
            newer: The other one; this one's configuration (reachsim.toml) holds for both.
            sources, targets: selectors in place of the pipeline's sources and check's destinations.

        Raises:
            QuestionError: a selector makes no sense.
        """
        from reachsim.diff import diff

        edited = self in newer.edited_from
        return diff(self.ground, newer.ground, self.config, sources=sources, targets=targets, edited=edited)

    def names(self, source: str, services: Sequence[str] | None = None) -> Names:
        """What the names of AWS services lead to from a source, in every form: Regional, dual-stack, FIPS, global …

        Args:
            source: a selector of a sender.
            services: endpoint service suffixes (``ecr.dkr``); None = the pipeline's and those with an endpoint.

        Raises:
            QuestionError: the source makes no sense.
        """
        from reachsim.names import names

        return names(self.ground, source, services, self.pins)

    def what_if(self, *, patch: Mapping[str, Any] | str | os.PathLike[str] | None = None, **edits: Any) -> Reach:
        """The snapshot as it would be after some edits, checked like any other.

        Args:
            patch: a patch file's path or its object; it is applied first.
            edits: ``add_route``, ``remove_route``, ``add_rule``, ``remove_rule``, ``set_policy``, ``remove``, as
                `reachsim.edits.what_if` takes them.

        Raises:
            SnapshotError: the patch does not apply, or what it makes is no valid snapshot.
            QuestionError: something to edit is not there.
        """
        from reachsim.edits import what_if
        from reachsim.patch import apply, read_patch, read_patch_file

        reach = self
        if patch is not None:
            found = read_patch(patch) if isinstance(patch, Mapping) else read_patch_file(Path(patch))
            reach = self._edited(apply(self.network.snapshot, found))
        return reach._edited(apply(reach.network.snapshot, what_if(reach.network, **edits))) if edits else reach

    def fix(self, sources: Sequence[str] = (), *, endpoint_policies: bool = False) -> Plan:
        """The smallest proven changes that make the pipeline private and working, and what they leave.

        Args:
            sources: selectors that replace the sources found by themselves.
            endpoint_policies: instead, the narrowest policy of every endpoint that the pipeline uses.

        Raises:
            QuestionError: a selector makes no sense, or there is no endpoint to narrow.
        """
        from reachsim.fix import narrow, propose

        return (narrow if endpoint_policies else propose)(self.ground, self.config, sources)

    def verify(
        self, *, flow_logs: Sequence[str | os.PathLike[str]] = (), insights: Sequence[str | os.PathLike[str]] = (),
        log_format: str | None = None,
    ) -> Verification:  # fmt: skip
        """The verdicts against what was recorded; one of the two kinds of files.

        Args:
            flow_logs: VPC Flow Logs, files or folders.
            insights: answers about Reachability Analyzer (describe-network-insights-analyses and -paths) and Network
                Access Analyzer (get-network-insights-access-scope-analysis-findings and -content,
                describe-network-insights-access-scope-analyses); each is told by its keys.
            log_format: the format of flow log records without a header line, as AWS writes it.

        Raises:
            SnapshotError: a file is none of these.
            ValueError: neither or both kinds are given.
        """
        from reachsim.verify import read_flow_logs, read_insights, verify_flow_logs, verify_insights

        if bool(flow_logs) == bool(insights):
            raise ValueError("flow_logs or insights, one of them")
        if insights:
            return verify_insights(self.ground, read_insights(Path(one) for one in insights))
        return verify_flow_logs(self.ground, read_flow_logs([Path(one) for one in flow_logs], log_format))

    def _edited(self, snapshot: Snapshot) -> Reach:
        edited = Reach(snapshot, assume_defaults=self.network.assume_defaults, config=self.config, beside=self)
        edited.edited_from = (self, *self.edited_from)
        return edited

    @cached_property
    def graph(self) -> networkx.MultiDiGraph[str]:
        """Components and the hops that traffic may take between them, from the very steps that the walk takes."""
        from reachsim.graph import graph_of

        return graph_of(self.ground)

    def label(self, resource_id: str) -> str:
        """A resource's id with its Name tag."""
        return self.network.label(resource_id)

    def place(self, origin: str) -> tuple[str, str, str] | None:
        """VPC, zone and subnet of an interface, an instance or a build's virtual interface (``…@subnet-…``)."""
        return self.network.standing(origin)

    @cached_property
    def codebuild(self) -> Selections:
        """CodeBuild projects by name."""
        return Selections("CodeBuild project", {name: f"codebuild:{name}" for _, name in self.network.projects})

    @cached_property
    def instances(self) -> Selections:
        """Instances by id, and by Name tag where it is the only one of that name."""
        return self._named("instance", self.network.instances)

    @cached_property
    def subnets(self) -> Selections:
        """Subnets by id, and by Name tag where it is the only one of that name."""
        return self._named("subnet", self.network.subnets)

    @cached_property
    def vpcs(self) -> Selections:
        """VPCs by id, and by Name tag where it is the only one of that name."""
        return self._named("VPC", self.network.vpcs)

    @cached_property
    def interfaces(self) -> Selections:
        """Network interfaces by id, and by Name tag where it is the only one of that name."""
        return self._named("network interface", self.network.network_interfaces)

    def like(self, selector: str) -> list[str]:
        """At most three selectors that one which names nothing may stand for: what has its name, else what is written
        alike, else some of its kind.
        """
        import difflib  # only on the way to an error message

        kind, colon, name = selector.partition(":")
        named = [one for found in (self.instances, self.subnets, self.vpcs, self.interfaces) for one in found.values()
                 if self.network.names.get(one, "").lower() == (name or kind).lower()]  # fmt: skip
        projects = list(self.codebuild.values())
        ids = [one for found in (self.instances, self.subnets, self.vpcs) for one in dict.fromkeys(found.values())]
        others = [one for one in (*projects, *ids) if one.startswith(f"{kind}:" if colon else f"{kind.split('-')[0]}-")]
        known = [*projects, *ids[:MOST_COMPARED], *(() if colon else ("internet", *SERVICES))]
        near = difflib.get_close_matches(selector, known, n=3, cutoff=0.75)
        if not colon:
            near = near or difflib.get_close_matches(f"codebuild:{selector}", projects, n=3, cutoff=0.9)
        return list(dict.fromkeys(named or near or others))[:3]

    def _named(self, kind: str, ids: Iterable[str]) -> Selections:
        found: dict[str, str] = {}
        names = [self.network.names.get(one, "") for one in ids]
        times = Counter(names)
        for one, name in zip(ids, names, strict=True):
            found[one] = one
            if times[name] == 1 and name:
                found[name] = one
        return Selections(kind, found)

    def plot(self, check: Check | None = None, ax: Axes | None = None) -> Axes:
        """Draw the route map of a check, with names, VPCs, zones and subnets; of the whole pipeline's unless given."""
        return (check or self.check()).plot(ax, network=self)

    def plot_addresses(self, *vpcs: str, ax: Axes | None = None) -> Axes:
        """Draw what each subnet, route and rule covers of the address space of VPCs, all of them unless named.

        Raises QuestionError for a VPC that the snapshot does not hold.
        """
        from reachsim.address_map import address_map

        found = [address_map(self.network, self.vpcs[vpc]) for vpc in vpcs or self.network.vpcs]
        axes: Axes = import_module("reachsim.plot").plot_addresses(found, ax, network=self)
        return axes

    def _repr_html_(self) -> str:
        from reachsim.report.facts import facts_of
        from reachsim.report.notebook import show_snapshot

        known = self.network
        counts = (
            ("VPCs", len(known.vpcs)), ("subnets", len(known.subnets)), ("network interfaces", len(known.interfaces)),
            ("instances", len(known.instances)), ("CodeBuild projects", len(known.projects)),
            ("VPC endpoints", len(known.vpc_endpoints)), ("NAT gateways", len(known.nat_gateways)),
            ("internet gateways", len(known.internet_gateways)),
        )  # fmt: skip
        return show_snapshot(facts_of(known.snapshot), counts, self)

    def __repr__(self) -> str:
        return f"<Reach {self.network.snapshot.label!r}>"


def load(
    path: str | os.PathLike[str],
    *,
    assume_defaults: bool = False,
    config: Config | str | os.PathLike[str] | None = None,
    beside: Reach | None = None,
) -> Reach:
    """Open a snapshot directory or zip. Raises SnapshotError.

    ``config``: a ``reachsim.toml`` to go by; none is looked for.

    ``assume_defaults``: DHCP options, DNS attributes, Block Public Access, hosted zones, resolver rules and DNS
    Firewall that are missing count as AWS's defaults, and every verdict that rests on one says so.

    ``beside``: a snapshot to compare with; files that are the same in both are decoded and indexed once.
    """
    if config is not None and not isinstance(config, Config):
        config = read_config(Path(config))
    return Reach(open_snapshot(path), assume_defaults=assume_defaults, config=config, beside=beside)


def load_files(
    files: Mapping[str, bytes], *, assume_defaults: bool = False, config: Config | None = None,
    beside: Reach | None = None,
) -> Reach:  # fmt: skip
    """Like `load`, from files in memory: path within the snapshot → bytes."""
    return Reach(Snapshot.of(files), assume_defaults=assume_defaults, config=config, beside=beside)
