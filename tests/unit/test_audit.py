"""The audit of dependencies: what fails, what may pass and until when, and what the bill says of a jar."""

import hashlib
import importlib.util
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 26)
FOUND = {
    "name": "jinja2",
    "version": "2.4.1",
    "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-2"], "fix_versions": ["2.7.3"], "description": "…"}],
}
WELL = {"name": "h3", "version": "4.5.0", "vulns": []}
EXCUSE = {"package": "jinja2", "id": "CVE-2", "reason": "never rendered", "until": TODAY}


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / "deploy/audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_vulnerability_fails_and_says_what_mends_it(audit):
    assert audit.judged([WELL, FOUND], [], TODAY) == ["jinja2 2.4.1: PYSEC-1, mended in 2.7.3"]


def test_one_that_is_accepted_passes_until_its_day(audit):
    assert audit.judged([FOUND], [EXCUSE], TODAY) == []
    (line,) = audit.judged([FOUND], [EXCUSE], TODAY + timedelta(1))
    assert "accepted until 2026-11-26: never rendered" in line


@pytest.mark.parametrize("other", [{"package": "h3"}, {"id": "CVE-3"}])
def test_one_that_is_accepted_excuses_no_other(audit, other):
    assert audit.judged([FOUND], [EXCUSE | other], TODAY)


def test_a_package_that_was_not_looked_at_is_no_well_package(audit):
    assert audit.judged([{"name": "h3", "skip_reason": "could not be audited"}], [], TODAY)


@pytest.mark.parametrize(
    ("said", "is_believed"),
    [
        (json.dumps({"dependencies": [FOUND]}), True),
        (json.dumps({"dependencies": [FOUND | {"vulns": []}]}), False),
        (json.dumps({"dependencies": [{"name": "jinja2", "skip_reason": "not found"}]}), False),
        ("", False),
    ],
    ids=["finds it", "finds nothing", "knows no such package", "cannot be reached"],
)
def test_a_service_is_believed_that_finds_what_is_known(audit, monkeypatch, tmp_path, said, is_believed):
    monkeypatch.setattr(audit, "asked", lambda *_: SimpleNamespace(stdout=said))
    assert audit.believed("osv", tmp_path) is is_believed


def test_a_service_that_breaks_off_after_it_was_believed_fails(audit, monkeypatch, tmp_path):
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy/accepted.yaml").write_text("[]")
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "bill", lambda *_: 1)
    answers = [json.dumps({"dependencies": [FOUND]}), ""]
    monkeypatch.setattr(audit, "asked", lambda *_: SimpleNamespace(stdout=answers.pop(0), stderr="reset by peer"))
    assert audit.audit() == ["constraints.txt: pip-audit failed: reset by peer"]


def test_a_jar_is_named_as_maven_names_it(audit, tmp_path):
    path = tmp_path / "jackson-core-2.21.2.jar"
    with zipfile.ZipFile(path, "w") as jar:
        jar.writestr("META-INF/maven/org.shaded/other/pom.properties", "version=1")
        jar.writestr("META-INF/maven/com.fasterxml/jackson-core/pom.properties", "version=2.21.2")
    told = audit.jar(path)
    assert told["purl"] == "pkg:maven/com.fasterxml/jackson-core@2.21.2"
    assert told["hashes"][0]["content"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_accepted_has_a_reason_and_a_day():
    accepted = yaml.safe_load((ROOT / "deploy/accepted.yaml").read_text("utf-8"))
    for entry in accepted:
        assert set(entry) == {"package", "id", "reason", "until"}
        assert isinstance(entry["until"], date)
        assert len(entry["reason"]) > 20
