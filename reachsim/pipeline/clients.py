"""Clients of databases, and netcat: the server that their options, or a URL among their words, name.

``clients.csv`` has a row per program: the options that name the host and the port, and the port unless one is given.
**Source:** the column ``source``; PostgreSQL documentation, "Connection Strings", "Environment Variables" (PGHOST,
PGPORT); JDBC drivers' URL formats; nc(1).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from reachsim import digits
from reachsim.pipeline import knowledge, urls
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Destination, Found, Gap
from reachsim.pipeline.variables import CLOSE, OPEN, is_known, nothing_known, shown

_PORTS: Final = {"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "sqlserver": 1433,
                 "oracle:thin": 1521, "redis": 6379, "rediss": 6379, "mongodb": 27017, "redshift": 5439,
                 "aws-wrapper:postgresql": 5432, "aws-wrapper:mysql": 3306}  # fmt: skip
_URL: Final = (
    rf"(?:jdbc:)?(?P<kind>{'|'.join(map(re.escape, _PORTS))}):(?://|@(?://)?)(?:[^@/\s]*@)?"
    rf"(?P<host>(?:[\w.-]|{OPEN}[^{CLOSE}]*{CLOSE})+)(?::(?P<port>\d+))?"
)
_VALUED: Final = ["U", "username", "d", "dbname", "c", "command", "f", "file", "v", "set", "u", "user", "e", "execute",
                  "D", "database", "n", "a", "password", "eval", "Q", "i", "o", "output", "configFiles", "locations",
                  "changeLogFile", "changelog-file", "url", "protocol", "w", "q", "s", "X"]  # fmt: skip


@cache
def _clients() -> dict[str, tuple[list[str], list[str], int]]:
    return {row["program"]: (row["host"].split(), row["port"].split(), int(row["default"]))
            for row in knowledge.rows("clients.csv")}  # fmt: skip


def programs() -> tuple[str, ...]:
    return tuple(_clients())


def client(call: Call) -> Outcome:
    """The server that a database's client asks; none where it is the machine's own."""
    hosts, ports, default = _clients()[call.program]
    given = arguments(call.words, [*_VALUED, *hosts, *ports])
    if given.has("version", "V") and not given.rest:
        return Outcome((), None)
    found = in_urls(" ".join(call.words))
    postgres = default == 5432 and call.program not in ("flyway", "liquibase")
    host = given.last(*hosts) or (call.env("PGHOST") if postgres and not found else None)
    port = given.last(*ports) or (call.env("PGPORT") if postgres else None)
    if call.program == "sqlcmd" and host:
        host, _, port = host.removeprefix("tcp:").partition(",")
    if call.program == "cqlsh" and given.rest:
        host, port = given.rest[0], given.rest[1] if len(given.rest) > 1 else None
    if host:
        found = _at(host, digits.port(port, default))
    return Outcome(tuple(found), None, None if call.program == "pg_isready" else True)


def migrated(call: Call) -> Outcome:
    """Programs that work on the database that an application's settings or DATABASE_URL name: Rails' tasks of ``db:``,
    Alembic, Knex, Prisma, Sequelize, TypeORM.

    **Source:** Rails Guides, "The Rails Command Line"; the tools' own documentation.
    """
    pattern = {"rails": r"db(:|$)", "rake": r"db(:|$)", "alembic": r"(?:up|down)grade|current|stamp|check",
               "prisma": r"migrate|db$", "knex": r"migrate:|seed:"}.get(call.program,
                                                                              r"db:|migration:|schema:")  # fmt: skip
    found: list[Found] = []
    if call.program == "prisma" and call.env("PRISMA_QUERY_ENGINE_BINARY") is None and call.words[:1] != ("format",):
        found.append(Destination("binaries.prisma.sh", 443, "download", "likely"))
    if not any(re.match(pattern, word) for word in call.words) or "help" in call.words:
        if call.program in ("rake", "rails"):
            return _task(call)
        return Outcome(tuple(found) if call.words[:1] == ("generate",) else (), None)
    named = in_urls(call.env("DATABASE_URL") or "")
    gap = Gap(call.command.text, "the database that the application's settings name is not known")
    return Outcome((*found, *(named or [gap])), None)


_FRAMEWORK: Final = (
    r"(?:test|spec)(?::.*)?|[gdcst]|generate|destroy|server|console|stats|notes|routes|about|version|secret"
    r"|credentials(?::.*)?|plugin|-[TPDVvhn]|--(?:tasks|prereqs|describe|version|help|dry-run)"
)
"""What Rake and Rails do themselves, without a task of the project's, and the tasks that run its tests."""


