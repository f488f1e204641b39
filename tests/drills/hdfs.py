"""An HDFS of this machine: Hadoop's own MiniDFSCluster, a name node and a data node in one process."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

from tests.drills.far import CACHE

SPARK_JARS = Path(pyspark.__file__).parent / "jars"
# Of the Hadoop that PySpark brings; its cluster asks Mockito whether it is up.
CLUSTER = "org.apache.hadoop:hadoop-client-minicluster:3.4.2,org.mockito:mockito-core:4.11.0"
FETCH = "import sys; from pathlib import Path; from sojourn.session import *; fetch(*sys.argv[1:3], Path(sys.argv[3]))"


def jars() -> Path:
    """The folder with the jars of the cluster, fetched once."""
    folder = CACHE / "minidfs-3.4.2"
    if not list(folder.glob("hadoop-client-minicluster-*.jar")):
        excluded = "org.apache.hadoop:hadoop-client-api,org.apache.hadoop:hadoop-client-runtime,org.slf4j:*"
        subprocess.run([sys.executable, "-c", FETCH, CLUSTER, excluded, str(folder)], check=True)
    return folder


@dataclass
class Hdfs:
    """A cluster that can be started, killed and started again: it keeps its files and its address."""

    folder: Path
    port: int = 0  # 0: a free one, when it is first started
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        return f"hdfs://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it answers."""
        details, log = self.folder / "details.json", (self.folder / "log.txt").open("a")
        details.unlink(missing_ok=True)
        options = {"hdfs.minidfs.basedir": str(self.folder / "dfs"), "dfs.permissions.enabled": "false"}
        command = [
            *("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            *("-cp", f"{jars()}/*:{SPARK_JARS}/*", "org.apache.hadoop.test.MiniDFSClusterManager"),
            *("-datanodes", "1", "-nnport", str(self.port), "-writeDetails", str(details)),
            *(["-format"] if not self.port else []),
            *(word for name, value in options.items() for word in ("-D", f"{name}={value}")),
        ]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 120
        while not (details.exists() and details.read_text().endswith("}")):
            well = self.process.poll() is None and time.monotonic() < until
            assert well, (self.folder / "log.txt").read_text()[-3000:]
            time.sleep(0.2)
        self.port = json.loads(details.read_text())["namenode_port"]

    def kill(self) -> None:
        """As where the power goes."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
