"""Every reader takes whatever a buildspec may hold: odd arguments and broken files give rows or gaps, never a fault."""

from __future__ import annotations

import json
import random

import pytest

from reachsim.errors import QuestionError
from reachsim.pipeline.builtins import BUILTINS
from reachsim.pipeline.contacts import contacts_of
from reachsim.pipeline.programs import PROGRAMS
from tests.patience import within

WORDS = (  # noqa: SIM905
    "- -- -c --x= = a=b @ @@ :// https:// s3:// s3://$B $X -f /dev/null .. * a/b/c login install build run push pull "
    "up deploy init create add repo env config -e -r --region --file get set {} [ é arn:aws:s3:::x x@y:z git+https:// "
    "a:b:c:d lambda deploy-function compose buildx bake imagetools --push -t : / // ::: !"
).split()
FRAGMENTS = (  # noqa: SIM905
    'curl https://a.example.com|if [ -z "$X" ]; then|fi|$(aws ecr get-login)|docker build -t x .|&&|;|${A:-b}|${A##*/}|'
    "<<EOF|EOF|(|$((|))|`|'|\"|\n|\\|for a in b|do|done|case $x in|esac|a)|;;|function f {|}|f(){|[[ a =~ b ]]|>|>>|"
    "2>&1|export A=$B|<(|eval|sh -c|xargs -n1|sudo|npm ci|make|kubectl|$|#|{a,b}|declare -a|read y|source z|!|coproc|"
    "select"
).split("|")
BROKEN = {
    "a": b"\xff\xfe", "package.json": b"[1]", "go.mod": b"\x00", "Makefile": b"\t", "compose.yaml": b"services: [1]",
    "template.yaml": b"Resources: {a: 1, b: {Type: AWS::Serverless::Function, Properties: []}}",
    "samconfig.toml": b"default = 1", "Chart.yaml": b"dependencies: [1]", "Cargo.toml": b"x", "Gemfile": b"source",
    "environment.yml": b"channels: 3\ndependencies: {a: b}", "composer.json": b'{"require": [], "repositories": 4}',
    "pyproject.toml": b"project = 3", "pom.xml": b"<", "docker-bake.hcl": b'target "x" {', "cdk.json": b'{"app": 3}',
    ".npmrc": b"registry", "Pipfile": b"a=1", "requirements.txt": b"-r\n-i\n--\n@",
    "CMakeLists.txt": b"FetchContent_Declare(", "main.tf": b'backend "s3" {',
}  # fmt: skip


def read(*commands: str, files: dict[str, bytes] | None = None) -> None:
    spec = {"version": "0.2", "phases": {"build": {"commands": list(commands)}}}
    contacts_of(json.dumps(spec).encode(), files or {})


@pytest.mark.parametrize(
    "program", [*BUILTINS, *PROGRAMS, "xargs", "eval", "source", "sh", "make", "python", "conda", "unknown"]
)
def test_a_reader_takes_any_arguments_and_broken_files(program: str) -> None:
    chance = random.Random(program)
    lines = []
    for _ in range(25):
        words = [chance.choice(WORDS) for _ in range(chance.randrange(6))]
        lines.append(" ".join([program, *(json.dumps(one) if chance.random() < 0.5 else one for one in words)]))
    read(*lines, files=BROKEN)


def test_broken_shell_text_is_read_as_far_as_it_goes() -> None:
    chance = random.Random(7)
    for _ in range(250):
        text = " ".join(chance.choice(FRAGMENTS) for _ in range(chance.randrange(1, 40)))
        read(text, files={"Dockerfile": f"FROM alpine\nRUN {text}\n".encode(), "x.sh": text.encode()})


HEAD = "version: 0.2\nphases: {build: {commands: "


