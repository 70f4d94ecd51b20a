# shellcheck shell=bash disable=SC2154 # run.sh sets what is used here
# Every exit status an administrator's script may meet; whatever stops a run sends nothing.

attempt() { # apply's options
	run apply serials.txt --rules corrupted-registration "$@"
}

# --- 64 and 4: not asked for, or not like that ---
fresh
mark
attempt
exits 'apply without --yes and without a terminal' 64
check 'it names the flag' grep -q -e '--yes' err
check 'it does not say to type the same again' test -z "$(grep '^next' err)"
attempt --yes --confirm unassign=14
exits 'apply with a wrong count' 4
attempt --yes --expect 0123456789ab
exits 'apply with another fingerprint' 4
settings_with 'limits: {devices: 14}'
attempt --yes
exits 'apply beyond limits.devices' 4
check 'it says how to go on' grep -q -e '--allow devices=15' err
settings_with 'limits: {percent: 7}'
attempt --yes
exits 'apply beyond limits.percent' 4
check 'a result all the same' "$rows" same serials.txt serials.txt.result.csv
same 'it says what became of each row' '1 duplicate 2 invalid 1 manual 15 pending' \
	"$("$rows" outcomes serials.txt.result.csv)"
settings
sent 0 0

# What was reviewed is what is done.
run plan serials.txt --rules corrupted-registration --out plan.csv
fingerprint=$(sed -n 's/^fingerprint //p' err)
mark
attempt --yes --expect "$fingerprint" --confirm unassign=15
exits 'apply with the right count and fingerprint' 3
sent 4 4 # off and on, in two waves

# --- 11: another run of the same organization ---
fresh
kill -STOP "$sim_pid" # so that a run waits for its answer as long as it takes here
"$build/depmend" apply api-tool.csv --rules corrupted-registration --yes >first.out 2>&1 </dev/null &
first=$!
for _ in $(seq 600); do
	ls state/*/depmend.db >/dev/null 2>&1 && break # it has the lock
	sleep 0.05
done
attempt --yes
exits 'apply while another run holds the lock' 11
run plan serials.txt --rules corrupted-registration --offline --out plan.csv
exits 'plan --offline meanwhile' 3
kill -CONT "$sim_pid"
wait "$first"
same 'the first run is not disturbed' 3 $?
attempt --yes --allow percent=30
exits 'apply after it' 3

# --- 73: the result could not be written ---
fresh
mark
attempt --yes --out nowhere/result.csv
exits 'apply with a result in a folder that is not there' 73
sent 0 0

# --- 77: keys and secrets that the services refuse ---
cp apple.pem good.pem
make_key other
cp other.pem apple.pem
rm -f serials.txt.result.csv
attempt --yes
exits 'apply with the wrong key' 77
check 'it says who tells more' grep -qx "'depmend doctor' tells which key, role or term it is" err
same 'a result although nobody could be asked' '2 invalid 17 pending' \
	"$("$rows" outcomes serials.txt.result.csv)"
check 'it says why' grep -q ',run.not_begun: ' serials.txt.result.csv
cp good.pem apple.pem
echo wrong >uem-secret
attempt --yes
exits 'apply with the wrong client secret' 77
echo secret >uem-secret
echo wrong >tenant-code
attempt --yes
exits 'apply with the wrong tenant code' 77
echo code >tenant-code
sent 0 0

# --- 65: a name that Apple does not have ---
settings
sed -i 's/server: WS1 EMEA/server: WS1 EMAE/' depmend.yaml
attempt --yes
exits 'apply with a server in uem.tokens that is not there' 65
check 'it says where' grep -q "depmend.yaml:17:.*'WS1 EMAE' at Apple; did you mean 'WS1 EMEA'" err
settings
sent 0 0

# --- 78: settings ---
mark
chmod 644 uem-secret
attempt --yes
exits 'apply with a secret that others may read' 78
chmod 600 uem-secret
mv tenant-code away
attempt --yes
exits 'apply without the tenant code' 78
mv away tenant-code
settings_with 'limit: {devices: 3}'
attempt --yes
exits 'apply with a key that settings do not have' 78
check 'it suggests the right one' grep -q "limits" err
same 'no change, no sync' '0 0' "$(changes) $(syncs)"
settings

# --- 69: nobody there ---
sim_stop
attempt --yes
exits 'apply while nothing listens' 69
check 'its rows wait' grep -q ',pending,.*run.waiting' serials.txt.result.csv
sim_start
settings
attempt --yes
exits 'the same apply once somebody does' 3
