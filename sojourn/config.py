"""The configuration: one YAML page becomes typed values, and every mistake is told before Spark starts.

No message repeats a value: it may be the key, or may have come from the environment.
"""

import codecs
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, get_args
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from sojourn.errors import ConfigError

SCHEMES = ("s3a", "hdfs", "abfss", "gs", "file")
NEW_KEY = "32 characters or more; make one with: export SOJOURN_KEY=$(openssl rand -hex 32)"
SECRET = re.compile(r"(?i)secret|password|token|access[.]?key")  # of a Spark property, as spark.redaction.regex
BRACES = 'put a text with braces in quotes: "landing/{date}.csv", "${NAME}"'
_NOT_ISO = {"UK": "GB", "EL": "GR"}
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is an unknown key",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "literal_error": "must be {expected}",
    "greater_than_equal": "must be {ge} or more",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be {le} or less",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


def _fault(what: str, hint: str = "", *at: str | int) -> PydanticCustomError:
    """A mistake in our words, `at` a key below the value that is being looked at."""
    return PydanticCustomError("ours", "{what}", {"what": what, "hint": hint, "at": at})


def _near(word: str, known: Iterable[str]) -> str:
    folded = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), folded, 1)
    return f"did you mean {folded[close[0]]}?" if close else f"known: {', '.join(folded.values())}"


def _place(value: str, info: ValidationInfo) -> str:
    if scheme := re.match(r"(\w[\w+.-]*):/", value):
        if scheme[1] not in SCHEMES:
            raise _fault("has an unknown scheme", "a path, or " + " ".join(f"{name}://" for name in SCHEMES))
        return value
    path = Path(value).expanduser() if value.startswith("~/") else Path(value)
    folder: Path = (info.context or {}).get("folder", Path())
    return os.path.normpath(folder / path)


@cache
def _zones() -> set[str]:
    return available_timezones() - {"Factory", "localtime"}  # which Java does not know


def _zone(value: str) -> str:
    if value not in _zones():
        close = get_close_matches(value, _zones(), 1)
        raise _fault("is no time zone", f"an IANA name such as {close[0] if close else 'Europe/Luxembourg'}")
    return value


def _country(value: str, *at: str) -> str:
    if not re.fullmatch("[A-Z]{2}", value) or value in _NOT_ISO:
        raise _fault("is no country", f"ISO 3166-1 alpha-2 in capitals, such as {_NOT_ISO.get(value, 'LU')}", *at)
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float):
        raise ValueError("must be text")
    return str(value)


def _flag(value: Any) -> bool:
    if _text(value).lower() not in ("true", "false"):
        raise ValueError("must be true or false")
    return _text(value).lower() == "true"


def _char(value: Any) -> str:
    char = {"\\t": "\t", "tab": "\t"}.get(value, value) if isinstance(value, str) else ""
    if len(char) != 1:
        raise ValueError("must be one character in quotes")
    return char


def _char_or_none(value: Any) -> str:
    return "" if value == "" else _char(value)


def _charset(value: Any) -> str:
    try:
        return codecs.lookup(_text(value)).name
    except (LookupError, ValueError):
        raise ValueError("must be a character set such as UTF-8 or ISO-8859-1") from None


_ALIASES = {"delimiter": "sep", "charset": "encoding"}
_OPTIONS: dict[str, dict[str, Callable[[Any], str | bool]]] = {
    "csv": {
        **dict.fromkeys(("header", "multiLine", "ignoreLeadingWhiteSpace", "ignoreTrailingWhiteSpace"), _flag),
        **dict.fromkeys(("sep", "delimiter", "comment"), _char),
        **dict.fromkeys(("quote", "escape"), _char_or_none),  # as in Spark, '' turns quoting off
        **dict.fromkeys(("encoding", "charset"), _charset),
        "nullValue": _text,
    },
    "json": {"multiLine": _flag, "encoding": _charset, "charset": _charset},
}


def _properties(value: Any) -> Any:
    for name in value if isinstance(value, dict) else ():
        if not name.startswith("spark."):
            raise _fault("is no Spark property", "names begin with spark., as spark.driver.memory does", name)
        if not isinstance(value[name], str | int | float):
            raise _fault("must be text, a number, true or false", "", name)
    return {name: _text(item) for name, item in value.items()} if isinstance(value, dict) else value


def _by_country(value: dict[str, float]) -> dict[str, float]:
    for name in value:
        if name != "default":
            _country(name, name)
    return {"default": 1.0, **value}


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Place = Annotated[Text, AfterValidator(_place)]
Zone = Annotated[str, AfterValidator(_zone)]
Days = Annotated[int, Strict(), Field(ge=0, le=3660)]
Weight = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]


