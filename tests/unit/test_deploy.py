"""What cannot be run here, image and manifests, against the schemas of those who will read them, and our own names."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from sojourn.config import load

DEPLOY = Path(__file__).parents[2] / "deploy"
ONE, MANY = DEPLOY / "kubernetes/one", DEPLOY / "kubernetes/many"
VALUES = yaml.safe_load((DEPLOY / "airflow/values.yaml").read_text("utf-8"))
PATCHES = {MANY / "night.yaml", MANY / "network.yaml"}
PLAIN = {ONE / "conf.yaml"}
RELEASES = ("1.31", "1.37")  # of Kubernetes: the oldest with all fields that are used, the newest with schemas


def objects(*files: Path) -> list[dict[str, Any]]:
    return [thing for file in files for thing in yaml.safe_load_all(file.read_text("utf-8"))]


def manifests(folder: Path) -> list[Path]:
    return [f for f in sorted(folder.glob("*.yaml")) if f.name != "kustomization.yaml" and f not in PLAIN | PATCHES]


def rendered(folder: Path) -> list[dict[str, Any]]:
    """What kustomize makes of a folder."""
    if not shutil.which("kubectl"):
        pytest.skip("kubectl, which carries kustomize, is not there")
    made = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(made.stdout))


def fits(thing: dict[str, Any]) -> None:
    for release in RELEASES:
        kubernetes_validate.validate(thing, release, strict=True)


def pod(things: list[dict[str, Any]]) -> dict[str, Any]:
    (job,) = [t for t in things if t["kind"] == "CronJob"]
    return job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.mark.parametrize("thing", objects(*manifests(ONE), *manifests(MANY)), ids=lambda t: t["kind"])
def test_objects_are_such_as_kubernetes_takes(thing):
    fits(thing)


@pytest.mark.parametrize("folder", [ONE, MANY], ids=lambda f: f.name)
def test_what_kustomize_makes_is_such_as_kubernetes_takes(folder):
    things = rendered(folder)
    for thing in things:
        fits(thing)
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    assert {f.name for f in manifests(folder)} - {"executor.yaml"} <= set(listed), "no manifest is left out"
    assert {t["metadata"].get("namespace", "sojourn") for t in things} == {"sojourn"}


def test_a_field_that_kubernetes_does_not_know_is_found():
    (job,) = objects(ONE / "night.yaml")
    job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["enviroment"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="enviroment"):
        fits(job)


@pytest.mark.parametrize("folder", [ONE, MANY], ids=lambda f: f.name)
def test_names_meet(folder):
    """What a pod mounts is claimed, its page of configuration is in the map, the driver's template is mounted."""
    things = rendered(folder)
    night = pod(things)
    claims = {t["metadata"]["name"] for t in things if t["kind"] == "PersistentVolumeClaim"}
    pods = [night, *(p["spec"] for p in objects(MANY / "executor.yaml"))]
    for volume in (v for p in pods for v in p["volumes"] if "persistentVolumeClaim" in v):
        assert volume["persistentVolumeClaim"]["claimName"] in claims
    for p in pods:
        mounted = {m["name"] for m in p["containers"][0]["volumeMounts"]}
        assert mounted == {v["name"] for v in p["volumes"]}
    (page,) = [t["data"] for t in things if t["kind"] == "ConfigMap"]
    asked = re.findall(r"/etc/sojourn/(\S+)", night["containers"][0]["args"][0])
    assert set(asked) == set(page)


def test_the_page_loads_and_reads_where_the_volumes_are(monkeypatch):
    monkeypatch.setenv("SOJOURN_KEY", "correct-horse-battery-staple-0123456789")
    conf = load(ONE / "conf.yaml")
    mounts = [m["mountPath"] for m in pod(objects(ONE / "night.yaml"))["containers"][0]["volumeMounts"]]
    for path in (conf.lake, *(feed.path for feed in (*conf.sources.cells, *conf.sources.events))):
        assert any(path.startswith(f"{mount}/") for mount in mounts), path


@pytest.mark.parametrize("file", sorted(f for f in DEPLOY.rglob("*") if f.is_file()), ids=lambda f: f.name)
def test_every_file_says_what_it_is_and_none_holds_a_secret(file):
    text = file.read_text("utf-8")
    if (file not in PLAIN and file.parent != DEPLOY) or file.name in ("Dockerfile", "entrypoint.sh"):
        assert "NOT RUN BY US" in text[: text.index("\n\n") if "\n\n" in text else 2000]
    assert not re.search(r"\b[0-9a-f]{32,}\b|kind: Secret\b", text)
    for line in text.splitlines():
        assert "SOJOURN_KEY" not in line or "value:" not in line, "the key comes from a secret"


def closed(schema: Any) -> Any:
    """The same schema, where an object whose fields are named has no others."""
    if isinstance(schema, dict):
        schema = {key: closed(value) for key, value in schema.items()}
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


@pytest.mark.skipif("AIRFLOW_CHART_SCHEMA" not in os.environ, reason="AIRFLOW_CHART_SCHEMA names no values.schema.json")
def test_the_values_are_such_as_the_chart_takes():
    schema = json.loads(Path(os.environ["AIRFLOW_CHART_SCHEMA"]).read_text("utf-8"))
    wrong = [
        f"{list(e.absolute_path)}: {e.message}" for e in jsonschema.Draft7Validator(closed(schema)).iter_errors(VALUES)
    ]
    assert not wrong