def _task(call: Call) -> Outcome:
    """A task of Rake: the Rakefile, and what it loads, say what it runs. ``rails new`` installs what it made."""
    if call.program == "rails" and call.words[:1] == ("new",):
        skips = not {"--skip-bundle", "-B"}.isdisjoint(call.words)
        return Outcome((() if skips else tuple(knowledge.index("rubygems"))), None)
    words = [word for word in call.words if "=" not in word]
    if (words or call.program == "rails") and (not words or re.fullmatch(_FRAMEWORK, words[0])):
        return Outcome((), None)
    return Outcome((Gap(call.command.text, "what the project's own tasks run is not worked out"),), None)


def netcat(call: Call) -> Outcome:
    """``nc HOST PORT`` and ``telnet HOST PORT``; a listening one waits."""
    given = arguments(call.words, ["w", "i", "p", "s", "X", "x", "q", "T", "e", "c"])
    port = digits.number(given.rest[1]) if len(given.rest) > 1 else None
    if given.has("l", "listen") or port is None:
        return Outcome((), None, None)
    return Outcome(tuple(_at(given.rest[0], port)), None, None)


def openssl(call: Call) -> Outcome:
    """``openssl s_client -connect HOST:PORT``; its other commands contact nobody."""
    if call.words[:1] not in (("s_client",), ("s_time",), ("ocsp",)):
        return Outcome((), None)
    places = [call.words[number + 1] for number, word in enumerate(call.words[:-1])
              if word in ("-connect", "-proxy", "-host", "-url")]  # fmt: skip
    plain = [word for word in call.words[1:] if not word.startswith("-") and ":" in word]
    found: list[Found] = []
    for place in places or plain[-1:]:
        if "://" in place:
            found += urls.destination(place)
        else:
            host, _, port = place.partition(":")
            found += _at(host, digits.port(port, 443))
    return Outcome(tuple(found), None, None)


def ping(call: Call) -> Outcome:
    """``ping HOST``: an ICMP echo request (type 8)."""
    rest = arguments(call.words, ["c", "i", "W", "w", "s", "I", "t", "Q", "M"]).rest
    found = [_over("icmp", 8, one) for name in rest[:1] for one in _at(name, 8)]
    return Outcome(tuple(found), None, None)


def lookup(call: Call) -> Outcome:
    """dig, nslookup and host: a name server that they name; without one the VPC's resolver answers, as for any name."""
    plain = [word for word in call.words if not word.startswith(("-", "+"))]
    servers = [word[1:] for word in plain if word.startswith("@")]
    if call.program in ("nslookup", "host"):
        servers = plain[1:2]
    found = [_over("udp", 53, one) for name in servers for one in _at(name, 53)]
    return Outcome(tuple(found), None, None)


def _over(protocol: str, port: int, found: Found) -> Found:
    return Destination(found.host, port, protocol=protocol) if isinstance(found, Destination) else found


_SHARES: Final = {"nfs": 2049, "nfs4": 2049, "cifs": 445, "smb3": 445}


def mounted(call: Call) -> Outcome:
    """``mount -t nfs HOST:/PATH``, ``-t efs FILE-SYSTEM``, ``-t cifs //HOST/SHARE``: the server of the file system.

    **Source:** nfs(5), mount.cifs(8); EFS User Guide, "Mounting EFS file systems" (file-system-id.efs.region).
    """
    given = arguments(call.words, ["t", "types", "o", "options", "O", "L", "U", "T"])
    kind, source = given.last("t", "types") or "", given.rest[0] if given.rest else ""
    if kind == "efs":
        name = source.partition(":")[0]
        host = name if "." in name else f"{name}.efs.{call.region}.amazonaws.com"
        return Outcome((Destination(host, 2049),), None)
    if kind not in _SHARES:
        return Outcome((), None)
    host = source.removeprefix("//").split("/")[0] if source.startswith("//") else source.partition(":")[0]
    return Outcome(tuple(_at(host, _SHARES[kind])), None)


def in_urls(text: str) -> list[Found]:
    """The servers of the database URLs in a text.

    >>> [(one.host, one.port) for one in in_urls("-url=jdbc:postgresql://db.example.com/app")]
    [('db.example.com', 5432)]
    """
    found: list[Found] = []
    for match in re.finditer(_URL, text):
        found += _at(match["host"], digits.port(match["port"], _PORTS[match["kind"]]))
    return list(dict.fromkeys(found))


def _at(host: str, port: int) -> list[Found]:
    if nothing_known(host):
        return [Gap(shown(host), urls.why_unknown(host))]
    if urls.is_here(host) or not 0 < port < 65536 or (is_known(host) and "." not in host):
        return []  # a name without a dot: a socket's folder, or a container of the build's own
    return [Destination(host, port)]
