#!/usr/bin/env bash
# The bundle for support: what is in it, and what never is.
#
#	tests/bundle/run.sh BUILD
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/bundle/run.sh BUILD}"
cd "$work" || exit 1

(umask 077 && echo 'tenant-code-0451' >tenant-code && echo 'uem-secret-0451' >uem-secret && echo 'http://127.0.0.1:1/hook-0451' >hook-url)
new_world --tenant-code tenant-code-0451 --uem-client depmend:uem-secret-0451
settings_with 'notify: {webhook: {url: {file: hook-url}, format: json, on: [guard]}}'
cp "$root/samples/portal-like.csv" in.csv
run apply in.csv --rules corrupted-registration --yes --allow percent=30
exits 'a run' 3
cut -d, -f1 in.result.csv | grep -E '^[A-Z0-9]{8,17}$' >serials
check 'it has serials' test "$(wc -l <serials)" -gt 20

first=$(head -n 1 serials)
sed -i "s|file: hook-url|file: $first/hook-url|" depmend.yaml # even a path may hold one
mkdir "$first" && mv hook-url "$first/"
before=$(wc -l <"$audit")
run doctor --bundle bundle.json
exits 'doctor --bundle' 0
same 'for nobody else' 600 "$(stat -c %a bundle.json)"
same 'nobody is asked' "$before" "$(wc -l <"$audit")"
check 'it is JSON' jq -e . bundle.json >/dev/null
check 'versions' jq -e '.versions.depmend and .versions.release' bundle.json >/dev/null
check 'settings' jq -e '.settings["apple.client_id"] and .settings["apple.private_key"] == "{file}"' bundle.json >/dev/null
check 'how much is in the store' jq -e '.store.schema > 0 and .store.tables.request > 0 and .store.tables.event > 0' bundle.json >/dev/null
check 'the runs' jq -e '.store.runs[0].exit_status == 3' bundle.json >/dev/null
check 'the last requests' jq -e '.store.requests[0] | .activity and .intent and .devices > 0' bundle.json >/dev/null
check 'serials are hashed' jq -e '.store.requests[0].first | test("^serial-[0-9a-f]{10}$")' bundle.json >/dev/null
same 'no serial is in it' '' "$(grep -oiwFf serials bundle.json)"
same 'nor within a word' '' "$(grep -oFf serials bundle.json)"
same 'no secret is in it' '' "$(grep -o '0451' bundle.json)"
same 'no key' '' "$(grep -oFf <(grep -v -e '-----' apple.pem) bundle.json)"
cp bundle.json first.json
run doctor --bundle bundle.json
check 'the salt is another one each time' test "$(jq -r '.store.requests[0].first' first.json)" != "$(jq -r '.store.requests[0].first' bundle.json)"

sim_stop
run doctor --bundle bundle.json
exits 'when no service answers' 0
rm -rf state
run doctor --bundle bundle.json
exits 'without a state' 0
run doctor --bundle depmend.yaml
exits 'over the settings' 64
run doctor --bundle none/bundle.json
exits 'into no folder' 73

suite_end
