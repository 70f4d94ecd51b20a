#!/usr/bin/env bash
# Files that strangers could have written are not used: nothing that they name is started, nothing
# is sent. What real installations look like is accepted. Needs root, to own files by other names.
#
#	tests/strangers/run.sh BUILD
# shellcheck disable=SC2119 # a world needs no options
# shellcheck source=tests/lib.sh
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
	echo 'skipped: strangers (needs root and setpriv)'
	echo '0 passed, 0 failed'
	exit
fi
if [ -z "${DEPMEND_MOUNTS:-}" ] && unshare --mount true 2>/dev/null; then
	DEPMEND_MOUNTS=1 exec unshare --mount "$0" "$@"
fi
. "$(dirname "$0")/../lib.sh"
suite_begin "${1:?usage: tests/strangers/run.sh BUILD}"
unset DEPMEND_TRUST XDG_CONFIG_HOME
chmod 755 "$work"
cd "$work" || exit 1
me=61001 mate=61002 stranger=61003 team=61010 volume=61020
mkdir home && chown $me:$me home
export HOME=$work/home

as() { # UID GROUPS COMMAND...
	local uid=$1 groups=$2
	shift 2
	setpriv --reuid "$uid" --regid "$uid" --groups "$uid${groups:+,$groups}" "$@"
}

# A folder conf/ with everything in it, whose secret is a command that leaves a trace.
world() { # OWNER
	rm -rf conf home/.config marks
	mkdir -m 755 conf
	mkdir -m 777 marks
	settings
	sed -e "s|private_key:.*|private_key: {command: [sh, -c, 'touch $work/marks/ran; cat $work/readable.pem']}|" \
		-e "s|{file: tenant-code}|{env: CODE}|; s|{file: uem-secret}|{env: SECRET}|" \
		-e 's|^state:.*|state: state|' depmend.yaml >conf/depmend.yaml
	printf 'protect: {file: protected.csv}\n' >>conf/depmend.yaml
	echo 'C02PRTCTD001' >conf/protected.csv
	printf 'version: 1\nname: r\nrules:\n  - {name: b, match: {serial|in_file: list.csv}, do: [skip]}\n  - {name: a, match: {always: true}, do: [skip]}\n' >conf/rules.yaml
	printf 'serial\nC02INALIST01\n' >conf/list.csv
	printf 'approval: {steps: [wipe], people: 1, keys: approvers.pub}\n' >>conf/depmend.yaml
	cp approvers.pub conf/approvers.pub
	printf 'serial\n%s\n' "$(sed -n '2s/,.*//p' "$root/samples/fleet.csv")" >conf/in.csv
	mkdir -m 700 conf/state
	chmod 644 conf/*.yaml conf/*.csv conf/*.pub
	chown -R "$1:$1" conf
}
export CODE=code SECRET=secret DEPMEND_SETTINGS=depmend.yaml
new_world
cp apple.pem readable.pem && chmod 644 readable.pem
ssh-keygen -q -t ed25519 -N '' -f approver
echo "mia $(cut -d' ' -f1,2 approver.pub)" >approvers.pub

# The list of approvers is read by what acts.
plan() { # UID GROUPS: leaves $status, $work/err
	local command=(plan)
	[ "${one:-}" != approvers.pub ] || command=(apply --yes)
	rm -f marks/ran conf/state/*/apple-token
	(cd conf && as "$1" "$2" "$build/depmend" "${command[@]}" in.csv --rules rules.yaml --out "$work/marks/out.csv" \
		>"$work/out" 2>"$work/err" </dev/null)
	status=$?
}
refused() { # WHAT UID GROUPS
	plan "$2" "$3"
	exits "$1: refused" 78
	check "$1: the command has not run" test ! -e marks/ran
	check "$1: how to mend it" grep -qE "run: .*(chmod|chown|DEPMEND_TRUST)" err
}
accepted() { # WHAT UID GROUPS
	plan "$2" "$3"
	exits "$1: accepted" 0
	check "$1: the command has run" test -e marks/ran
}
# What the message says to do is done; then it works.
mended() { # WHAT UID GROUPS
	local command
	command=$(sed '/^[0-9]* row/,$d' err | tr '\n' ' ' | sed -n 's/.*run: *//p' | sed 's/ *\[[a-z.-]*\] *$//; s/sudo //')
	eval "$command"
	accepted "$1: after $command" "$2" "$3"
	unset DEPMEND_TRUST
}