@pytest.mark.parametrize(("name", "spec", "files"), [
    ("subshells", ["(" * 3000 + "true" + ")" * 3000], {}),
    ("substitutions", ["echo " + "$(echo " * 500 + "x" + ")" * 500], {}),
    ("one long line", ["echo " + "a" * 200_000], {}),
    ("growing variables", ["A=xxxxxxxxxx", *["A=$A$A"] * 60, "curl https://$A"], {}),
    ("functions that multiply", ["\n".join(f"f{i}() {{ f{i + 1}; f{i + 1}; }}" for i in range(40)) + "\nf0"], {}),
    ("scripts that multiply", ["sh a0.sh"], {f"a{i}.sh": f"sh a{i + 1}.sh\n".encode() * 8 for i in range(9)}),
    ("requirements in a ring", ["pip install -r a.txt"], {"a.txt": b"-r b.txt\n" * 900, "b.txt": b"-r a.txt\n" * 900}),
    ("make's own variable", ["make"], {"Makefile": b"A=$(A)$(A)\nall: $(A)\n\techo $(A)\n"}),
    ("quadratic pom", ["mvn package"], {"pom.xml": b"<project>" + b"<repository>" * 30_000}),
    ("quadratic gradle", ["gradle build"], {"build.gradle": b"pluginManagement { " * 10_000}),
    ("quadratic cmake", ["cmake ."], {"CMakeLists.txt": b"FetchContent_Declare(" * 5_000}),
    ("onbuild", ["docker build ."], {"Dockerfile": b"FROM scratch\n" + b"ONBUILD RUN x\n" * 4000}),
    ("packages", ["npm i " * 10_000], {}),
    ("packages of scopes", ["npm i " + " ".join(f"@s{n % 9}/p{n}" for n in range(6_000))], {}),
    ("eval of eval", ["eval " * 12_000 + "true"], {}),
    ("here-documents", ["<<E\n" * 15_000], {}),
    ("redirections", ["echo " + ">" * 40_000], {}),
    ("parentheses", ["()" * 15_000], {}),
    ("a test of many words", ['[ "$X" ' + "= PUSH " * 6_000], {}),
    ("quadratic bake", ["docker buildx bake"], {"docker-bake.hcl": b"/* " * 20_000}),
    ("a list that never ends", ["docker build ."], {"Dockerfile": b"FROM a\nRUN " + b"[" * 60_000}),
    ("quadratic conditions", ["docker buildx bake"],
     {"docker-bake.hcl": b'target "x" { args = { V = "' + b"${A == b ? " * 3_000 + b'" } }'}),
    ("stages in a row", ["docker build ."],
     {"Dockerfile": b"FROM a AS s0\n" + b"".join(b"FROM s%d AS s%d\n" % (n, n + 1) for n in range(3_000))}),
    ("stages that a variable names", ["docker build ."],
     {"Dockerfile": b"ARG V\nFROM a AS s-\n" + b"".join(b"FROM s-$V AS s-%d\n" % n for n in range(1_500))}),
    ("continued line", ["docker build ."], {"Dockerfile": b"FROM alpine\nRUN a \\\n" + b"&& b \\\n" * 5000 + b"&& c"}),
], ids=lambda one: one if isinstance(one, str) else "")  # fmt: skip
def test_what_is_large_or_nested_takes_no_more_than_its_time(
    name: str, spec: list[str], files: dict[str, bytes]
) -> None:
    size = sum(map(len, [*spec, *files.values()]))
    with within(1 + size / 100_000, name):
        read(*spec, files=files)


@pytest.mark.parametrize(("shell", "text"), [
    ("powershell.exe", "@'\n" * 25_000),
    ("powershell.exe", "a |\n" * 20_000),
    ("powershell.exe", "foreach ($x in @('1', '2')) {\n" * 30 + "b " * 5_000 + "\n" + "}\n" * 30),
    ("cmd.exe", "for %%i in (1 2) do (\n" * 19 + "b " * 2_000 + "\n" + ")\n" * 19),
    ("cmd.exe", "goto again\n" * 8_000),
    ("cmd.exe", ":a\ngoto b\n" * 8_000),
])  # fmt: skip
def test_long_texts_of_windows_shells_take_no_more_than_their_time(shell: str, text: str) -> None:
    spec = {"version": 0.2, "env": {"shell": shell}, "phases": {"build": {"commands": [text]}}}
    with within(4 + len(text) / 100_000):
        contacts_of(json.dumps(spec).encode(), {})


@pytest.mark.parametrize("text", ["switch ", "$x = switch", "if", "$x = if", "try", "do", "foreach", "for", "while"])
def test_a_statement_of_powershell_that_ends_after_its_keyword(text: str) -> None:
    spec = {"version": 0.2, "env": {"shell": "powershell.exe"}, "phases": {"build": {"commands": [text]}}}
    assert contacts_of(json.dumps(spec).encode(), {}).contacts == ()


@pytest.mark.parametrize(("data", "what"), [
    (b"version: 0.2\nphases: " + b"[" * 5000, "nested too deeply"),
    (b"# " + b"x" * 5_000_000, "at most 1 MiB"),
    (bytes(range(256)) * 100, "binary"),
    (b"", "empty"),
    (b"version: 0.2\nphases: {}\n---\nversion: 0.2\n", "line 3: expected YAML, found: another document"),
])  # fmt: skip
def test_what_is_no_buildspec_is_refused_at_once(data: bytes, what: str) -> None:
    with within(1):
        with pytest.raises(QuestionError, match=what) as caught:
            contacts_of(data, {})
        assert "\n" not in str(caught.value)


def test_what_a_variable_hides_of_a_host_is_told_once_a_build() -> None:
    """So is an image whose distribution is not known."""
    spec = b"""version: 0.2
phases:
  build:
    commands:
      - docker pull $AWS_ACCOUNT_ID.dkr.ecr.eu-west-1.amazonaws.com/a
      - if [ -n "$PUSH" ]; then docker push $AWS_ACCOUNT_ID.dkr.ecr.eu-west-1.amazonaws.com/a; fi
      - aws s3 cp a s3://$BUCKET/a && aws s3 cp b s3://$BUCKET/b
      - aws s3 cp c s3://$OTHER/c
      - docker build .
"""
    image = b"FROM quay.io/acme/base\nRUN apt-get update\nRUN apt-get install -y curl\n"
    found = contacts_of(spec, {"buildspec.yml": spec, "Dockerfile": image})
    assert [one.why.split(" ")[0] for one in found.unresolved] == ["AWS_ACCOUNT_ID", "BUCKET", "OTHER", "which"]
    assert [one.line for one in found.unresolved] == [5, 7, 8, 2]