class Part(BaseModel):
    """A mapping of the page: it cannot be changed, knows all its keys and repeats no value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Home(Part):
    """The operator's country and networks."""

    country: Annotated[str, AfterValidator(_country)] = Field(description="ISO 3166-1 alpha-2, such as LU")
    mcc: tuple[str, ...] = Field(min_length=1, description='a list of three digits in quotes, such as ["270"]')
    plmn: tuple[str, ...] = Field(default=(), description='a list of MCC + MNC, five or six digits, such as ["27001"]')
    time_zone: Zone = Field(description="an IANA name such as Europe/Luxembourg")

    @model_validator(mode="after")
    def _codes(self) -> Self:
        for n, code in enumerate(self.mcc):
            if not re.fullmatch("[0-9]{3}", code):
                raise _fault("is no MCC", 'three digits in quotes, such as "270"', "mcc", n)
        for n, code in enumerate(self.plmn):
            if not re.fullmatch("[0-9]{5,6}", code) or not code.startswith(self.mcc):
                raise _fault("is no home network", "a code of home.mcc and two or three digits more", "plmn", n)
        return self


class Feed(Part):
    """Files of one kind and form, and what their columns mean."""

    kind: ClassVar[str]
    required: ClassVar[tuple[str, ...]]
    optional: ClassVar[tuple[str, ...]]
    dated: ClassVar[bool] = False
    path: Place = Field(description="files, such as landing/cdr/{date}/*.csv.gz")
    format: Literal["csv", "json", "parquet", "orc", "avro"] = Field(description="csv, json, parquet, orc or avro")
    options: dict[str, str | bool] = Field(default={}, description="of the format, such as {header: true}")
    columns: dict[str, str] = Field(description="our name: a Spark SQL expression over the columns of the file")
    _name: str = PrivateAttr("")

    @property
    def name(self) -> str:
        """The kind, and from the second feed of a kind its number: cdr, cdr-2, cdr-3."""
        return self._name

    def _settled(self, n: int, common: dict[str, Any]) -> Self:
        """With its name, and with what it takes over from the page where it says nothing."""
        taken = type(self).model_fields.keys() & common.keys() - self.model_fields_set
        feed = self.model_copy(update={name: common[name] for name in taken})
        feed._name = self.kind if n == 1 else f"{self.kind}-{n}"
        return feed

    @field_validator("path", mode="before")
    @classmethod
    def _only_date(cls, value: Any) -> Any:
        if isinstance(value, str) and re.search("[{}]", value.replace("{date}", "")):
            raise _fault("holds a placeholder that is none", "{date} is the only one")
        if isinstance(value, str) and cls.dated and "{date}" not in value:
            raise _fault("does not say where the landing day stands", f"such as landing/{cls.kind}/{{date}}/*.csv")
        return value

    @field_validator("options", mode="before")
    @classmethod
    def _spelled_as_ours(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, dict) or "format" not in info.data:
            return value
        allowed, options = _OPTIONS.get(info.data["format"], {}), dict[str, str | bool]()
        names = {name.lower(): name for name in allowed}
        for given, item in value.items():
            name = names.get(given.lower(), "")
            if not name:
                hint = _near(given, allowed) if allowed else f"{info.data['format']} takes none"
                raise _fault("is an unknown option", hint, given)
            if _ALIASES.get(name, name) in options:
                raise _fault("says again what another option says", "leave one out", given)
            try:
                options[_ALIASES.get(name, name)] = allowed[name](item)
            except ValueError as error:
                raise _fault(str(error), "", given) from None
        return options

    @field_validator("columns", mode="before")
    @classmethod
    def _of_this_kind(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for name, expression in value.items():
            if name not in cls.required + cls.optional:
                raise _fault(f"is no column of {cls.kind}", _near(name, cls.required + cls.optional), name)
            if not isinstance(expression, str | int | float) or not _text(expression).strip():
                raise _fault("must be an expression", "a column of the file, or Spark SQL over them", name)
        for name in cls.required:
            if name not in value:
                raise _fault("is missing", f"{cls.kind} needs {', '.join(cls.required)}", name)
        return {name: _text(expression).strip() for name, expression in value.items()}


class CellFeed(Feed):
    """The cell register."""

    kind = "cells"
    required = ("cell_id", "latitude", "longitude")
    optional = ("valid_from", "valid_to", "time_zone", "radio", "range_m", "azimuth_deg", "beam_deg")


class SubscriberFeed(Feed):
    """The subscriber register."""

    kind = "subscribers"
    required = ("imsi",)
    optional = ("msisdn", "valid_from", "segment", "opt_out")


class EventFeed(Feed):
    """What subscribers did; `time_zone` and `late_days` are those of home and page where the feed names none."""

    dated = True
    time_zone: Zone = Field(default="", description="of times without offset; an IANA name such as Europe/Luxembourg")
    late_days: Days = Field(default=0, description="days, such as 35")
    subscriber_kind: Literal["imsi", "msisdn"] = Field(
        default="imsi", description="what identifies people in this feed"
    )


class CdrFeed(EventFeed):
    """Events on the home network."""

    kind = "cdr"
    required = ("subscriber", "event_time", "cell_id")
    optional = ("home_plmn", "event_type", "direction", "peer", "duration_s", "volume_bytes", "tac", "utc_offset")


class RoamingFeed(EventFeed):
    """Events of home subscribers on foreign networks."""

    kind = "roaming"
    required = ("subscriber", "event_time", "visited_plmn")
    optional = ("event_type", "direction", "peer", "duration_s", "volume_bytes", "utc_offset")


class Sources(Part):
    """All feeds, by kind."""

    cells: tuple[CellFeed, ...] = Field(default=(), description="each entry begins with a dash")
    cdr: tuple[CdrFeed, ...] = Field(default=(), description="each entry begins with a dash")
    roaming: tuple[RoamingFeed, ...] = Field(default=(), description="each entry begins with a dash")
    subscribers: tuple[SubscriberFeed, ...] = Field(default=(), description="each entry begins with a dash")

    @property
    def events(self) -> tuple[EventFeed, ...]:
        """The feeds that bring events: cdr, then roaming."""
        return (*self.cdr, *self.roaming)

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        kinds = {feed.subscriber_kind for feed in self.events}
        if not kinds:
            raise _fault("is missing: no feed brings events", "sources needs cdr, roaming or both", "cdr")
        told = any("msisdn" in feed.columns for feed in self.subscribers)
        if not told and (len(kinds) > 1 or (self.subscribers and "msisdn" in kinds)):
            hint = "a register with the columns imsi and msisdn, or one subscriber_kind and no register"
            raise _fault("does not say which msisdn is which imsi", hint, "subscribers")
        return self


class Population(Part):
    """A raster of persons."""

    path: Place = Field(description="a GeoTIFF")
    year: Annotated[int, Strict(), Field(ge=1900, le=2100)] = Field(description="of the raster, such as 2020")
    kind: Literal["count", "density"] = Field(description="count: persons per pixel; density: persons per km²")


class Zones(Part):
    """Administrative areas."""

    path: Place = Field(description="a file that pyogrio reads, such as zones.geojson")
    id: Text = Field(description="the column of the file that tells zones apart")
    name: Text = Field(description="the column of the file that people read")


class Weights(Part):
    """Persons per device."""

    inbound: Annotated[dict[str, Weight], AfterValidator(_by_country)] = Field(
        default={"default": 1.0}, description="persons per foreign device, such as {default: 1.0, FR: 1.2}"
    )


class Disclosure(Part):
    """What keeps small groups hidden."""

    k: Annotated[int, Strict(), Field(ge=1)] = Field(default=16, description="devices, such as 16")


class Risk(Part):
    """Prevalence of an infection by place, for what travellers carry."""

    path: Place = Field(description="a CSV file: country,zone,prevalence (0 to 1; zone empty: the whole country)")


@dataclass
class _Page:
    """The YAML page: where each key stands, and what to say when it is wrong."""

    file: Path
    lines: dict[str, int] = field(default_factory=dict)

    def wrong(self, key: str, what: str, hint: str = "") -> ConfigError:
        near = key
        while near and near not in self.lines:
            near = near[: max(near.rfind("."), near.rfind("["), 0)]
        line = f":{self.lines[near]}" if near else ""
        return ConfigError(what, where=f"{self.file}{line}" + (f": {key}" if key else ""), hint=hint)


class Config(Part):
    """The page."""

    lake: Place = Field(description="root of all tables: a path, or s3a:// hdfs:// abfss:// gs://")
    purpose: Text = Field(description="what this lake may be used for and under which assessment")
    home: Home = Field(description="country, mcc and time_zone of the operator")
    resolution: Annotated[int, Strict(), Field(ge=0, le=15)] = Field(
        default=8, description="an H3 resolution, such as 8"
    )
    key: SecretStr = Field(default=SecretStr(""), description=NEW_KEY)
    key_file: Place | None = Field(default=None, description="a file that holds the key")
    spark: Annotated[dict[str, str], BeforeValidator(_properties)] = Field(
        default={}, repr=False, description="Spark properties, such as {spark.driver.memory: 2g}"
    )
    sources: Sources = Field(description="the feeds: cells, cdr, roaming, subscribers")
    population: Population | None = Field(default=None, description="path, year and kind of a raster")
    zones: Zones | None = Field(default=None, description="path, id and name of administrative areas")
    weights: Weights = Field(default=Weights(), description="such as {inbound: {default: 1.0}}")
    disclosure: Disclosure = Field(default=Disclosure(), description="such as {k: 16}")
    risk: Risk | None = Field(default=None, description="such as {path: prevalence.csv}")
    late_days: Days = Field(default=7, description="days, such as 7")
    retention_days: dict[str, Annotated[int, Strict(), Field(ge=1, le=36600)]] = Field(
        default={}, description="days by table, such as {events: 90}"
    )
    tables: dict[str, dict[str, Any]] = Field(
        default={}, description="parameters by table, such as {home_locations: {window_days: 28}}"
    )
    _page: _Page = PrivateAttr(default_factory=lambda: _Page(Path()))

    @property
    def path(self) -> Path:
        """The file of this configuration, absolute."""
        return Path(os.path.normpath(self._page.file.absolute()))

    @property
    def longest_late_days(self) -> int:
        """How long after its last day a month closes."""
        return max(feed.late_days for feed in self.sources.events)

    def fingerprint(self) -> str:
        """The same for the same configuration, whatever its secrets: for logs and `runs`."""
        values = self.model_dump(mode="json", exclude={"key"})
        values["spark"] = {name: value for name, value in self.spark.items() if not SECRET.search(name)}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    def relative(self, path: str | Path) -> str:
        """A path as seen from the folder of this configuration; a URI as it is."""
        return str(path) if "://" in str(path) else Path(os.path.relpath(path, self.path.parent)).as_posix()

    def wrong(self, key: str, what: str, hint: str = "") -> ConfigError:
        """What to raise when a value turns out wrong later: it names the file, the line and the key."""
        return self._page.wrong(key, what, hint)

    def _settled(self, page: _Page) -> "Config":
        """With the key at hand, and with every feed named and told what it takes over from the page."""
        common = {"time_zone": self.home.time_zone, "late_days": self.late_days}
        feeds: dict[str, tuple[Feed, ...]] = {kind: getattr(self.sources, kind) for kind in Sources.model_fields}
        for kind, entries in feeds.items():
            feeds[kind] = tuple(feed._settled(n, common) for n, feed in enumerate(entries, 1))
        settled = self.model_copy(update={"sources": self.sources.model_copy(update=feeds), "key": self._secret(page)})
        settled._page = page
        return settled

    def _secret(self, page: _Page) -> SecretStr:
        if {"key", "key_file"} <= self.model_fields_set:
            raise page.wrong("key_file", "stands beside key", "one of both")
        where, secret = "key", self.key.get_secret_value()
        if self.key_file is not None:
            where = "key_file"
            try:
                secret = Path(self.key_file).read_text("utf-8")
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "not a text file"
                raise page.wrong(where, f"cannot be read: {reason}", NEW_KEY) from None
        elif "key" not in self.model_fields_set:
            raise page.wrong(where, "is missing", f"key: ${{SOJOURN_KEY}}, {NEW_KEY}")
        secret = secret.rstrip("\r\n")
        if len(secret) < 32:
            raise page.wrong(where, "is too short", NEW_KEY)
        return SecretStr(secret)


_TAG = "tag:yaml.org,2002:"
_KINDS: dict[str, Callable[[Any], Any]] = {
    **{"null": lambda _: None, "bool": _flag, "int": int, "float": float},
    **{"str": str, "seq": list, "map": dict},
}


class _Loader(yaml.SafeLoader):
    """Scalars of YAML 1.2: NO is Norway; 022, 1:30 and 2020-01-01 are texts."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("merge", "<<", ["<"]),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", "[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"{_TAG}{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


class _Reader:
    """YAML nodes to plain values: texts with their environment variables, and the line of every key."""

    def __init__(self, page: _Page) -> None:
        self.page = page
        self.within: list[yaml.Node] = []

    def value(self, node: yaml.Node, key: str) -> Any:
        self.page.lines.setdefault(key, node.start_mark.line + 1)
        if node in self.within:
            raise self.page.wrong(key, "contains itself", "an alias may not stand inside its own anchor")
        if node.tag.removeprefix(_TAG) not in _KINDS:
            raise self.page.wrong(key, "has a YAML tag that is not understood", "leave the ! out")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, key)
        self.within.append(node)
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.value(item, f"{key}[{n}]") for n, item in enumerate(node.value)]
        else:
            value = self._mapping(node, key)
        self.within.pop()
        return value

    def _mapping(self, node: yaml.Node, key: str) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for name, item in node.value:
            if not isinstance(name, yaml.ScalarNode) or not re.fullmatch(r"[\w.<-]+", name.value):
                where = f"{self.page.file}:{name.start_mark.line + 1}" + (f": {key}" if key else "")
                raise ConfigError(
                    "a key here is no name", where=where, hint=f"a colon needs a space after it; {BRACES}"
                )
            below = f"{key}.{name.value}".lstrip(".")
            if name.tag == f"{_TAG}merge":
                self.page.lines[below] = name.start_mark.line + 1
                bases = item.value if isinstance(item, yaml.SequenceNode) else [item]
                if not all(isinstance(base, yaml.MappingNode) for base in bases):
                    raise self.page.wrong(below, "must be a mapping, or a list of mappings", "<<: *anchor")
                for base in reversed(bases):
                    merged |= self.value(base, key)
                continue
            if name.value in own:
                first, self.page.lines[below] = self.page.lines[below], name.start_mark.line + 1
                raise self.page.wrong(below, "is given twice", f"first in line {first}")
            self.page.lines[below] = name.start_mark.line + 1
            own[name.value] = self.value(item, below)
        return merged | own

    def _scalar(self, node: yaml.ScalarNode, key: str) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if kind == "str":
            return re.sub(r"\$\{([^}]*)\}?", lambda found: self._variable(found, key), node.value)
        try:
            return _KINDS[kind](node.value)
        except ValueError:
            raise self.page.wrong(key, "is not what its YAML tag says", "leave the ! out") from None

    def _variable(self, found: re.Match[str], key: str) -> str:
        name = found[1]
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise self.page.wrong(key, "has a ${…} that is no variable", "only ${NAME} is understood")
        if name not in os.environ:
            hint = "write {date} without $" if name == "date" else f"export {name}=..."
            raise self.page.wrong(key, f"the environment variable {name} is not set", hint)
        return os.environ[name]


def _read(page: _Page) -> Any:
    try:
        text = page.file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise page.wrong("", "no such file", "`sojourn demo --out demo` writes one, demo/conf.yaml") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise page.wrong("", f"cannot be read: {reason}", "--conf takes a YAML file") from None
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "a character is not allowed"
        what = re.sub(r"""(['"])[^<'"][^'"]+\1""", "a word", what)  # which may be the key
        if mark is None:
            raise page.wrong("", f"is no YAML: {what}") from None
        line = text.splitlines()[mark.line : mark.line + 1]
        hint = BRACES if line and "{" in line[0] else "look at indentation, colons and quotes"
        raise ConfigError(f"is no YAML: {what}", where=f"{page.file}:{mark.line + 1}", hint=hint) from None
    return _Reader(page).value(node, "") if node else None


def _part(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_part, get_args(annotation))), None)


def _mistake(page: _Page, error: ErrorDetails) -> ConfigError:
    """What pydantic found, in our words: the key, what is wrong, and from the field's own description the mend."""
    told = error.get("ctx", {})
    loc = [key for key in error["loc"] if key != "[key]"] + list(told.get("at", ()))
    holder: type[BaseModel] = Config
    part, hint = holder, ""
    for name in (key for key in loc if isinstance(key, str)):
        holder = part
        if name not in holder.model_fields:
            break
        field = holder.model_fields[name]
        part, hint = _part(field.annotation) or part, field.description or ""
    if error["type"] == "extra_forbidden":
        hint = _near(str(loc[-1]), holder.model_fields)
    what = told["what"] if error["type"] == "ours" else _WORDS.get(error["type"], "is not valid").format(**told)
    key = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in loc).lstrip(".")
    return page.wrong(key, what, told.get("hint") or hint)


def load(path: str | Path) -> Config:
    """The configuration in a file; a ConfigError names the first mistake, a misspelt key before all others."""
    page = _Page(Path(path))
    tree, mistakes = _read(page), list[ErrorDetails]()
    try:
        context = {"folder": page.file.absolute().parent}
        return Config.model_validate(tree, context=context)._settled(page)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)
    raise _mistake(page, min(mistakes, key=lambda mistake: mistake["type"] != "extra_forbidden"))
