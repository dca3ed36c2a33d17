"""Clients of servers that an option, a variable or an earlier login names: vault, consul, nomad, argocd, jf, ansible.

**Source:** Vault, Consul and Nomad documentation, "Commands" (``-address``, ``-http-addr``; VAULT_ADDR,
CONSUL_HTTP_ADDR, NOMAD_ADDR; the machine itself unless they are set); Argo CD documentation, "argocd login"; JFrog CLI
documentation, "JFrog Platform configuration"; Ansible documentation, "How to build your inventory" and
"ansible-galaxy" (requirements files).
"""

from __future__ import annotations

import re
from typing import Any, Final

from reachsim import services
from reachsim.pipeline import image, knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.docker import pushed
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Destination, Found, Gap
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import is_known
from reachsim.pipeline.yaml import load

_SERVERS: Final = {"vault": ("address", "VAULT_ADDR"), "consul": ("http-addr", "CONSUL_HTTP_ADDR"),
                   "nomad": ("address", "NOMAD_ADDR")}  # fmt: skip


def hashicorp(call: Call) -> Outcome:
    """vault, consul, nomad: the server of the option or the variable; the machine itself without either."""
    option, variable = _SERVERS[call.program]
    given = arguments(call.words, [option])
    if not given.rest or given.rest[0] in ("version", "help", "fmt", "validate", "agent", "server"):
        return Outcome((), None)
    url = given.last(option) or call.env(variable) or ""
    if not url:
        return Outcome((), None) if variable not in call.variables else _unknown(call, variable)
    return Outcome(tuple(urls.named(url if "://" in url else f"http://{url}")), None)


def claude(call: Call) -> Outcome:
    """Claude Code: Anthropic's API, or that of the cloud that a variable chooses.

    **Source:** Claude Code documentation, "Network access requirements", "Amazon Bedrock" (CLAUDE_CODE_USE_BEDROCK),
    "Google Vertex AI" (CLAUDE_CODE_USE_VERTEX).
    """
    words = " ".join(call.words)
    local = re.match(r"(?:--version|-v\b|--help|config|mcp|doctor|install|update|migrate-installer)", words)
    if local:
        return Outcome(tuple(knowledge.tool("claude", words, call.variables)), None)
    if call.env("CLAUDE_CODE_USE_BEDROCK"):
        host = services.host("bedrock-runtime", call.region, "")
        return Outcome((Destination(host, 443, "aws", "likely", service="bedrock-runtime"),), None)
    if call.env("CLAUDE_CODE_USE_VERTEX"):
        return Outcome((Destination("aiplatform.googleapis.com", 443, "download", "likely"),), None)
    return Outcome(
        tuple(urls.named(call.env("ANTHROPIC_BASE_URL") or "https://api.anthropic.com", "download", "likely")), None
    )


def _unknown(call: Call, variable: str) -> Outcome:
    return Outcome((Gap(call.command.text, f"{variable} is not known"),), None)


def argocd(call: Call) -> Outcome:
    """argocd: ``login HOST`` names the server of what follows, ``--server`` and ARGOCD_SERVER another."""
    given = arguments(call.words, ["server", "username", "password", "auth-token", "grpc-web-root-path", "revision",
                                   "core", "timeout", "p", "parameter", "o", "output"])  # fmt: skip
    word = given.rest[0] if given.rest else ""
    if not word or (word == "version" and given.has("client")) or given.has("core"):
        return Outcome((), None)
    if word == "login" and len(given.rest) > 1:
        call.configure("argocd.server", given.rest[1])
    server = given.last("server") or call.setting("argocd.server") or call.env("ARGOCD_SERVER")
    if not server:
        return Outcome((Gap(call.command.text, "which Argo CD server that is; no file names it"),), None)
    return Outcome(tuple(urls.named(server if "://" in server else f"https://{server}")), None)


