"""The file of prevalence: what it says, and what is said of a wrong one."""

import pytest

from sojourn.errors import ConfigError
from sojourn.prevalence import fingerprint, prevalence

HEAD = "country,zone,prevalence\n"


@pytest.fixture
def told(land):
    def read(text):
        land.page["risk"] = {"path": "risk.csv"}
        (land.root / "risk.csv").write_text(text, "utf-8")
        return prevalence(land.conf())

    return read


def test_places_are_zones_and_countries(told):
    assert told(HEAD + "NA,omusati,0.05\nAO,,0.3\n") == {("NA", "omusati"): 0.05, ("AO", None): 0.3}


def test_without_the_key_nothing_is_known(land):
    assert prevalence(land.conf()) == {}
    assert fingerprint({}) == ""


def test_other_figures_have_another_fingerprint():
    one = {("NA", "omusati"): 0.05, ("AO", None): 0.3}
    assert fingerprint(one) == fingerprint(dict(reversed(one.items())))
    assert fingerprint(one) != fingerprint(one | {("AO", None): 0.2})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + "NA,omusati,high\n", "no prevalence in line 2"),
        (HEAD + "NA,omusati,1.2\n", "no prevalence in line 2"),
        (HEAD + "NA,omusati,nan\n", "no prevalence in line 2"),
        (HEAD + "NA,omusati,0.1\nNA,omusati,0.1\n", "again in line 3"),
        (HEAD + "NA\n", "lacks a column in line 2"),
        ("country,prevalence\nNA,0.1\n", "lacks a column in line 2"),
    ],
)
def test_a_wrong_line_is_named(told, text, what):
    with pytest.raises(ConfigError, match=what):
        told(text)


def test_a_file_that_is_not_there_is_named(land):
    land.page["risk"] = {"path": "none.csv"}
    with pytest.raises(ConfigError, match=r"risk.path.*cannot be read"):
        prevalence(land.conf())
