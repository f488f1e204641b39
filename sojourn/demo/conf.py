"""The page of configuration that runs the demo country, and its key."""

import secrets
from pathlib import Path

from sojourn.demo.places import OWN_PLMN, ZONE

KEY_FILE = "key"


def write_key(out: Path) -> None:
    """A key for pseudonyms, readable by its owner alone; one that is there is kept, for a lake depends on it."""
    path = out / KEY_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n")


def write_conf(out: Path) -> None:
    (out / "conf.yaml").write_text(_CONF)


_CONF = f"""\
# The demo country: Luxembourg, with an operator, subscribers and records that are all invented. Made by `sojourn demo`.
lake: lake
purpose: demonstration on invented people; no assessment is needed
home:
  country: LU
  mcc: ["270"]
  plmn: ["{OWN_PLMN}"]
  time_zone: {ZONE}
resolution: 8
key_file: {KEY_FILE}
sources:
  cells:
    - path: landing/cells/{{date}}.csv
      format: csv
      options: {{header: true}}
      columns:
        cell_id: cell_id
        latitude: cast(lat as double)
        longitude: cast(lon as double)
        radio: radio
        range_m: cast(range_m as double)
        azimuth_deg: cast(azimuth as double)
  cdr:
    - path: landing/cdr/{{date}}/*.csv.gz
      format: csv
      options: {{header: true, sep: ";"}}
      time_zone: {ZONE}
      columns:
        subscriber: imsi
        event_time: to_timestamp(start, 'dd/MM/yyyy HH:mm:ss')
        event_type: case type when 'VOICE' then 'call' when 'SIG' then 'signalling' else lower(type) end
        cell_id: cell
        home_plmn: substr(imsi, 1, 5)
        peer: b_number
        direction: case when dir = 'O' then 'out' else 'in' end
        duration_s: cast(dur as int)
        volume_bytes: cast(bytes as bigint)
        tac: tac
  roaming:
    - path: landing/roaming/{{date}}*.csv
      format: csv
      options: {{header: true}}
      time_zone: UTC
      late_days: 35
      columns:
        subscriber: imsi
        event_time: to_timestamp(time, 'yyyy-MM-dd HH:mm:ss')
        visited_plmn: vplmn
        event_type: case type when 'VOICE' then 'call' when 'SIG' then 'signalling' else lower(type) end
  subscribers:
    - path: landing/subscribers.csv
      format: csv
      options: {{header: true}}
      columns:
        imsi: imsi
        msisdn: msisdn
        valid_from: cast(since as date)
        segment: segment
        opt_out: cast(opt_out as boolean)
population: {{path: population.tif, year: 2026, kind: count}}
zones: {{path: zones.geojson, id: id, name: name}}
weights: {{inbound: {{default: 1.0}}}}
disclosure: {{k: 16}}
late_days: 7
retention_days: {{events: 90}}
"""