world $me
accepted 'our own files' $me ''
world 0
chown $me conf/state
accepted 'files of root' $me ''

# The command is run when its value is needed, and only then: not while there is a token.
rm -f marks/ran
for one in 'plan in.csv --rules rules.yaml --out ../marks/out.csv' status runs 'report latest' rules \
	'check in.csv --rules rules.yaml'; do
	# shellcheck disable=SC2086 # a command and its words
	(cd conf && as $me '' "$build/depmend" $one >"$work/out" 2>"$work/err" </dev/null)
	check "$one runs no command of a secret" test ! -e marks/ran
done

# --- each kind of file, each bit ---

for one in depmend.yaml rules.yaml list.csv protected.csv approvers.pub state .; do
	for bits in g+r g+x o+r o+x u+s g+s; do
		world $me
		chgrp $team "conf/$one"
		chmod $bits "conf/$one"
		accepted "$one $bits" $me ''
	done
	for bits in g+w o+w g+rwx,o+rwx; do
		world $me
		chgrp $team "conf/$one"
		chmod $bits "conf/$one"
		refused "$one $bits" $me ''
		mended "$one $bits" $me ''
	done
	for who in $me 0; do
		world "$who"
		chown $stranger "conf/$one"
		if [ "$one $who" = "state $me" ]; then
			# It cannot even be looked into.
			on_linux 'a state of a stranger is named before it is opened' && refused "$one of a stranger, for $who" "$who" ''
		elif [ "$one" != . ]; then
			refused "$one of a stranger, for $who" "$who" ''
		fi
		[ "$one" != . ] || refused "the folder of a stranger, for $who" "$who" ''
		# What is in a folder of 0700 stays out of reach, whoever is trusted.
		[ "$one $who" = "state $me" ] || mended "$one of a stranger, for $who" "$who" ''
	done
done
world $me
chmod 1777 conf
refused 'a folder that all may write to, sticky' $me ''
world $me
mkdir -m 777 open && chown $me open && mv conf open/
refused_above() {
	rm -f marks/ran
	(cd open/conf && as $me '' "$build/depmend" plan in.csv --rules rules.yaml --out "$work/marks/out.csv" \
		>"$work/out" 2>"$work/err" </dev/null)
	status=$?
}
refused_above
exits 'a folder further up that all may write to' 78
check 'the command has not run' test ! -e marks/ran
chmod 1777 open
refused_above
exits 'but not where nobody can replace it' 0
rm -rf open

one=
# Root in the folder of somebody who has planted settings.
world $stranger
refused 'root in the folder of another user' 0 ''
world $me
for one in 'check' 'runs' 'export' 'doctor' 'apply in.csv --rules rules.yaml --yes'; do
	# shellcheck disable=SC2086 # a command and its words
	(cd conf && "$build/depmend" $one >/dev/null 2>"$work/err" </dev/null)
	status=$?
	exits "root: $one" 78
	check "root: $one: the command has not run" test ! -e marks/ran
done

# --- the state, once it is there ---

