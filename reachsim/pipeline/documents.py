"""Generators of documents, sites and interfaces: what their settings have them fetch, and where they publish.

**Source:** Sphinx documentation, "sphinx.ext.intersphinx" (``objects.inv`` of every mapping, unless a file stands for
it), "linkcheck"; Hugo documentation, "hugo mod" (Go modules), "Module configuration: imports"; MkDocs, "Deploying your
docs", mike README, Docusaurus, "Deployment", gh-pages README, hexo-deployer-git README (git push); Buf documentation,
"buf dep update", "buf.gen.yaml", "buf.yaml"; GraphQL Code Generator, "schema field"; Next.js documentation, "Font
Module" (downloaded at build time); Angular documentation, "Workspace configuration: Fonts optimization" (needs internet
access; without it the fonts stay links); jekyll-remote-theme README.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Final

from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, Script
from reachsim.pipeline.shapes import listing, table
from reachsim.pipeline.variables import is_known
from reachsim.pipeline.yaml import load

_SPHINX: Final = ["b", "c", "d", "D", "A", "t", "j", "w", "builder", "conf-dir", "doctree-dir", "define", "tag", "jobs"]
_PUSHES: Final = {"mkdocs": "gh-deploy", "docusaurus": "deploy", "mike": "deploy", "hexo": "deploy", "gh-pages": ""}
"""Programs whose subcommand pushes a branch to the project's remote."""
_MAX_SOURCES: Final = 2_000
_FONTS: Final = re.compile(r"""https://(fonts\.googleapis\.com|use\.typekit\.net)/""")
_REGISTRY: Final = Destination("buf.build", 443, "package")


