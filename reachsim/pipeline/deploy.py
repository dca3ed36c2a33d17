"""terraform, OpenTofu, packer, pulumi and Cloud Foundry's cf.

**Source:** Terraform, "Backend Type: s3" (permissions, locks, workspaces), "Module sources", "Provider installation";
Pulumi, "States & Backends"; Packer, "Amazon AMI Builder", "packer init".
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

import msgspec

from reachsim import services
from reachsim.pipeline import knowledge, terraform_sources, urls
from reachsim.pipeline.aws_calls import account_of
from reachsim.pipeline.call import Arguments, Call, Outcome, arguments
from reachsim.pipeline.git_urls import git_found
from reachsim.pipeline.records import Confidence, Destination, Found, Gap, Request, Script, weaker
from reachsim.pipeline.terraform_resources import apis
from reachsim.pipeline.variables import starred, unknown

_VALUED: Final = ["chdir", "var", "var-file", "backend-config", "target", "out", "plugin-dir", "lock-timeout",
                    "state", "parallelism", "from-module", "replace"]  # fmt: skip


def terraform(call: Call) -> Outcome:
    """init fetches providers and modules and opens the backend; plan and apply call the providers' APIs."""
    words = [re.sub(r"^--?", "--", word) if word.startswith("-") else word for word in call.words]
    given = arguments(words, _VALUED)
    word = given.rest[0] if given.rest else ""
    folder = given.last("chdir") or "."
    if word not in (
        "init",
        "get",
        "plan",
        "apply",
        "destroy",
        "import",
        "refresh",
        "output",
        "state",
        "workspace",
        "providers",
    ):
        return Outcome((), None)
    if word in ("init", "plan", "apply", "destroy", "refresh") and call.has_folder(given.rest[-1]) and given.rest[1:]:
        folder = posixpath.join(folder, given.rest[-1])  # Terraform before 0.15: the folder is the last argument
    texts = [call.machine.read(path) or "" for path in call.machine.glob(call.path(f"{folder}/*.tf"))]
    text = "\n".join(re.sub(r"(?m)^[ \t]*(#|//).*$", "", one) for one in texts)
    found: list[Found] = list(_checkpoint(call, call.program, word))
    if word == "init" and not text and not given.has("from-module"):
        why = "no .tf file is in the context: which providers, modules and backend it uses is not known"
        found.append(Gap(call.command.text, why))
    if word in ("init", "get", "providers"):
        found += modules(call, text)
        needs = not text or re.search(r"\b(?:provider|required_providers|resource|data|module)\b", text)
        if word != "get" and needs and not given.has("plugin-dir"):
            found += _of_tool(call, word, text)
    if word != "get" and given.last("backend") != "false":
        key = f"terraform.backend {call.path(folder)}"
        if word == "init":
            call.configure(key, "\n".join(_backend_options(call, folder, given.all("backend-config"))))
        options = (call.setting(key) or "").split("\n")
        if word == "workspace" and given.rest[1:2] in (["select"], ["new"]):
            call.configure(f"terraform.workspace {call.path(folder)}", given.rest[-1])
        workspace = call.env("TF_WORKSPACE") or call.setting(f"terraform.workspace {call.path(folder)}") or "default"
        uses = frozenset(
            [*(["state"] if word != "workspace" else []), *(["lock"] if _locks(word, given) else []),
             *(["write"] if word in ("apply", "destroy", "import") else [])]
        )  # fmt: skip
        found += backend(call, text, options, workspace, uses)
        found += terraform_sources.state(text, options)
    if word in ("plan", "apply", "destroy", "import", "refresh"):
        asked = _provider(call, text, given.all("var"))
        whole = (
            word == "apply" and len(given.rest) == 1 and not given.has("target") and given.last("refresh") != "false"
        )
        asked += apis(text, _region(call, text, given.all("var")), applied=whole)
        if terraform_sources.runs_elsewhere(text):
            asked = [
                msgspec.structs.replace(one, confidence="possible") for one in asked if isinstance(one, Destination)
            ]
        found += asked
        found.append(Gap(call.command.text, "which APIs the providers call is not worked out"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _of_tool(call: Call, word: str, text: str) -> list[Found]:
    """The registry, and where it says that the providers lie: HashiCorp's own at HashiCorp, the others on GitHub; the
    registries of their own that providers come from; or the mirrors of the CLI's configuration.
    """
    named = [one for one in re.findall(_PROVIDER_SOURCE, text) if "." not in one.split("/")[0]]
    own = text and not re.search(r'\bmodule\s+"', text) and all(one.split("/")[-2] == "hashicorp" for one in named)
    sure: Confidence = "certain" if text and not _keeps_providers(call) else "likely"
    found, beside = terraform_sources.mirrors(call)
    if not beside:
        return found
    hosts, public = terraform_sources.registries(text)
    found += [Destination(one, 443, "package", sure) for one in hosts]
    if not public:
        return found
    return [*found, *(msgspec.structs.replace(one, confidence=weaker(one.confidence, sure))
            for one in knowledge.tool("tofu" if call.program == "tofu" else "terraform", word, call.variables)
            if one.host != _CHECKPOINT and not (own and one.index == "terraform-others"))]  # fmt: skip


def _keeps_providers(call: Call) -> bool:
    """Whether builds keep the folder of providers; the one of plug-ins is read only if a variable says so.

    **Source:** Terraform CLI configuration file: ``plugin_cache_dir``, TF_PLUGIN_CACHE_DIR.
    """
    return call.cached(".terraform/") or (call.env("TF_PLUGIN_CACHE_DIR") is not None and call.cached(".terraform.d"))


_PROVIDER_SOURCE: Final = r"(?m)^[^#\n]*\bsource\s*=\s*\"((?:[\w.-]+/)?[\w-]+/[\w-]+)\""


def _checkpoint(call: Call, program: str, word: str) -> list[Destination]:
    """The service that HashiCorp's programs ask for newer versions."""
    return [one for one in knowledge.tool(program, word, call.variables) if one.host == _CHECKPOINT]


_CHECKPOINT: Final = "checkpoint-api.hashicorp.com"


def _provider(call: Call, text: str, given: list[str]) -> list[Found]:
    """The AWS provider checks its credentials with STS before it calls anything else."""
    found: list[Found] = []
    if not re.search(r'\bprovider\s+"aws"', text) and re.search(r'\b(?:resource|data)\s+"aws_', text):
        found.append(Destination(services.host("sts", call.region, ""), 443, "aws", "likely", "run", "sts"))
    for match in re.finditer(r'\bprovider\s+"aws"\s*\{(?:[^{}\n]*\}|.{0,3000}?\n\})', text, re.DOTALL):
        body = match[0]
        sure: Confidence = "certain" if re.search(r"\bassume_role\w*\b", body) else "likely"
        if sure == "likely" and re.search(r"\bskip_credentials_validation\s*=\s*true", body):
            continue
        written = re.search(r"(?<![\w.])region\s*=\s*(\S+)", body)
        region = _value(call, text, written[1], given) if written else call.region
        found.append(Destination(services.host("sts", region, ""), 443, "aws", sure, "run", "sts"))
    return found


def _region(call: Call, text: str, given: list[str]) -> str:
    """The Region of the AWS provider that has no alias."""
    for match in re.finditer(r'\bprovider\s+"aws"\s*\{(?:[^{}\n]*\}|.{0,3000}?\n\})', text, re.DOTALL):
        written = re.search(r"(?<![\w.])region\s*=\s*(\S+)", match[0])
        if written is not None and not re.search(r"\balias\s*=", match[0]):
            return _value(call, text, written[1], given)
    return call.region


def _value(call: Call, text: str, written: str, given: list[str]) -> str:
    """A value of HCL: a text, or a variable that the command, the environment or its default sets."""
    if written.startswith('"') and "${" not in written:
        return written.strip('"')
    name = re.fullmatch(r'"?(?:\$\{)?var\.(\w+)\}?"?', written)
    if name is None:
        return unknown("region")
    default = re.search(rf'\bvariable\s+"{name[1]}"\s*\{{[^}}]{{0,1000}}?\bdefault\s*=\s*"([^"]*)"', text)
    values = dict(one.strip("'\"").split("=", 1) for one in given if "=" in one)
    return values.get(name[1]) or call.env(f"TF_VAR_{name[1]}") or (default[1] if default else unknown("region"))


def modules(call: Call, text: str) -> list[Found]:
    found: list[Found] = []
    for source in re.findall(r'module\s+"[^"]*"\s*\{[^}]{0,2000}?\bsource\s*=\s*"([^"]+)"', text):
        if source.startswith("git::"):
            found += git_found(
                call, re.sub(r"//[^/].*?$|\?.*$", "", source[5:].replace("://", "\ue003")).replace("\ue003", "://")
            )
        elif source.startswith("s3::"):
            found += urls.destination(source[4:], "aws")
        elif re.match(r"[\w-]+(?:\.[\w-]+)+/[\w-]+/[\w-]+/[\w-]+", source) and not source.startswith("github.com/"):
            found += urls.destination("https://" + source, "package")  # a registry of one's own
        elif source.startswith(("bitbucket.org/", "git@")) and not source.startswith("git@github.com"):
            found += git_found(call, source if source.startswith("git@") else "https://" + source)
        elif source.startswith(("github.com/", "git@github.com")):
            found += [Destination("github.com", 443 if source.startswith("github") else 22, "git")]
        elif re.match(r"https?://", source):
            found += urls.destination(source)
        elif re.fullmatch(r"[\w-]+/[\w-]+/[\w-]+(//.*)?", source):
            found += knowledge.index("terraform")[:1]
            found.append(Destination("github.com", 443, "git"))  # the public registry sends Terraform to git::https
    return found


_S3_ONLY: Final = frozenset(["region", "dynamodb_table", "use_lockfile", "role_arn", "kms_key_id", "encrypt", "key"])


def _backend_options(call: Call, folder: str, given: list[str]) -> list[str]:
    """What ``-backend-config`` says: KEY=VALUE, or the path of a file of such lines."""
    found: list[str] = []
    for one in given:
        text = call.read(posixpath.join(folder, one)) if "=" not in one else None
        found += [one] if text is None else [f"{name}={value}" for name, value in re.findall(_SETTING, text)]
    return found


_SETTING: Final = r'(?m)^[ \t]*+(\w++)[ \t]*+=[ \t]*+"?([^"#\n]*+)'


def _locks(word: str, given: Arguments) -> bool:
    return word in ("plan", "apply", "destroy", "import", "refresh") and given.last("lock") != "false"


def backend(
    call: Call, text: str, options: list[str], workspace: str = "default", uses: frozenset[str] = frozenset(["state"])
) -> list[Found]:
    """The bucket of an S3 backend, the table of its locks, and what is asked of them. ``uses``: ``state`` is read,
    ``lock`` taken, or it is to ``write``.
    """
    block = re.search(r'backend\s+"s3"\s*\{(.{0,5000}?)\}', text, re.DOTALL)
    given = dict(one.split("=", 1) for one in options if "=" in one)
    if block is None and "bucket" not in given:
        return []
    body = block[1] if block else ""
    sure: Confidence = "certain" if block is not None or _S3_ONLY & given.keys() else "likely"  # gcs has a bucket too
    values = dict(re.findall(r'\b(\w++)\s*+=\s*+"([^"]*+)"', body)) | {
        key: value.strip('"') for key, value in given.items()
    }
    region = values.get("region") or call.region
    bucket = values.get("bucket") or unknown("bucket")
    base = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}")
    assumes = values.get("role_arn") or "assume_role" in body
    own = not assumes and "profile" not in values and "access_key" not in values
    key = starred(values.get("key") or "*")
    if workspace != "default":
        key = f"{values.get('workspace_key_prefix') or 'env:'}/{starred(workspace)}/{key}"
    asked = [Request("s3:ListBucket", base)]
    asked += [Request("s3:GetObject", f"{base}/{key}")] if "state" in uses else []
    asked += [Request("s3:PutObject", f"{base}/{key}")] if "write" in uses else []
    by_file = given.get("use_lockfile") == "true" or re.search(r"\buse_lockfile\s*=\s*true", body) is not None
    if "lock" in uses and by_file:
        asked += [Request(f"s3:{one}Object", f"{base}/{key}.tflock") for one in ("Get", "Put", "Delete")]
    requests = tuple(asked) if own else ()
    found: list[Found] = [
        Destination(f"{bucket}.{services.host('s3', region, '')}", 443, "aws", sure, "run", "s3", requests)
    ]
    table = values.get("dynamodb_table")
    if table:
        arn = starred(f"arn:{services.partition_of(region)}:dynamodb:{region}:{account_of(call)}:table/{table}")
        items = ("Get", "Put", "Delete") if "lock" in uses else ("Get",) if "state" in uses else ()
        requests = tuple(Request(f"dynamodb:{one}Item", arn) for one in items) if own else ()
        host = services.host("dynamodb", region, "")
        found.append(Destination(host, 443, "aws", "certain", "run", "dynamodb", requests))
    if assumes or not re.search(r"\bskip_credentials_validation\s*=\s*true", body):  # it asks who the caller is
        checks: Confidence = "certain" if assumes else "likely"
        role = values.get("role_arn") if "profile" not in values and "access_key" not in values else None
        requests = (Request("sts:AssumeRole", starred(role)),) if role else ()
        host = services.host("sts", region, "")
        found.append(Destination(host, 443, "aws", weaker(checks, sure), "run", "sts", requests))
    return found


def packer(call: Call) -> Outcome:
    """packer: ``init`` fetches plugins, ``build`` calls the API of the cloud that the template names."""
    given = arguments(
        call.words, ["var", "var-file", "only", "except", "parallel-builds", "on-error", "machine-readable"]
    )
    word = given.rest[0] if given.rest else ""
    if word in ("init", "plugins"):
        return Outcome(tuple(knowledge.tool("packer", " ".join(call.words), call.variables)), "")
    if word != "build":
        return Outcome(tuple(knowledge.tool("packer", " ".join(call.words), call.variables)), None)
    place = given.rest[-1] if len(given.rest) > 1 else "."
    paths = call.machine.glob(call.path(f"{place}/*.pkr.hcl")) if call.has_folder(place) else [call.path(place)]
    text = "\n".join(call.machine.read(path) or "" for path in paths)
    found: list[Found] = [*knowledge.tool("packer", " ".join(call.words), call.variables)]
    if re.search(r"\"amazon-\w+\"", text):
        variables = dict(one.split("=", 1) for one in given.all("var") if "=" in one)
        written = re.search(r"\bregion\"?\s*[=:]\s*\"?(\{\{[^{}\n]{1,100}\}\}|[^\s\",]+)", text)
        region = call.region if written is None else _region_of_packer(call, text, written[1], variables)
        found.append(Destination(services.host("ec2", region or unknown("region"), ""), 443, "aws", service="ec2"))
    found.append(Gap(call.command.text, "what the builders and provisioners contact is not worked out"))
    return Outcome(tuple(found), None)


def _region_of_packer(call: Call, text: str, written: str, given: dict[str, str]) -> str:
    """The Region that a template writes out, or its variable: given, of the environment, or by default.

    **Source:** Packer documentation, "Input variables" (PKR_VAR_name), "User variables" (JSON).
    """
    named = re.search(r"(?:var|local)\.(\w+)|user\s+`(\w+)`", written)
    if named is None:
        return written if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", written) else ""
    name = named[1] or named[2]
    variable = re.search(rf'"{name}"\s*:\s*"\{{\{{\s*env\s+`(\w+)`', text)  # {{env `AWS_REGION`}}
    if variable is not None and name not in given:
        return call.region if variable[1] in ("AWS_REGION", "AWS_DEFAULT_REGION") else call.env(variable[1]) or ""
    written_out = rf'\bvariable\s+"{name}"\s*\{{[^{{}}]{{0,1000}}?\bdefault\s*=\s*"([\w-]+)"'
    default = re.search(written_out, text) or re.search(rf'"{name}"\s*:\s*"([\w-]+)"', text)
    local = re.search(rf"\b{name}\s*=\s*\"?((?:var\.)?[\w-]+)", text) if "local." in written else None
    if local is not None:
        return _region_of_packer(call, text, local[1], given)
    return given.get(name) or call.env(f"PKR_VAR_{name}") or (default[1] if default else "")


def pulumi(call: Call) -> Outcome:
    """pulumi: its backend (Pulumi Cloud, or the bucket that ``login`` names), plugins, and the providers' APIs.

    **Source:** Pulumi documentation, "States & Backends".
    """
    given = arguments(call.words, ["stack", "s", "cwd", "C", "cloud-url", "c", "config", "secrets-provider", "message"])
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if word == "login":
        place = given.last("cloud-url", "c") or (rest[0] if rest else call.env("PULUMI_BACKEND_URL") or "")
        call.configure("pulumi.backend", "file://" if given.has("local") else place or "https://api.pulumi.com")
        return Outcome(tuple(_pulumi_backend(call)), None)
    if word == "plugin" and rest[:1] == ["install"]:
        return Outcome(tuple(knowledge.tool("pulumi", word)), None)
    if word not in ("up", "update", "preview", "refresh", "destroy", "stack", "import", "config", "install", "watch"):
        return Outcome((), None)
    found = [] if word == "install" else _pulumi_backend(call)
    if word not in ("stack", "config"):
        found += knowledge.tool("pulumi", word)
    if word == "install":
        found += _of_runtime(call, given.last("cwd", "C") or ".")
    if word in ("up", "update", "preview", "refresh", "destroy", "import", "watch"):
        found.append(Gap(call.command.text, "which APIs the providers call is not worked out"))
    return Outcome(tuple(dict.fromkeys(found)), None)


def _of_runtime(call: Call, folder: str) -> list[Found]:
    """``pulumi install``: the packages of the program, by its language's own manager (Pulumi documentation)."""
    text = call.read(posixpath.join(folder, "Pulumi.yaml")) or ""
    runtime = re.search(r"(?m)^runtime:[ \t]*(?:\n\s+name:\s*)?[\"']?(\w+)", text)
    command = {"nodejs": "npm install", "python": "pip install -r requirements.txt", "go": "go mod download",
               "dotnet": "dotnet restore"}.get(runtime[1] if runtime else "")  # fmt: skip
    return [Script(command, directory=call.path(folder))] if command else []


def cloud_foundry(call: Call) -> Outcome:
    """cf: the API that ``cf api`` or ``cf login -a`` names, for this command and the later ones.

    **Source:** cloudfoundry/cli, README ("Getting Started") and ``cf help login``.
    """
    given = arguments(call.words, ["a", "u", "p", "o", "s", "f", "b", "c", "d", "n", "i", "k", "m", "r", "t"])
    word, rest = (given.rest[0], given.rest[1:]) if given.rest else ("", [])
    if word in ("", "help", "version", "plugins", "config", "install-plugin", "uninstall-plugin", "logout"):
        return Outcome((), None)
    named = (rest[0] if rest else None) if word == "api" else given.last("a") if word in ("login", "l") else None
    if named:
        call.configure("cf.api", named if "://" in named else f"https://{named}")
    place = call.setting("cf.api")
    if place:
        return Outcome(tuple(urls.destination(place)), None)
    return Outcome((Gap(call.command.text, "the Cloud Foundry API is not named in these files"),), None)


def _pulumi_backend(call: Call) -> list[Found]:
    place = call.setting("pulumi.backend") or call.env("PULUMI_BACKEND_URL") or "https://api.pulumi.com"
    if not place.startswith("s3://"):
        return urls.destination(place)
    bucket, _, query = place.removeprefix("s3://").partition("?")
    bucket = bucket.split("/")[0]
    region = dict(one.split("=", 1) for one in query.split("&") if "=" in one).get("region") or call.region
    base = starred(f"arn:{services.partition_of(region)}:s3:::{bucket}")
    requests = (
        Request("s3:ListBucket", base),
        Request("s3:GetObject", f"{base}/*"),
        Request("s3:PutObject", f"{base}/*"),
    )
    return [Destination(f"{bucket}.{services.host('s3', region, '')}", 443, "aws", service="s3", requests=requests)]