def test_a_pod_of_airflow_mounts_what_is_claimed_and_is_what_the_namespace_asks():
    worker, things = VALUES["workers"]["kubernetes"], objects(*manifests(ONE))
    known = {t["metadata"]["name"] for t in things} | {"sojourn-conf"}
    for volume in worker["extraVolumes"]:
        assert (volume.get("configMap", {}).get("name") or volume["persistentVolumeClaim"]["claimName"]) in known
    assert {v["name"] for v in worker["extraVolumes"]} == {m["name"] for m in worker["extraVolumeMounts"]}
    secure = VALUES["securityContexts"]
    asked = pod(things)
    base = {
        "name": "base",
        "securityContext": secure["containers"],
        "env": [*VALUES["env"], *worker["env"]],
        "resources": worker["resources"],
        "volumeMounts": worker["extraVolumeMounts"],
    }
    spec = {"securityContext": secure["pod"], "containers": [base], "volumes": worker["extraVolumes"]}
    fits({"apiVersion": "v1", "kind": "Pod", "spec": spec})
    for key in ("runAsNonRoot", "seccompProfile"):
        assert secure["pod"][key] == asked["securityContext"][key]
    for key in ("allowPrivilegeEscalation", "capabilities"):
        assert secure["containers"][key] == asked["containers"][0]["securityContext"][key]


def test_the_versions_are_those_of_the_environments():
    pins = (DEPLOY.parent / "constraints-airflow.txt").read_text("utf-8")
    assert f"\napache-airflow=={VALUES['airflowVersion']}\n" in pins
    version = re.search(r'^version = "(.*)"', (DEPLOY.parent / "pyproject.toml").read_text("utf-8"), re.M)[1]
    told = [f for f in [*DEPLOY.rglob("*.yaml"), DEPLOY / "Dockerfile"] if "sojourn" in f.read_text("utf-8")]
    images = [
        tag
        for f in told
        for tag in re.findall(r"(?:sojourn(?:-airflow)?:|[tT]ag: )(\d+\.\d+\.\d+)", f.read_text("utf-8"))
    ]
    assert set(images) == {version}


def test_hadolint_finds_nothing_in_the_image():
    hadolint = shutil.which("hadolint", path=f"{Path(os.sys.executable).parent}:{os.environ['PATH']}")
    if not hadolint:
        pytest.skip("hadolint is not published for this kind of machine")
    done = subprocess.run([hadolint, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_copies_what_is_there_and_the_last_stage_is_no_root():
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    sent = [line[1:] for line in ignored if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", text, re.M):
        for source in (s for s in line.split()[:-1] if s != "."):
            assert (DEPLOY.parent / source).exists()
            assert any(source == s or source.startswith(f"{s}/") for s in sent), f"{source} is not sent to the builder"
    assert all((DEPLOY.parent / s).exists() for s in sent)
    assert re.findall(r"^USER (.*)$", text, re.M)[-1] == "185"
    assert not re.search(r"(ENV|ARG).*(KEY|SECRET|PASSWORD|TOKEN)", text)


@pytest.fixture
def said(tmp_path):
    """The entrypoint, with commands that only say what they were given."""
    for name in ("bin/tini", "spark/bin/spark-submit", "java/bin/java"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        run = 'shift 2; exec "$@"' if name == "bin/tini" else 'printf "%s\\n" "${0##*/}" "$@"'
        (tmp_path / name).write_text(f"#!/bin/sh\n{run}\n")
        (tmp_path / name).chmod(0o755)
    places = {
        "SPARK_HOME": str(tmp_path / "spark"),
        "JAVA_HOME": str(tmp_path / "java"),
        "PATH": f"{tmp_path}/bin:/usr/bin:/bin",
    }

    def run(*words: str, **environment: str) -> list[str]:
        command = [str(DEPLOY / "entrypoint.sh"), *words]
        return subprocess.run(
            command, env=places | environment, capture_output=True, text=True, check=True
        ).stdout.split("\n")[:-1]

    return run


def test_the_entrypoint_is_a_driver_as_spark_asks(said):
    words = said("driver", "--properties-file", "p", "local:///x.py", "a b", SPARK_DRIVER_BIND_ADDRESS="10.0.0.1")
    assert words[:5] == ["spark-submit", "--conf", "spark.driver.bindAddress=10.0.0.1", "--deploy-mode", "client"]
    assert words[5:] == ["--properties-file", "p", "local:///x.py", "a b"]


def test_the_entrypoint_is_an_executor_as_spark_asks(said, tmp_path):
    asked = {
        "--driver-url": "SPARK_DRIVER_URL", "--executor-id": "SPARK_EXECUTOR_ID", "--cores": "SPARK_EXECUTOR_CORES",
        "--app-id": "SPARK_APPLICATION_ID", "--hostname": "SPARK_EXECUTOR_POD_IP",
        "--resourceProfileId": "SPARK_RESOURCE_PROFILE_ID", "--podName": "SPARK_EXECUTOR_POD_NAME",
    }  # fmt: skip
    options = {f"SPARK_JAVA_OPT_{n}": f"-Dn={n} and more" for n in range(11)}
    given = {name: name.lower() for name in asked.values()} | options | {"SPARK_EXECUTOR_MEMORY": "8g"}
    words = said("executor", SPARK_CONF_DIR="/opt/spark/conf", SPARK_CLASSPATH="/more.jar", **given)
    assert words[0] == "java"
    assert words[1:14] == [*options.values(), "-Xms8g", "-Xmx8g"]
    at = words.index("org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend")
    assert words[at - 2 : at] == ["-cp", f"/opt/spark/conf:/more.jar:{tmp_path}/spark/jars/*"]
    assert dict(zip(words[at + 1 :: 2], words[at + 2 :: 2], strict=True)) == {k: v.lower() for k, v in asked.items()}


def test_the_entrypoint_passes_on_any_other_command(said):
    assert said("echo", "run", "a b") == ["run a b"]
