#!/usr/bin/env bash
# samples/kubernetes: its manifests are what the API takes, and the pod of its Job runs under an OCI runtime against the
# simulator with the same user, group, mounts, capabilities and read-only root; volumes look as a node delivers them.
#
#	tests/full/kubernetes.sh
#
# Needs root, runc, kubectl (kubernetes-client), fuse-overlayfs, and npm for the API's schemas (kubernetes-models).
set -u
cd "$(dirname "$0")/../.." || exit 1
pods=0
for tool in runc kubectl fuse-overlayfs npm; do
	command -v "$tool" >/dev/null || {
		echo "kubernetes: needs $tool (apt-get install runc kubernetes-client fuse-overlayfs npm)" >&2
		exit 1
	}
done
# shellcheck source=tests/lib.sh
. tests/lib.sh
make -s all || exit 1
suite_begin .build/release
unset DEPMEND_CLOCK DEPMEND_SETTINGS
export BUNDLES=$work/bundles
mkdir "$BUNDLES"
tenant=$work/kubernetes/tenants/acme
volumes=$work/volumes
group=65532

manifests() {
	cp -r samples/kubernetes "$work/"
	cp "$work/apple.pem" "$work/tenant-code" "$work/uem-secret" "$tenant/"
	kubectl kustomize "$tenant" >"$work/manifests.yaml"
}

# The API skips line ends in base64, which the schemas do not know.
as_lines() {
	python3 -c 'import json, sys, yaml
for one in yaml.safe_load_all(open(sys.argv[1])):
    if one["kind"] == "Secret":
        one["data"] = {name: value.replace("\n", "") for name, value in one["data"].items()}
    print(json.dumps(one))' "$1"
}

valid() { # MANIFESTS
	as_lines "$1" | node tests/full/validate.js "$work/schemas"
}

# A ConfigMap or Secret as the kubelet writes it: links through ..data, so that all files change at once.
project() { # NAME MODE FILE...
	local volume=$volumes/$1 mode=$2 data=..2026_11_22_03_00_00.1

	shift 2
	rm -rf "$volume"
	mkdir -p "$volume/$data"
	ln -s "$data" "$volume/..data"
	for file; do
		install -m "$mode" -o 0 -g "$group" "$file" "$volume/$data/$(basename "$file")"
		ln -s "..data/$(basename "$file")" "$volume/$(basename "$file")"
	done
	chmod 1777 "$volume"
}

# The tenant's volumes, for the simulator instead of the services and quick enough for a suite.
new_volumes() { # SETTINGS THAT ARE ADDED
	mkdir -p "$work/as"
	sed -e "s|https://as1234.awmdm.com|http://127.0.0.1:$port|" -e "s|https://na.uemauth.workspaceone.com|http://127.0.0.1:$port|" \
		-e "s|client_id: BUSINESSAPI.*|client_id: $client\n  url: http://127.0.0.1:$port\n  token_url: http://127.0.0.1:$port/auth/oauth2/token|" \
		-e "s|- {server: WS1 EMEA, group: WS1EMEA}|&\n    - {server: WS1 APAC, group: WS1APAC}|" -e '/^timeouts/d' \
		"$tenant/depmend.yaml" >"$work/as/depmend.yaml"
	printf '%s\n' "$1" >>"$work/as/depmend.yaml"
	{ echo 'Serial Number' && cat samples/serials.txt; } >"$work/as/devices.csv"
	cp "$work/apple.pem" "$work/as/apple-key"
	cp "$work/tenant-code" "$work/uem-secret" "$work/as/"
	project settings 0644 "$work/as/depmend.yaml" "$work/as/devices.csv"
	project secrets 0440 "$work/as/apple-key" "$work/as/tenant-code" "$work/as/uem-secret"
	rm -rf "$volumes/state"
	install -d -m 2775 -o 0 -g "$group" "$volumes/state"
}

