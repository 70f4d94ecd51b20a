#!/bin/sh
# Apple and the UEM brought to agree, for one tenant, every night. Cron mails what is said here: nothing
# when all is well.
#
#	nightly.sh FOLDER     with depmend.yaml in it; inventory, result and numbers are left there
set -u
umask 077
cd "${1:?usage: nightly.sh FOLDER}" || exit 66
export DEPMEND_SETTINGS=depmend.yaml

# The run that the last apply began or continued; nothing when it did neither. Its result names it in each line, at the end.
its_run() {
	[ -z "$(find live.result.csv -newer live.csv 2>/dev/null)" ] || tail -n 1 live.result.csv | sed 's/.*,//'
}

depmend export --quiet --out live.csv || exit

# 75: a rate limit or an outage outlived --max-wait, and the same command continues.
for _ in 1 2 3; do
	depmend apply live.csv --rules orphans --yes --quiet --max-wait 2h --out live.result.csv
	status=$?
	[ "$status" -eq 75 ] || break
	sleep 900
done

# A guard may stop it before there is a run to report: its status is what counts, and the latest run is one of before.
run=$(its_run)
depmend report "${run:-latest}" --quiet --metrics depmend.prom --html report.html || [ "$status" -ne 0 ] || exit
if [ "$status" -ne 0 ] && [ -z "$run" ]; then
	echo "depmend ended with status $status and began no run: see the message above and $PWD/live.result.csv"
elif [ "$status" -ne 0 ]; then
	echo "depmend ended with status $status: see $PWD/report.html"
	depmend runs "$run"
fi
exit "$status"
