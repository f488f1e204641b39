"""PostgreSQL and the processes of Airflow as docs/operations.md sets them up, in a folder of their own."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from demoland import AIRFLOW, ROOT, command

PROCESSES = ("api-server", "scheduler", "dag-processor", "triggerer")
DONE = ("success", "failed")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A server of our own; its address for Airflow."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)  # not on PATH there
    path = os.pathsep.join(map(str, [os.environ["PATH"], *debian]))
    assert shutil.which("initdb", path=path), "PostgreSQL is missing: conf/need.sh postgres says how to install it"
    folder.mkdir()
    somebody: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        nobody = pwd.getpwnam("nobody")
        somebody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    data, port = folder / "data", free_port()

    def run(name: str, *words: str) -> None:
        program = shutil.which(name, path=path)
        subprocess.run([program, "-D", data, *words], check=True, cwd=folder, stdout=subprocess.DEVNULL, **somebody)

    run("initdb", "-U", "airflow", "--auth=trust", "--encoding=UTF8", "--locale=C")
    options = f"-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg2://airflow@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "fast", "stop")


def settings(home: Path, port: int, database: str) -> dict[str, str]:
    """What docs/operations.md keeps in a file for all processes."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "operator:admin",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of a drill: nobody else reaches this address" * 2,
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }


class Installation:
    """A running Airflow, as it is asked over its REST API."""

    def __init__(self, port: int, password: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.token = ""
        self.password = password

    def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.address + path, data, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        """Whether all processes beat, and the DAGs have been read."""
        try:
            parts = self.ask("/api/v2/monitor/health")
            if any(part["status"] != "healthy" for part in parts.values()):
                return False
            credentials = {"username": "operator", "password": self.password}
            self.token = self.token or self.ask("/auth/token", credentials)["access_token"]
            return self.ask("/api/v2/dags")["total_entries"] == 3
        except OSError:  # nobody listens yet
            return False

    def trigger(self, dag: str, **body: object) -> str:
        """The name of the run."""
        return self.ask(f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None} | body)["dag_run_id"]

    def wait(self, dag: str, run: str, seconds: float) -> str:
        """How a run ended."""
        until = time.monotonic() + seconds
        while (state := self.ask(f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]) not in DONE:
            assert time.monotonic() < until, f"{dag} {run} is still {state}: {self.tasks(dag, run)}"
            time.sleep(2)
        return state

    def tasks(self, dag: str, run: str) -> dict[str, tuple[str, int]]:
        """The state of each task, and how often it was tried."""
        found = self.ask(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=100")["task_instances"]
        return {t["task_id"]: (t["state"], t["try_number"]) for t in found}


@contextmanager
def process(name: str, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen]:
    """One process of Airflow, in a session of its own; what it leaves when it is told to end is killed."""
    with log.open("w") as out:
        started = subprocess.Popen([AIRFLOW, name], env=env, stdout=out, stderr=out, start_new_session=True)
    try:
        yield started
    finally:
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@contextmanager
def installation(home: Path, database: str, env: dict[str, str]) -> Iterator[Installation]:
    """Airflow's four processes on this database, ready."""
    port, password = free_port(), "of a drill"
    env = settings(home, port, database) | env
    (home / "simple_auth_manager_passwords.json.generated").write_text(json.dumps({"operator": password}))
    command(AIRFLOW, "db", "migrate", **env)
    command(AIRFLOW, "pools", "set", "sojourn", 1, "one writer of a lake at a time", **env)
    site = Installation(port, password)
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(process(name, home / f"{name}.log", os.environ | env)) for name in PROCESSES
        }
        until = time.monotonic() + 300
        while not site.ready():
            for name, one in started.items():
                assert one.poll() is None, f"{name} ended: {(home / f'{name}.log').read_text()[-3000:]}"
            assert time.monotonic() < until, f"Airflow is not ready, see {home}"
            time.sleep(2)
        yield site