new_cluster() {
	# shellcheck disable=SC2119 # no options of the simulator
	new_world
	new_volumes 'limits: {percent: 30}
rate: {apple_read: 2000/1m, apple_write: 1000/1h}
timeouts: {settle: 1s, activity: 20s}
poll: {apple: 1s, uem: 1s}'
}

pod() { # leaves $status, $work/out and $work/err
	pods=$((pods + 1))
	tests/full/container.py pod "$work/manifests.yaml" "$volumes" "$work/root" "pod-$$-$pods" \
		>"$work/out" 2>"$work/err"
	status=$?
}

start_pod() {
	pods=$((pods + 1))
	tests/full/container.py pod "$work/manifests.yaml" "$volumes" "$work/root" "pod-$$-$pods" \
		>"$work/out.pod" 2>"$work/err.pod" &
	running=$!
}

until_off() {
	for _ in $(seq 600); do
		[ "$(effects unassign)" -eq 0 ] || return 0
		sleep 0.1
	done
	return 1
}

away() {
	echo $(($(effects unassign) - $(effects assign)))
}

done_rows() {
	grep -c ',done,' "$volumes/state/devices.result.csv"
}

mkdir "$work/schemas"
check 'the schemas of the API' npm install --silent --prefix "$work/schemas" kubernetes-models
check 'kustomize makes a tenant' manifests
check 'its manifests are valid' valid "$work/manifests.yaml"
sed 's/concurrencyPolicy: Forbid/concurrencyPolicy: Never/' "$work/manifests.yaml" >"$work/wrong.yaml"
check 'a wrong one is not' test -z "$(valid "$work/wrong.yaml" 2>/dev/null | grep CronJob)"
src/package/image.sh "$work/image.tar" >/dev/null && mkdir "$work/root" &&
	tests/full/container.py unpack "$work/image.tar" "$work/root" >/dev/null || exit 1

new_cluster
export POD_USER=123456 # OpenShift gives a user that no file knows
pod
unset POD_USER
check 'a pod with a user of no name runs' test "$status" -le 3
check '15 devices done' test "$(done_rows)" -eq 15

new_cluster
start_pod
check 'devices are taken off' until_off
pod
check 'a second pod of the tenant ends with 11' test "$status" -eq 11
kill -TERM "$running"
wait "$running"
check 'SIGTERM: an orderly stop' test $? -eq 143
check 'and nothing is off its server' test "$(away)" -eq 0
pod
check 'the next pod goes on' test "$status" -le 3
restored=$(grep -c ',restored,' "$volumes/state/devices.result.csv")
check 'every row is done, or was put back and says so' test $(($(done_rows) + restored)) -eq 15
[ "$restored" -eq 0 ] || {
	check 'then the end names the command that goes on' grep -q '^next .* apply ' "$work/err"
	pod
	check 'which does' test "$(done_rows)" -eq "$restored"
	check 'and leaves the others' test "$(grep -c ',unchanged,' "$volumes/state/devices.result.csv")" -eq $((15 - restored))
}

new_cluster
start_pod
check 'devices are taken off' until_off
runc --root "$(find "$BUNDLES" -path "*/runtime/pod-$$-$pods" | sed 's|/pod-[^/]*$||')" kill "pod-$$-$pods" KILL
wait "$running"
pod
check 'after the grace it was killed: the next pod goes on' test "$status" -le 3
check 'nobody is off' test "$(away)" -eq 0
check 'and all are done' test "$(done_rows)" -eq 15

new_cluster
rm -rf "$volumes/state"
mkdir -p "$volumes/state" "$work/low" "$work/up" "$work/scratch"
fuse-overlayfs -o "lowerdir=$work/low,upperdir=$work/up,workdir=$work/scratch" "$volumes/state"
chmod 2775 "$volumes/state" && chgrp "$group" "$volumes/state"
pod
umount "$volumes/state"
check 'a state on FUSE is refused' test "$status" -eq 78
check 'before anything is sent' test "$(effects unassign)" -eq 0
sim_stop
suite_end
