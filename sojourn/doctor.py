"""What is wrong with this machine and this configuration, and the command that mends each."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import filemode

from sojourn.config import Config, load
from sojourn.errors import ConfigError, SojournError


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; exit code 0 where it is well."""

    what: str
    state: str
    mend: str = ""
    exit_code: int = 0


def examine(path: str) -> Iterator[Finding]:
    """Look at everything a night needs, the cheap first; nothing is written that stays."""
    java = _java()
    yield java
    yield from _delta()
    try:
        conf = load(path)
    except ConfigError as error:
        yield Finding("configuration", str(error), "mend it, then sojourn doctor again", 2)
        return
    yield Finding("configuration", f"{path} is read; key of {len(conf.key.get_secret_value())} characters")
    yield from _paths(conf)
    if java.exit_code == 0:
        yield from _spark(conf)


def _java() -> Finding:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not java or not Path(java).exists():
        return Finding("Java", "missing", "apt-get install openjdk-17-jre-headless  (or brew install openjdk@17)", 1)
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    found = re.search(r'version "(\d+)', told)
    version = int(found[1]) if found else 0
    if version not in (17, 21):
        return Finding("Java", f"{version or 'unknown'}", "Spark 4.1 runs on 17 or 21: set JAVA_HOME to one", 1)
    return Finding("Java", f"{version}")


def _delta() -> Iterator[Finding]:
    from sojourn.session import delta_jar

    try:
        yield Finding("Delta", delta_jar().name)
    except SojournError as error:
        yield Finding("Delta", error.what, error.hint, 1)
    # a POM without its JAR in a local Maven repository stops the resolver that fetches it
    for pom in Path.home().glob(".m2/repository/io/delta/*/*/*.pom"):
        if not pom.with_suffix(".jar").exists():
            yield Finding("Maven", f"{pom.name} without its jar", f"rm -r {pom.parent}", 1)


def _paths(conf: Config) -> Iterator[Finding]:
    for feed in (*conf.sources.cells, *conf.sources.events, *conf.sources.subscribers):
        if "://" in feed.path:
            continue
        folder = Path(re.split(r"[{*?\[]", feed.path)[0])
        folder = folder if folder.is_dir() else folder.parent
        if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK):
            yield Finding(f"{feed.name} files", str(folder))
        else:
            yield Finding(f"{feed.name} files", f"{folder} is not there or cannot be read", f"ls -ld {folder}", 2)
    for what, path in (
        ("zones", conf.zones and conf.zones.path),
        ("population", conf.population and conf.population.path),
        ("risk", conf.risk and conf.risk.path),
    ):
        if path and "://" not in path:
            well = Path(path).is_file()
            yield Finding(
                what, path if well else f"{path} is missing", "" if well else f"mend {what}.path", 0 if well else 2
            )
    if "://" not in conf.lake:
        near = next(p for p in (Path(conf.lake), *Path(conf.lake).parents) if p.exists())
        well = os.access(near, os.W_OK | os.X_OK)
        free = shutil.disk_usage(near).free >> 30
        yield Finding(
            "lake",
            f"{conf.lake}, {free} GiB free" if well else f"{near} cannot be written",
            "" if well else f"ls -ld {near}",
            0 if well else 2,
        )
        yield from tiers(Path(conf.lake))


def tiers(lake: Path) -> Iterator[Finding]:
    """Whether those who may not see restricted rows are kept out: by their folder, whatever files below it say."""
    for folder in (lake / "restricted", lake / "data_docs"):
        if folder.is_dir() and folder.stat().st_mode & 0o007:
            state = f"open to every user of this machine ({filemode(folder.stat().st_mode)})"
            yield Finding(folder.name, state, f"chmod 2750 {folder}")


def _spark(conf: Config) -> Iterator[Finding]:
    from sojourn.feeds import readings
    from sojourn.lake import Lake
    from sojourn.migration import changes
    from sojourn.parameters import parameters
    from sojourn.session import start
    from sojourn.stamp import stamped

    try:
        parameters(conf)
        spark = start(conf.spark)
        readings(spark, conf)
        stamped(lake := Lake(spark, conf.lake), conf, write=False)
        yield Finding("Spark", f"{spark.version}; every expression can be resolved; the key is the lake's")
        for change in changes(lake):
            mend = "sojourn migrate" if change.anew else "nothing: the next run does it"
            yield Finding(change.table.name, change.told, mend, 2 if change.anew else 0)
    except SojournError as error:
        yield Finding("Spark", str(error), error.hint, error.exit_code)