world $me
(cd conf && as $me '' "$build/depmend" apply in.csv --rules rules.yaml --yes >/dev/null 2>&1 </dev/null)
for name in depmend.db shared.db; do
	db=$(echo conf/state/*/$name)
	chmod o+w "$db"
	refused "a $name that all may write to" $me ''
	chmod o-w "$db"
	chown $stranger "$db"
	refused "a $name of a stranger" $me ''
	chown $me "$db"
done
rm -rf conf/state
accepted 'a state that is not there yet' $me ''

# --- links ---

world $me
mv conf/rules.yaml conf/real.yaml
ln -s real.yaml conf/rules.yaml && chown -h $me conf/rules.yaml
accepted 'a link beside its file' $me ''
mkdir -m 777 elsewhere
mv conf/real.yaml elsewhere/ && ln -sf ../elsewhere/real.yaml conf/rules.yaml && chown -h $me conf/rules.yaml
refused 'a link to where all may write' $me ''
chmod 755 elsewhere
accepted 'a link to a folder of root' $me ''
chmod 1777 elsewhere
ln -s ../conf/real.yaml elsewhere/link && chown -h $stranger elsewhere/link
mv elsewhere/real.yaml conf/ && ln -sfn ../elsewhere/link conf/rules.yaml && chown -h $me conf/rules.yaml
refused 'a link of a stranger on the way' $me ''
rm -rf elsewhere
world $me
ln -sfn rules.yaml conf/rules.yaml
refused_loop() {
	plan $me ''
	check "a link to itself ends ($status)" test "$status" -eq 66 -o "$status" -eq 78 -o "$status" -eq 65
}
refused_loop

# --- groups ---

world $me
chmod -R g+w conf
accepted 'a clone under umask 002' $me ''
team_folder() {
	world 0
	chown -R 0:$team conf
	chmod 2775 conf conf/state
	chmod 664 conf/*.yaml conf/*.csv
	chown $mate conf/rules.yaml
}
trusts() { # FOLDER OWNER MODE
	mkdir -p "$1" && printf 'trusted_group: %s\n' "$team" >"$1/trust.yaml"
	chown "$2:$2" "$1" "$1/trust.yaml" && chmod "$3" "$1/trust.yaml"
}
team_folder
refused 'a team folder' $me $team
mkdir -p home/.config/depmend && chown $me home/.config
trusts home/.config/depmend $me 644
accepted 'a team folder, its group trusted' $me $team
trusts home/.config/depmend $me 666
refused 'trusted by a file that all may write to' $me $team
trusts home/.config/depmend $stranger 644
refused 'trusted by a file of a stranger' $me $team
trusts home/.config/depmend $me 664
chgrp $team home/.config/depmend/trust.yaml
refused 'a file that makes itself trusted' $me $team
if [ -n "${DEPMEND_MOUNTS:-}" ] && mount -t tmpfs -o mode=755 none /etc/depmend 2>/dev/null ||
	{ [ -n "${DEPMEND_MOUNTS:-}" ] && [ ! -e /etc/depmend ] && mkdir /etc/depmend &&
		trap 'suite_clean; umount /etc/depmend; rmdir /etc/depmend' EXIT &&
		mount -t tmpfs -o mode=755 none /etc/depmend; }; then
	rm -rf home/.config
	trusts /etc/depmend 0 644
	accepted 'a group that root trusts' $me $team
	trusts /etc/depmend $me 644
	refused 'trusted for all by a file that is not of root' $me $team
	rm /etc/depmend/trust.yaml
else
	echo 'skipped: /etc/depmend/trust.yaml (no mounts of our own are allowed here)'
fi
# The mode of a file with an access list says in its group bits what the list allows at most.
acl() { # PATH TAG ID RIGHTS: owner rw, one entry more, group r, mask rw, others r
	python3 - "$@" <<'END'
import os, struct, sys
path, tag, who, rights = sys.argv[1], *map(int, sys.argv[2:])
none = 0xffffffff
text = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in [
    (1, 7, none)] + ([(2, rights, who)] if tag == 2 else []) + [(4, 5, none)]
    + ([(8, rights, who)] if tag == 8 else []) + [(16, 7, none), (32, 5, none)])
try:
    os.setxattr(path, "system.posix_acl_access", text)
except OSError as e:
    sys.exit(f"skipped: access lists ({e})")
END
}
world $me
if on_linux 'access lists' && acl conf/rules.yaml 2 $stranger 6; then
	for one in depmend.yaml rules.yaml list.csv protected.csv approvers.pub state .; do
		for tag in 2 8; do
			world $me
			acl "conf/$one" $tag $stranger 6
			refused "$one: an access list with a stranger" $me ''
			world $me
			acl "conf/$one" $tag $stranger 5
			accepted "$one: an access list by which a stranger reads" $me ''
		done
		world $me
		acl "conf/$one" 2 $me 6
		accepted "$one: an access list with ourselves" $me ''
	done
	one=
fi

# --- mounts ---

if [ -n "${DEPMEND_MOUNTS:-}" ]; then
	world $me
	sed -i "s|private_key:.*|private_key: {file: $work/secret/apple.pem}|" conf/depmend.yaml
	mkdir secret
	mount -t tmpfs -o mode=1777 none secret
	mkdir secret/..2026_11_28 && cp apple.pem secret/..2026_11_28/apple.pem
	ln -s ..2026_11_28 secret/..data && ln -s ..data/apple.pem secret/apple.pem
	cp conf/rules.yaml secret/..2026_11_28/rules.yaml && ln -s ..data/rules.yaml secret/rules.yaml
	chown 0:$volume secret/..2026_11_28/apple.pem && chmod 440 secret/..2026_11_28/apple.pem
	chmod 644 secret/..2026_11_28/rules.yaml
	rm conf/rules.yaml && ln -s "$work/secret/rules.yaml" conf/rules.yaml
	plan $me $volume
	exits 'rules in a folder that all may write to' 78
	mount -o remount,ro secret
	plan $me $volume
	exits 'a Secret and a ConfigMap of Kubernetes' 0
	plan $me ''
	exits 'a Secret of a group that is not ours' 78
	umount secret

	world $me
	rm -rf conf/state
	mkdir conf/state
	mount -t tmpfs -o mode=2775,gid=$volume none conf/state
	refused 'a volume of a group that is not ours' $me ''
	accepted 'a volume by fsGroup' $me $volume
	chmod -R g+rw conf/state/* && find conf/state -type d -exec chmod g+s {} + && chgrp -R $volume conf/state
	accepted 'a volume by fsGroup, mounted again' $me $volume
	umount conf/state
else
	echo 'skipped: read-only mounts and volumes (no mounts of our own are allowed here)'
fi

# --- DEPMEND_TRUST ---

world $stranger
export DEPMEND_TRUST=$work/conf
accepted 'a checkout of another user' 0 ''
chown $mate conf/rules.yaml
refused 'a file of a third in it' 0 ''
chown $stranger conf/rules.yaml
chmod o+w conf/rules.yaml
refused 'a file that all may write to, in a trusted checkout' 0 ''
chmod o-w conf/rules.yaml
for other in "$work" "$work/con" "$work/conf2" conf . '*' "$work/conf/*" ''; do
	DEPMEND_TRUST=$other
	refused "DEPMEND_TRUST=$other" 0 ''
done
rm -rf conf/state
DEPMEND_TRUST=$work/other:$work/conf
accepted 'a list of paths, a state that is not there yet' 0 ''
unset DEPMEND_TRUST

# --- settings that we may not look at are not none ---
mkdir -p home/.config/depmend && chmod 000 home/.config/depmend && chown -R 0 home/.config
mkdir -m 755 elsewhere
(cd elsewhere && unset DEPMEND_SETTINGS && as $me '' "$build/depmend" status >"$work/out" 2>"$work/err" </dev/null)
check 'a folder that is closed to us is named' grep -q 'home/.config/depmend/depmend.yaml.*ermission denied' err

suite_end
