#!/usr/bin/env bash
# Airflow on its embedded default (SQLite, one machine) with the demo country: what `make airflow` runs. To try it, not to
# run nights that matter: those want PostgreSQL, and settings kept where your Airflow keeps them (docs/operations.md).
set -euo pipefail
cd "$(dirname "$0")/.."
port=${AIRFLOW_PORT:-8080}
export PATH="$PWD/.venv-airflow/bin:$PATH"
export AIRFLOW_HOME="$PWD/demo/airflow"
export AIRFLOW__CORE__DAGS_FOLDER="$PWD/dags"
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION=False
export AIRFLOW__CORE__PARALLELISM=2
export AIRFLOW__CORE__EXECUTION_API_SERVER_URL="http://localhost:$port/execution/"
export AIRFLOW__API__HOST=127.0.0.1 # nobody else on the network
export AIRFLOW__API__PORT="$port"
export AIRFLOW__API__BASE_URL="http://localhost:$port"
export AIRFLOW__API__WORKERS=1
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False
export AIRFLOW_CONN_SPARK_DEFAULT='{"conn_type": "spark", "host": "local[*]"}'
export AIRFLOW_VAR_SOJOURN_JAVA_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1" # small nights are mostly start
export SOJOURN_SCHEDULE=none # the demo country lives in March 2026: a night of today would find no files

mkdir -p "$AIRFLOW_HOME"
log="$AIRFLOW_HOME/standalone.log"
echo "Airflow starts, in $AIRFLOW_HOME; what it says goes to $log"
{ airflow db migrate && airflow pools set sojourn 1 "one writer of a lake at a time"; } >"$log" 2>&1 ||
	{ tail -20 "$log" >&2 && exit 1; }

well() {
	python - "http://localhost:$port/api/v2/monitor/health" <<-'END' 2>/dev/null
		import json, sys, urllib.request
		parts = json.load(urllib.request.urlopen(sys.argv[1], timeout=5))
		sys.exit(any(parts[p]["status"] != "healthy" for p in ("metadatabase", "scheduler", "dag_processor")))
	END
}

# In a session of its own: Ctrl-C would reach each of Airflow's processes, which are then told to end once more, by their
# parent, and the scheduler would hang. So only the parent is told.
python - >>"$log" 2>&1 <<-'END' &
	import os, signal
	signal.signal(signal.SIGINT, signal.default_int_handler)
	os.setsid()
	os.execvp("airflow", ["airflow", "standalone"])
END
airflow=$!
trap 'echo " stopping" && kill -INT $airflow' INT TERM HUP

until well; do
	kill -0 $airflow 2>/dev/null || { tail -20 "$log" >&2 && exit 1; }
	sleep 2
done
password=$(sed -n 's/.*"admin": *"\([^"]*\)".*/\1/p' "$AIRFLOW_HOME/simple_auth_manager_passwords.json.generated")
cat <<-END

	open      http://localhost:$port/dags/nightly
	log in    admin, password $password
	a night   Trigger, with Landing day 2026-03-02 or a later one; the conf is conf/local.yaml, the lake demo/lake
	stop      Ctrl-C
END
while kill -0 $airflow 2>/dev/null; do wait $airflow || true; done
