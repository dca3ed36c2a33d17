"""Tiles made by Dask workers: processes of this machine, or a cluster that the user names.

Tiles do not depend on each other, so workers need nothing but the tables of rows and the snapshot, which each is sent
once, and then a tile at a time. What a worker makes is what would be made here, byte for byte; a tile that is lost with
its worker is made again by another. The only part of reachsim beside ``reachsim snapshot`` that talks over a network.

Imported only inside functions: it needs numpy, and to run it Dask (the extra ``cluster``).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import msgspec

from reachsim.errors import QuestionError, UnsupportedError
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.slices.tiles import Part, Tile, Tiles
from reachsim.snapshot import Snapshot

WAITING: Final = 3
"""Tiles that each thread of a worker is given at a time, so that it never waits for the next and few results lie
there.
"""
PATIENCE: Final = 15
"""Seconds to wait for a scheduler and its first worker."""
_NO_DASK: Final = "--jobs and --scheduler need Dask: pip install 'reachsim[cluster]'"


class Job(NamedTuple):
    """What makes the same tiles anywhere: the tiles with their tables of rows, as Dask writes them, and the snapshot's
    files, for what the point path is asked; both packed.
    """

    code: str
    header: Mapping[str, Any]
    tables: tuple[bytes, ...]
    files: bytes
    appliances: Mapping[str, str]
    assume_defaults: bool

    def tiles(self) -> Tiles:
        """The tiles of the job's matrix. Raises UnsupportedError where this is another reachsim than the sender's."""
        if self.code != _code():
            raise UnsupportedError("the workers run another version of reachsim")
        from distributed.protocol.serialize import deserialize

        found: Tiles
        found, later = deserialize(self.header, [zlib.decompress(frame) for frame in self.tables])
        later.job = self
        return found

    def ground(self) -> Ground:
        """The network of the job's matrix."""
        files = msgspec.msgpack.decode(zlib.decompress(self.files), type=dict[str, bytes])
        return Ground(Network(Snapshot.of(files), assume_defaults=self.assume_defaults), self.appliances)


class Later:
    """Stands for the network of a job, which is not built before something asks for it: most tiles never do."""

    job: Job | None = None
    _ground: Ground | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.job is None:
            raise AttributeError(name)
        if self._ground is None:
            self._ground = self.job.ground()
        return getattr(self._ground, name)


def packed(snapshot: Snapshot) -> bytes:
    """The files of a snapshot that a network is built of."""
    names = [path for path in snapshot.paths if path == "snapshot.json" or not path.startswith("code/")]
    return zlib.compress(msgspec.msgpack.encode({path: snapshot.read(path) for path in names}), 6)


class Moved:
    """Bytes that went over the network: to how many workers, how many to each, and all that came back."""

    def __init__(self) -> None:
        self.workers: set[str] = set()
        self.there = self.tasks = self.back = 0

    @property
    def total(self) -> int:
        return self.there * len(self.workers) + self.tasks + self.back

    def told(self, pairs: int) -> str:
        """In words, for a matrix of so many pairs."""
        million = self.total * 1_000_000 // max(pairs, 1)
        return (
            f"moved {self.there:,} bytes to each of {len(self.workers)} workers, {self.tasks:,} of tasks, "
            f"{self.back:,} back: {million:,} bytes per million pairs"
        )


class Maker:
    """Lives in each worker: holds the job, and makes its tiles when the first is asked for."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._tiles: Tiles | None = None
        self._lock = Lock()

    def __getstate__(self) -> Job:
        return self.job

    def __setstate__(self, job: Job) -> None:
        self.job, self._tiles, self._lock = job, None, Lock()

    def make(self, tile: Tile) -> Part:
        """The part of a tile. Raises UnsupportedError where this is another reachsim than the sender's."""
        with self._lock:  # a matrix remembers what it has seen; workers may have several threads
            self._tiles = self._tiles or self.job.tiles()
            return self._tiles.make(tile)


