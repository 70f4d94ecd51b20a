#!/bin/sh
# Apple and the UEM brought to agree, for one tenant, every night. Cron mails what is said here: nothing
# when all is well.
#
#	nightly.sh FOLDER     with depmend.yaml in it; inventory, result and numbers are left there
set -u
umask 077
cd "${1:?usage: nightly.sh FOLDER}" || exit 66
export DEPMEND_SETTINGS=depmend.yaml

depmend export --quiet --out live.csv || exit

# 75: a rate limit or an outage outlived --max-wait, and the same command continues.
for _ in 1 2 3; do
	depmend apply live.csv --rules orphans --yes --quiet --max-wait 2h --out live.result.csv
	status=$?
	[ "$status" -eq 75 ] || break
	sleep 900
done

depmend report latest --quiet --metrics depmend.prom --html report.html || exit
[ "$status" -eq 0 ] || echo "depmend ended with status $status: see $PWD/report.html"
exit "$status"
