"""`make audit`: known vulnerabilities of all packages of both environments, and a bill of what they are made of.

A service that knows vulnerabilities is asked through pip-audit. Whether one answers is tried on a package that has
some: a service that does not find them is not believed. Where none answers, one line says so, and the bills (CycloneDX,
with the jars beside PySpark) can be taken to a place that has one. Where one answers, a vulnerability fails, unless
accepted.yaml says why it does not concern us, and until when.
"""

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = {"sojourn": ".venv", "airflow": ".venv-airflow"}
SERVICES = ("osv", "pypi")
KNOWN = "jinja2==2.4.1"  # CVE-2014-1402 and others
TOOLS = Path(sys.executable).parent


def asked(service: str, requirements: Path) -> subprocess.CompletedProcess[str]:
    """What pip-audit says of pinned requirements; nothing is installed or resolved."""
    words = ("-s", service, "--timeout", "10", "--progress-spinner", "off", "--no-deps", "--disable-pip", "-f", "json")
    command = [str(TOOLS / "pip-audit"), *words, "-r", str(requirements)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def believed(service: str, folder: Path) -> bool:
    """Whether a service finds what is known to be there."""
    probe = folder / "known.txt"
    probe.write_text(KNOWN + "\n", "utf-8")
    said = asked(service, probe).stdout
    return bool(said.startswith("{") and json.loads(said)["dependencies"][0].get("vulns"))


def judged(said: list[dict[str, Any]], accepted: list[dict[str, Any]], today: date) -> list[str]:
    """What is wrong with packages that pip-audit has told of, a line each."""
    wrong = []
    excused = {(a["package"], a["id"]): a for a in accepted}
    for package in said:
        if "skip_reason" in package:
            wrong.append(f"{package['name']}: {package['skip_reason']}")
        for found in package.get("vulns", ()):
            names = [found["id"], *found["aliases"]]
            excuse = next((excused[package["name"], n] for n in names if (package["name"], n) in excused), None)
            mend = f"mended in {', '.join(found['fix_versions'])}" if found["fix_versions"] else "no version mends it"
            line = f"{package['name']} {package['version']}: {found['id']}, {mend}"
            if not excuse:
                wrong.append(line)
            elif excuse["until"] < today:
                wrong.append(f"{line}; accepted until {excuse['until']}: {excuse['reason']}")
    return wrong


def jar(path: Path) -> dict[str, Any]:
    """A jar as a component of the bill, by the properties that Maven left in it, else by its name."""
    stem = path.stem
    named = re.match(r"(.+?)-(\d.*)", stem)
    component = {"type": "library", "bom-ref": path.name, "name": named[1] if named else stem}
    if named:
        component["version"] = named[2]
    with zipfile.ZipFile(path) as inside:
        for name in inside.namelist():
            pom = re.fullmatch(r"META-INF/maven/([^/]+)/([^/]+)/pom\.properties", name)
            if pom and named and pom[2] == component["name"]:
                component |= {"group": pom[1], "purl": f"pkg:maven/{pom[1]}/{pom[2]}@{named[2]}"}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return component | {"hashes": [{"alg": "SHA-256", "content": digest}]}


def bill(name: str, environment: Path, out: Path) -> int:
    """Write the bill of an environment; how many components it has."""
    # its validation against the schema takes twenty seconds a bill, and sees nothing of what is added below
    words = ("environment", "--no-validate", "--output-reproducible", "--of", "JSON", str(environment))
    command = [str(TOOLS / "cyclonedx-py"), *words]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    # the project itself is where somebody has checked it out: no component, and nobody's business
    told["components"] = [c for c in told["components"] if c["name"] != "sojourn"]
    told["components"] += map(jar, sorted(environment.glob("lib/python3*/site-packages/pyspark/jars/*.jar")))
    known = {c["bom-ref"] for c in told["components"]}
    told["dependencies"] = [d for d in told.get("dependencies", ()) if d["ref"] in known]
    (out / f"{name}.cdx.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return len(told["components"])


def audit() -> list[str]:
    """Bills first, then the service; what is wrong."""
    out = ROOT / "dist"
    out.mkdir(exist_ok=True)
    for name, folder in ENVIRONMENTS.items():
        print(f"audit: dist/{name}.cdx.json, {bill(name, ROOT / folder, out)} components")
    service = next((s for s in SERVICES if believed(s, out)), None)
    (out / "known.txt").unlink()
    if not service:
        print("audit: no service that knows vulnerabilities answers here; take the bills to a place that has one")
        return []
    accepted = yaml.safe_load((ROOT / "deploy/accepted.yaml").read_text("utf-8")) or []
    wrong = []
    for pins in ("constraints.txt", "constraints-airflow.txt"):
        done = asked(service, ROOT / pins)
        if not done.stdout.startswith("{"):
            return [f"{pins}: pip-audit failed: {done.stderr.strip()[-500:]}"]
        packages = json.loads(done.stdout)["dependencies"]
        print(f"audit: {pins}, {len(packages)} packages asked of {service}")
        wrong += judged(packages, accepted, date.today())
    return wrong


if __name__ == "__main__":
    lines = audit()
    print(*(f"audit: {line}" for line in lines), sep="\n", end="\n" * bool(lines), file=sys.stderr)
    sys.exit(bool(lines))