def sphinx(call: Call) -> Outcome:
    """sphinx-build: the inventories of other documentation that conf.py names."""
    given = arguments(call.words[1:] if call.words[:1] == ("-M",) else call.words, _SPHINX)
    if call.words[:1] == ("-M",):
        given.rest[:1] = []
    folder = given.last("c", "conf-dir") or (given.rest[0] if given.rest else ".")
    found: list[Found] = []
    settings = call.read(posixpath.join(folder, "conf.py"))
    if settings is None and not given.has("C", "no-config", "version", "help", "h"):
        found.append(Gap(call.command.text, "which inventories it fetches: conf.py is not in the context"))
    text = re.sub(r"(?m)^[ \t]*#.*$", "", settings or "")
    if "sphinx.ext.intersphinx" in text:
        for mapping in re.findall(r"(?s)\bintersphinx_mapping\b[^={]{0,40}=?\s{0,20}\{(.{0,5000}?)\n?\}", text)[:5]:
            for url in re.findall(r"\(\s{0,50}[\"'](https?://[^\s\"'{}]{1,300})[\"']\s{0,50},\s{0,50}None", mapping):
                found += urls.destination(url, "download", "certain")
    if "linkcheck" in (given.last("b", "builder"), *call.words[:2]):
        found.append(Gap(call.command.text, "it asks every link of the documents"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def hugo(call: Call) -> Outcome:
    """hugo: modules of a site are Go modules."""
    given = arguments(call.words, ["s", "source", "b", "baseURL", "d", "destination", "config", "e", "environment"])
    word = given.rest[0] if given.rest else ""
    if word == "mod" and given.rest[1:2] in (["get"], ["tidy"], ["vendor"], ["graph"]):
        return Outcome(tuple(knowledge.index("go-proxy")), None)
    if word not in ("", "server", "serve", "build"):
        return Outcome((), None)
    folder = given.last("s", "source") or "."
    names = [f"{name}.{kind}" for name in ("hugo", "config") for kind in ("toml", "yaml", "yml", "json")]
    places = [*((given.last("config") or "").split(",")), *names, *(f"config/_default/{one}" for one in
              (*names, "module.toml", "module.yaml", "module.yml", "module.json"))]  # fmt: skip
    texts = [text for name in places if name and (text := call.read(posixpath.join(folder, name))) is not None]
    if not texts:
        return Outcome(
            (Gap(call.command.text, "which modules it loads: the site's settings are not in the context"),), None
        )
    imported = re.search(r"(?m)^[ \t\"-]*path[ \t\"]*[=:][ \t]*[\"']?[\w.-]+\.\w+/", "\n".join(texts))
    builds = not call.has_folder(posixpath.join(folder, "_vendor"))
    return Outcome(tuple(knowledge.index("go-proxy", "likely")) if imported and builds else (), None)


def jekyll(call: Call) -> Outcome:
    """jekyll: a theme of another repository, which jekyll-remote-theme downloads as an archive."""
    given = arguments(
        call.words, ["s", "source", "d", "destination", "config", "b", "baseurl", "P", "port", "H", "host"]
    )
    if given.rest[:1] not in (["build"], ["b"], ["serve"], ["s"]):
        return Outcome((), None)
    names = (given.last("config") or posixpath.join(given.last("s", "source") or ".", "_config.yml")).split(",")
    themed = any(re.search(r"(?m)^remote_theme[ \t]{0,9}:[ \t]{0,9}\S", call.read(name) or "") for name in names)
    return Outcome((Destination("codeload.github.com", 443, "download", "likely"),) if themed else (), None)


def next_site(call: Call) -> Outcome:
    """``next build``: beside its telemetry, the fonts of Google that a component imports."""
    found: list[Found] = list(knowledge.tool("next", " ".join(call.words), call.variables))
    sources = [name for _, name in call.files() if re.search(r"\.[cm]?[jt]sx?$", name) and "node_modules/" not in name]
    if call.words[:1] == ("build",) and any(
        re.search(r"[\"'](?:next|@next)/font/google[\"']", call.read(name) or "") for name in sources[:_MAX_SOURCES]
    ):
        sure: Confidence = "likely" if call.cached(".next/cache") else "certain"
        found += [Destination(f"fonts.{one}.com", 443, "download", sure) for one in ("googleapis", "gstatic")]
    return Outcome(tuple(found), None)


def angular(call: Call) -> Outcome:
    """``ng build``: the style sheets of fonts that index.html links are put into it."""
    found: list[Found] = list(knowledge.tool("ng", " ".join(call.words), call.variables))
    gap = (Gap(call.command.text, "what ng contacts is not known"),) if knowledge.leaves_open("ng", call.words) else ()
    settings = call.read("angular.json") or ""
    off = "--optimization=false" in call.words or re.search(r'"(?:optimization|fonts)"\s*:\s*false', settings)
    if call.words[:1] in (("build",), ("b",)) and not off and not re.search(r"development", " ".join(call.words)):
        pages = [
            name for _, name in call.files() if posixpath.basename(name) == "index.html" and "node_modules/" not in name
        ]
        hosts = {host for name in pages[:20] for host in _FONTS.findall(call.read(name) or "")}
        found += [Destination(host, 443, "download", "likely") for host in sorted(hosts)]
    return Outcome((*found, *gap), None)


def published(call: Call) -> Outcome:
    """``mkdocs gh-deploy`` and its like: a push to the repository's remote."""
    given = arguments(call.words, ["r", "remote-name", "remote", "b", "branch", "m", "d", "dist", "repo", "F"])
    word = _PUSHES[call.program]
    asks = word == "" or given.rest[:1] == [word]
    if not asks or (call.program == "mike" and not given.has("p", "push")):
        return Outcome((), None)
    remote = given.last("r", "repo", "remote-name", "remote") or "origin"
    return Outcome((Script(f"git push {remote} gh-pages"),) if is_known(remote) else (), None)


def buf(call: Call) -> Outcome:
    """buf: its registry, where modules depend on others, plugins run there, or a module is pushed."""
    given = arguments(call.words, ["template", "o", "output", "path", "config", "against", "label", "timeout"])
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if word in ("push", "registry", "login") or rest[:1] in (["update"], ["prune"]):
        return Outcome((_REGISTRY,), None)
    if word not in ("generate", "build", "lint", "breaking", "export", "format", "dep", "mod"):
        return Outcome((), None)
    found: list[Found] = []
    template: Any = load(call.first(given.last("template") or "buf.gen.yaml", "buf.gen.yaml") or "")
    plugins = [one for one in listing(table(template).get("plugins")) if isinstance(one, dict)]
    remote = any("remote" in one or str(one.get("plugin", "")).startswith("buf.build/") for one in plugins)
    if word == "generate" and remote:
        found.append(_REGISTRY)
    written: Any = load(call.first("buf.yaml", "buf.work.yaml") or "")
    if listing(table(written).get("deps")) or call.exists("buf.lock"):
        found.append(Destination("buf.build", 443, "package", "likely"))
    if word == "generate" and not isinstance(template, dict):
        found.append(Gap(call.command.text, "which plugins it runs: buf.gen.yaml is not in the context"))
    for one in given.all("against"):
        found += urls.git_destination(one.split("#")[0]) if "://" in one else []
    return Outcome(tuple(found[:1] if found[:1] == [_REGISTRY] else found), None)


def schema(call: Call) -> Outcome:
    """graphql-codegen: the servers that its configuration names as schemas."""
    name = arguments(call.words, ["c", "config", "p", "project"]).last("c", "config")
    names = (name,) if name else ("codegen.yml", "codegen.yaml", "codegen.ts", "codegen.js", "codegen.json")
    text = call.first(*names)
    if text is None:
        return Outcome((Gap(call.command.text, "which schema it asks: its configuration is not in the context"),), None)
    sure: Confidence = "certain"
    asked = re.findall(
        r"(?m)^[^#/\n]{0,80}\bschema[\"']?\s{0,9}:\s{0,9}(?:\[\s{0,50}|-\s{0,9})?[\"']?(https?://[^\s\"'{}#,\]]{1,300})",
        text,
    )
    return Outcome(tuple(dict.fromkeys(one for url in asked for one in urls.destination(url, "download", sure))), None)
