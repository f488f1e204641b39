#!/usr/bin/env bash
# What Spark on Kubernetes calls in its pods: `driver …` with the words of spark-submit, `executor` with all it needs in the
# environment. Anything else is a command of the image: `sojourn run …`, `spark-submit …`.
# NOT RUN BY US under Kubernetes; tests/unit/test_deploy.py runs it with commands that only say what they were given.
set -euo pipefail

case "${1:-}" in
driver)
	shift
	set -- "$SPARK_HOME/bin/spark-submit" --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
		--deploy-mode client "$@"
	;;
executor)
	# options of the JVM come one by one, numbered from 0: SPARK_JAVA_OPT_0, SPARK_JAVA_OPT_1, …
	options=()
	for ((n = 0; ; n++)); do
		name=SPARK_JAVA_OPT_$n
		[ -v "$name" ] || break
		options+=("${!name}")
	done
	set -- "$JAVA_HOME/bin/java" "${options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
		-cp "${SPARK_CONF_DIR:-$SPARK_HOME/conf}:${SPARK_CLASSPATH:+$SPARK_CLASSPATH:}$SPARK_HOME/jars/*" \
		org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
		--driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
		--app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" \
		--resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" --podName "$SPARK_EXECUTOR_POD_NAME"
	;;
esac
exec tini -s -- "$@"
