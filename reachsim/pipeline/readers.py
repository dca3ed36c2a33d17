"""Which reader knows which program, and the readers that need no module of their own.

**Source:** the readers' own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Final, cast

from reachsim.pipeline import clients, knowledge, urls
from reachsim.pipeline.builtins import BUILTINS
from reachsim.pipeline.call import Call, Outcome
from reachsim.pipeline.records import Destination, Gap

Reader = Callable[[Call], Outcome]


def by_url(call: Call) -> Outcome:
    """Programs that contact what their arguments name by a URL: ab, hey, wrk, httpie …"""
    return Outcome(tuple(one for word in call.words for one in urls.destination(word)), None)


def by_url_or_name(call: Call) -> Outcome:
    """Installers of plugins: from where the table says, unless a plugin is named by its URL."""
    named = by_url(call)
    return named if named.found else Outcome(tuple(knowledge.tool(call.program, " ".join(call.words), call.variables)))


def editor(call: Call) -> Outcome:
    """vim and Neovim: plugin managers that a command starts clone the plugins."""
    if not any(re.search(r"Plug|Lazy|Packer|BundleInstall|Coc|TSInstall|TSUpdate|Mason", word) for word in call.words):
        return Outcome((), None)
    plugins = Destination("github.com", 443, "git", "likely")
    return Outcome((plugins, Gap(call.command.text, "which plugins it installs is not worked out")), None)


PROGRAMS: Final[dict[str, str]] = {
    "make": "gnu_make.make", "gmake": "gnu_make.make",
    "mix": "elixir_packages.mix", "asdf": "version_managers.asdf", "mise": "version_managers.mise",
    "xx-go": "go_modules.go", "unminimize": "system_packages.unminimize",
    "xx-apk": "system_packages.apk", "xx-apt": "system_packages.apt", "xx-apt-get": "system_packages.apt",
    "rtx": "version_managers.mise", "deno": "deno.deno", "swift": "swift_packages.swift",
    "R": "r_packages.r", "Rscript": "r_packages.r",
    **dict.fromkeys(("install.r", "install2.r", "installGithub.r", "installBioc.r"), "r_packages.littler"),
    **dict.fromkeys(("powershell", "powershell.exe", "@powershell", "PowerShell", "PowerShell.exe", "pwsh", "pwsh.exe"),
                    "powershell_program.program"),
    "aws": "aws_cli.aws", "sam": "sam.sam", "cdk": "deployers.cdk", "cdk-assets": "deployers.deployer",
    "serverless": "deployers.serverless", "sls": "deployers.serverless", "copilot": "deployers.deployer",
    "eb": "deployers.beanstalk", "ampx": "deployers.deployer",
    **dict.fromkeys(("chalice", "ecspresso", "lambroll"), "deployers.deployer"),
    "eksctl": "deployers.deployer", "ecs-cli": "deployers.deployer", "amplify": "deployers.deployer",
    "docker": "docker.docker", "podman": "docker.docker", "buildah": "buildah.buildah", "nerdctl": "docker.docker",
    "docker-compose": "compose.docker_compose", "executor": "image_tools.kaniko", "kaniko": "image_tools.kaniko",
    "skopeo": "image_tools.skopeo", "crane": "image_tools.skopeo", "oras": "image_tools.skopeo",
    "gcrane": "image_tools.skopeo", "regctl": "image_tools.skopeo", "finch": "docker.docker",
    "buildx": "docker.buildx_alone", "curl": "download.curl", "wget": "download.wget", "git": "download.git",
    "ssh": "download.ssh", "scp": "download.ssh", "sftp": "download.ssh", "rsync": "download.ssh",
    "ssh-keyscan": "download.keyscan", "aria2c": "download.wget", "pip": "python_packages.pip",
    "pip2": "python_packages.pip", "pip3": "python_packages.pip", "pipx": "python_packages.pip",
    "poetry": "python_packages.poetry", "pipenv": "python_packages.pipenv", "uv": "python_packages.uv",
    "uvx": "python_packages.uv", "pdm": "python_packages.pdm", "hatch": "python_packages.pdm",
    "twine": "python_packages.twine", "pyproject-build": "python_packages.build", "npm": "node_packages.npm",
    "yarn": "node_packages.npm", "yarnpkg": "node_packages.npm", "pnpm": "node_packages.npm",
    "npx": "node_packages.npx", "pnpx": "node_packages.npx", "bunx": "node_packages.npx",
    "corepack": "node_packages.corepack", "bun": "node_packages.npm", "conda": "conda.conda", "mamba": "conda.conda",
    "micromamba": "conda.conda", "cmake": "cmake.cmake",
    **dict.fromkeys(("configure", "config", "Configure", "autogen.sh", "bootstrap", "bootstrap.sh", "buildconf"),
                    "cmake.configure"),
    "ab": "readers.by_url", "hey": "readers.by_url",
    "wrk": "readers.by_url", "siege": "readers.by_url", "http": "readers.by_url", "https": "readers.by_url",
    "lighthouse": "readers.by_url", "artillery": "plans.plan", "newman": "plans.plan", "k6": "plans.plan",
    "jmeter": "plans.plan", "locust": "plans.plan",
    **dict.fromkeys(("lwp-download", "lwp-request", "lwp-mirror", "GET", "axel"), "readers.by_url"),
    **dict.fromkeys(("elasticsearch-plugin", "opensearch-plugin", "kibana-plugin"), "readers.by_url_or_name"),
     "svn": "readers.by_url", "hg": "readers.by_url", "cf": "deploy.cloud_foundry",
    "pulumi": "deploy.pulumi", "go": "go_modules.go", "mvn": "java_packages.maven",
    "mvnw": "java_packages.maven", "gradle": "java_packages.gradle", "gradlew": "java_packages.gradle",
    "cargo": "rust_packages.cargo", "gem": "ruby_packages.gem", "bundle": "ruby_packages.bundle",
    "bundler": "ruby_packages.bundle",
    "composer": "php_packages.composer", "cpanm": "perl_packages.cpanm", "sbt": "scala_packages.sbt",
    "rosdep": "system_packages.rosdep",
    "install-php-extensions": "php_packages.extensions",
    "composer.phar": "php_packages.composer", "dotnet": "dotnet_packages.dotnet",
    "nuget": "dotnet_packages.dotnet",
    **dict.fromkeys(("msbuild", "MSBuild", "msbuild.exe", "MSBuild.exe"), "dotnet_packages.msbuild"),
    "apt-get": "system_packages.apt", "apt": "system_packages.apt",
    "aptitude": "system_packages.apt", "apk": "system_packages.apk", "yum": "system_packages.yum",
    "dnf": "system_packages.yum", "microdnf": "system_packages.yum", "tdnf": "system_packages.yum",
    "amazon-linux-extras": "system_packages.yum", "yum-config-manager": "system_packages.yum",
    "rpm": "system_packages.rpm", "zypper": "system_packages.zypper", "pacman": "system_packages.pacman",
    "add-apt-repository": "system_packages.add_repository", "apt-add-repository": "system_packages.add_repository",
    **dict.fromkeys(("apt-key", "pacman-key", "gpg"), "system_packages.apt_key"), "sed": "system_packages.sed",
    "terraform": "deploy.terraform", "tofu": "deploy.terraform", "kubectl": "kubernetes.kubectl",
    "oc": "kubernetes.kubectl", "kustomize": "kubernetes.kustomize", "helm": "kubernetes.helm",
    "helm3": "kubernetes.helm",
    "helmfile": "kubernetes.helmfile", "task": "taskfile.task", "go-task": "taskfile.task",
    "just": "justfile.just", "poe": "tasks.poe", "makers": "tasks.poe",
    "trivy": "scanners.trivy", "sonar-scanner": "scanners.sonar",
    "dotnet-sonarscanner": "scanners.sonar_dotnet", "SonarScanner.MSBuild.exe": "scanners.sonar_dotnet",
    "dependency-check": "scanners.dependency_check", "dependency-check.sh": "scanners.dependency_check",
    "dockle": "scanners.dockle", "tflint": "scanners.tflint", "trufflehog": "scanners.trufflehog",
    **dict.fromkeys(("vault", "consul", "nomad"), "addressed.hashicorp"), "argocd": "addressed.argocd",
    "claude": "addressed.claude",
    **dict.fromkeys(("jf", "jfrog"), "addressed.jfrog"), "ansible-galaxy": "addressed.galaxy",
    "ansible-playbook": "addressed.playbook", "nx": "node_scripts.nx",
    "cosign": "signing.cosign", "notation": "signing.notation", "pixi": "conda.pixi",
    **dict.fromkeys(("buildctl", "buildctl-daemonless.sh"), "image_tools.buildctl"), "pack": "image_tools.pack",
    "packer": "deploy.packer",
    **dict.fromkeys(("zap-baseline.py", "zap-full-scan.py", "zap-api-scan.py"), "scanners.zap"),
    **dict.fromkeys(("rails", "rake", "alembic", "knex", "prisma", "sequelize-cli", "sequelize", "typeorm"),
                    "clients.migrated"),
    "openssl": "clients.openssl", "wait-on": "readers.by_url", "ping": "clients.ping", "ping6": "clients.ping",
    **dict.fromkeys(("dig", "nslookup", "host", "drill"), "clients.lookup"),
    "nc": "clients.netcat", "ncat": "clients.netcat", "netcat": "clients.netcat",
    "telnet": "clients.netcat", **dict.fromkeys(clients.programs(), "clients.client"),
    "npm-run-all": "node_scripts.run_all", "run-s": "node_scripts.run_all", "run-p": "node_scripts.run_all",
    "concurrently": "node_scripts.concurrently", "turbo": "node_scripts.monorepo", "lerna": "node_scripts.monorepo",
    "playwright": "node_packages.playwright", "skaffold": "kubernetes.in_cluster", "istioctl": "kubernetes.in_cluster",
    "flux": "kubernetes.in_cluster", "kubeseal": "kubernetes.in_cluster", "ko": "builders.ko",
    "nitro-cli": "builders.nitro_cli", "golangci-lint": "builders.linted", "goreleaser": "builders.goreleaser",
    "bazel": "builders.bazel", "bazelisk": "builders.bazel", "conan": "builders.conan",
    "cvs": "version_control.cvs", "p4": "version_control.perforce",
    **dict.fromkeys(("bzr", "brz", "fossil", "darcs"), "version_control.by_branch"),
    "makepkg": "system_packages.makepkg",
    **dict.fromkeys(("chef-solo", "chef-client", "cinc-client"), "addressed.chef"),
    "clojure": "clojure_packages.clojure", "clj": "clojure_packages.clojure",
    "cabal": "haskell_packages.cabal", "stack": "haskell_packages.stack", "terragrunt": "terragrunt.terragrunt",
    "dnf5": "system_packages.yum", "rpm-ostree": "system_packages.yum",
    "meson": "builders.meson", "buf": "documents.buf", "hugo": "documents.hugo", "sphinx-build": "documents.sphinx",
    "jekyll": "documents.jekyll", "next": "documents.next_site", "ng": "documents.angular",
    "graphql-codegen": "documents.schema", "sphinx": "documents.sphinx",
    **dict.fromkeys(("mkdocs", "docusaurus", "mike", "hexo", "gh-pages"), "documents.published"),
    "syft": "scanners.cataloged", "grype": "scanners.cataloged", "kubeconform": "scanners.kubeconform",
    "conftest": "scanners.conftest", "mount": "clients.mounted", "java": "java_packages.java",
    **dict.fromkeys(("wkhtmltopdf", "wkhtmltoimage", "chromium", "chromium-browser", "google-chrome", "firefox",
                     "ffmpeg", "ffprobe", "pandoc", "xmllint", "swagger-cli", "spectral", "redocly", "oapi-codegen",
                     "certutil"), "readers.by_url"),
    **dict.fromkeys(("vim", "nvim"), "readers.editor"),
    **dict.fromkeys(("nix", "nix-build", "nix-shell", "nix-env", "nix-store", "nix-channel"), "builders.nix"),
}  # fmt: skip
"""Module and function of the reader of each program. A module is imported when a build runs a program of its."""


def reader_of(program: str) -> Reader | None:
    """The reader that knows a program, shell's own commands included; None if none does."""
    if program in BUILTINS:
        return BUILTINS[program]
    if program in PROGRAMS:
        return lambda call: by_name(program, call)
    return None


def by_name(program: str, call: Call) -> Outcome:
    module, function = PROGRAMS[program].split(".")
    return cast(Reader, getattr(import_module(f"reachsim.pipeline.{module}"), function))(call)