class Cluster:
    """A Dask scheduler: one that listens at an address, or one of this machine with so many worker processes."""

    def __init__(self, address: str = "", jobs: int = 0) -> None:
        self.address, self.jobs = address, jobs
        self.moved = Moved()

    def runner(self, job: Job) -> Callable[[Tiles, list[Tile]], Iterator[tuple[Tile, Part]]]:
        """Makes the parts of tiles as they get ready.

        Raises UnsupportedError without Dask or for workers of another reachsim, QuestionError if no scheduler or
        worker answers.
        """

        def run(_: Tiles, plan: list[Tile]) -> Iterator[tuple[Tile, Part]]:
            if plan:
                with self._client() as client:
                    yield from self._parts(client, job, plan)

        return run

    def _parts(self, client: Any, job: Job, plan: list[Tile]) -> Iterator[tuple[Tile, Part]]:
        from distributed import as_completed

        plugin, name = _plugin(Maker(job))
        client.register_plugin(plugin, name=name)
        self.moved.there = _size(job)
        threads = max(1, sum(client.nthreads().values()))
        waiting = iter(plan)
        asked: dict[str, Tile] = {}

        def submit(tile: Tile) -> Any:
            future = client.submit(_made, name, tile, key=f"{name}-{tile.number}", pure=False)
            asked[future.key] = tile
            self.moved.tasks += _size(tile)
            return future

        running = as_completed(
            [submit(tile) for tile in islice(waiting, WAITING * threads)],
            loop=client.loop,
        )
        try:
            for future in running:
                worker, part = _result(future)
                self.moved.workers.add(worker)
                self.moved.back += _size(part)
                following = next(waiting, None)
                if following is not None:
                    running.add(submit(following))
                yield asked.pop(future.key), part
        finally:
            client.unregister_worker_plugin(name)

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise UnsupportedError(_NO_DASK) from error
        if self.address:
            try:
                client = Client(self.address, timeout=PATIENCE, set_as_default=False)
            except (OSError, ValueError, TypeError) as error:
                raise QuestionError(f"no Dask scheduler answers at {self.address}", "NO_SCHEDULER") from error
            with client:
                self._wait(client)
                yield client
            return
        with (
            LocalCluster(
                n_workers=self.jobs, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
                memory_limit=0, silence_logs=50,
            ) as machine,
            Client(machine, set_as_default=False) as client,
        ):  # fmt: skip
            yield client

    def _wait(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise QuestionError(f"the Dask scheduler at {self.address} has no workers", "NO_WORKERS") from error


def job_of(tiles: Tiles) -> Job:
    """The job whose tiles are these. Raises UnsupportedError without Dask."""
    try:
        from distributed.protocol.serialize import serialize
    except ImportError as error:
        raise UnsupportedError(_NO_DASK) from error
    ground, later = tiles.matrix.ground, Later()
    header, frames = serialize((deepcopy(tiles, {id(ground): later}), later))
    tables = tuple(zlib.compress(bytes(frame), 1) for frame in frames)
    files = packed(ground.network.snapshot)
    return Job(_code(), header, tables, files, ground.appliances, ground.network.assume_defaults)


def _code() -> str:
    """A digest of the code that makes tiles."""
    digest = hashlib.sha256()
    folder = Path(__file__).resolve().parent.parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _size(value: object) -> int:
    """Bytes that Dask makes of a value."""
    from distributed.protocol.serialize import serialize

    return sum(memoryview(frame).nbytes for frame in serialize(value)[1])


def _plugin(maker: Maker) -> tuple[Any, str]:
    """What Dask gives to each worker, those that join later too."""
    from distributed.diagnostics.plugin import WorkerPlugin

    plugin = WorkerPlugin()
    plugin.maker = maker
    return plugin, f"reachsim-{zlib.crc32(b''.join(maker.job.tables)):08x}-{id(maker):x}"


def _made(name: str, tile: Tile) -> tuple[str, Part]:
    """Runs in a worker."""
    from distributed import get_worker

    worker = get_worker()
    return worker.address, worker.plugins[name].maker.make(tile)


def _result(future: Any) -> tuple[str, Part]:
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    try:
        made: tuple[str, Part] = future.result()
    except KilledWorker as error:
        raise UnsupportedError(
            "workers die of a tile: give them more memory, or make tiles smaller (--memory)"
        ) from error
    except FutureCancelledError as error:
        raise QuestionError("the Dask scheduler has gone", "NO_SCHEDULER") from error
    except ModuleNotFoundError as error:
        raise UnsupportedError(f"the workers lack {error.name}: install reachsim with its extras there") from error
    return made