def jfrog(call: Call) -> Outcome:
    """jf: the platform that its configuration names, and Docker's pulls and pushes."""
    given = arguments(call.words, ["url", "user", "password", "access-token", "server-id", "build-name",
                                   "build-number", "module", "artifactory-url", "apikey"])  # fmt: skip
    words = given.rest
    url = given.last("url", "artifactory-url") or call.setting("jfrog.url") or call.env("JF_URL")
    if words[:2] in (["c", "add"], ["config", "add"], ["rt", "config"], ["rt", "c"]):
        call.configure("jfrog.url", given.last("url", "artifactory-url") or (words[2] if "://" in words[-1] else ""))
        return Outcome((), None)
    if not words or words[0] in ("c", "config", "-v", "--version") or words[:2] == ["rt", "build-collect-env"]:
        return Outcome((), None)
    found: list[Found] = []
    if words[:2] in (["docker", "push"], ["docker", "pull"]) and len(words) > 2:
        found += pushed(call, words[2]) if words[1] == "push" else image.pulls(words[2])
    if not url:
        found.append(Gap(call.command.text, "which JFrog platform that is; no file names it"))
    return Outcome((*found, *(urls.named(url) if url else ())), None)


def galaxy(call: Call) -> Outcome:
    """ansible-galaxy: Galaxy, unless a requirements file or an option names other sources for everything."""
    given = arguments(call.words, ["r", "requirements-file", "role-file", "p", "roles-path", "s", "server", "c"])
    if "install" not in given.rest:
        return Outcome((), None)
    server = given.last("s", "server")
    if server:
        return Outcome(tuple(urls.named(server, "package")), "")
    name = given.last("r", "requirements-file", "role-file")
    if name is None:
        return Outcome(tuple(knowledge.index("galaxy")), "")
    document: Any = load(call.read(name) or "") if is_known(name) else None
    if document is None:
        return Outcome(tuple(knowledge.index("galaxy", "likely")), "")
    held = table(document)
    listed = [*listing(document), *listing(held.get("roles")), *listing(held.get("collections"))]
    found: list[Found] = []
    for one in listed:
        source = str(table(one).get("source") or table(one).get("src") or table(one).get("name") or "")
        if "://" in source or source.startswith("git@"):
            found += git_found(call, source.removeprefix("git+")) or urls.destination(source, "package")
        else:
            found += knowledge.index("galaxy")
    return Outcome(tuple(dict.fromkeys(found)), "")


def chef(call: Call) -> Outcome:
    """chef-solo and chef-client: cookbooks and attributes that are named by a URL; what the recipes contact is a gap.

    **Source:** Chef Infra documentation, "chef-solo (executable)": ``--recipe-url``, ``--json-attributes``.
    """
    given = arguments(call.words, ["r", "recipe-url", "j", "json-attributes", "c", "config", "o", "override-runlist",
                                   "S", "server", "N", "node-name", "E", "environment", "l", "L"])  # fmt: skip
    if given.has("v", "version", "h", "help"):
        return Outcome((), None)
    named = given.all("r", "recipe-url", "j", "json-attributes", "S", "server")
    found: list[Found] = [one for text in named for one in urls.destination(text)]
    local = call.program == "chef-solo" or given.has("z", "local-mode")
    why = "what the recipes contact is not worked out"
    return Outcome((*found, Gap(call.command.text, why if local or found else f"{why}; client.rb names the server")))


def playbook(call: Call) -> Outcome:
    """ansible-playbook: the hosts of an inventory of this context, by SSH; what the modules contact is a gap."""
    given = arguments(call.words, ["i", "inventory", "inventory-file", "l", "limit", "e", "extra-vars", "u", "user",
                                   "t", "tags", "skip-tags", "f", "forks", "private-key", "key-file", "c", "connection",
                                   "vault-password-file", "T"])  # fmt: skip
    if given.has("version", "syntax-check", "list-hosts", "list-tasks"):
        return Outcome((), None)
    found: list[Found] = [Gap(call.command.text, "what the playbook's modules contact is not worked out")]
    local = given.last("c", "connection") == "local"
    for name in [] if local else given.all("i", "inventory", "inventory-file"):
        text = name.replace(",", "\n") if "," in name else call.read(name) or ""
        for host in re.findall(r"(?m)^[ \t]*((?:[\w-]+\.)+[\w-]+)(?=[ \t:]|$)", text)[:100]:
            found.append(Destination(host.lower(), 22, "download", "likely"))
    return Outcome(tuple(dict.fromkeys(found)), None)
