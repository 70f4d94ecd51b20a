"""Every kind of change that depmend can send, each in a world of its own: killed around it, its
reply lost, in foul weather. One effect, and nobody lost. LISTED fails when a new kind is missing.
"""
import collections
import os
import pathlib
import re
import subprocess

import world
from points import APPLIED, DONE, FORMS, ends

GUARD, SOME_FAILED, UNVERIFIED = 4, 3, 5

# step: its word. codec: what makes the request, and which variety of it. do: the rule's steps.
# first: steps of a run before, if it takes one. request: on the wire. effect: as the simulator
# calls it; n: devices in the run; nth: which of the run's requests it is, where others look alike.
Kind = collections.namedtuple("Kind", "step codec do request effect n first nth school",
                              defaults=(2, None, 1, False))
ACTIVITY = "POST /v1/orgDeviceActivities"
MIGRATE = "[{migrate: {to: WS1 APAC, deadline: 2026-12-20}}]"
PROFILE = "PUT /api/mdm/dep/profiles/[^/]*/devices/"
COMMAND = r"POST /api/mdm/devices/\d*/commands"
FIX, PROFILE_NAME = "custom-prompt", "Corporate iPads"
GIVE = "[{assign_profile: {profile: %s}}]" % PROFILE_NAME


def activity(step, variety, do, effect, **more):
    return Kind(step, ("apple_activity_request", variety), do, ACTIVITY, effect, **more)


KINDS = {
    "unassign": activity("unassign", "UNASSIGN_DEVICES", "[unassign]", "unassign"),
    "reassign": activity("reassign", "ASSIGN_DEVICES", "[{reassign: {to: WS1 APAC}}]", "assign"),
    "migrate": activity("migrate", "ASSIGN_DEVICES_WITH_MDM_MIGRATION_DEADLINE", MIGRATE,
                        "migrate"),
    "another deadline": activity(
        "migrate", "UPDATE_MDM_MIGRATION_DEADLINE", MIGRATE.replace("-20", "-24"),
        "migrate-update", first=MIGRATE),
    "cancel_migration": activity("cancel_migration", "CANCEL_MDM_MIGRATION", "[cancel_migration]",
                                 "migrate-cancel", first=MIGRATE),
    "release": activity("release", "RELEASE_DEVICES", "[delete_from_lifecycle, release]",
                        "release", nth=2),
    "release, School": Kind("release", ("dep_disown_request", ""), "[release]",
                            "POST /devices/disown", "release", school=True),
    "assign_profile": Kind("assign_profile", ("uem_profile_device_request", "Assign"), GIVE,
                           PROFILE, "profile"),
    "remove_profile": Kind("remove_profile", ("uem_profile_device_request", "Unassign"),
                           "[remove_profile]", PROFILE, "profile", first=GIVE),
    "delete_record": Kind("delete_record", ("uem_delete_request", ""), "[delete_record]",
                          r"DELETE /api/mdm/devices/\d", "delete-record", n=1),
    "delete_record, many": Kind("delete_record", ("uem_delete_many_request", ""),
                                "[delete_record]", "POST /api/mdm/devices/bulk", "delete-record"),
    "wipe": Kind("wipe", ("uem_command_request", "DeviceWipe"), "[{wipe: {kind: device}}]",
                 COMMAND, "wipe"),
    "wipe, enterprise": Kind("wipe", ("uem_command_request", "EnterpriseWipe"),
                             "[{wipe: {kind: enterprise}}]", COMMAND, "wipe"),
    # The same requests, where more has to come after them.
    "delete_from_lifecycle": activity("unassign", "UNASSIGN_DEVICES", "[delete_from_lifecycle]",
                                      "unassign"),
    "move": activity("reassign", "ASSIGN_DEVICES", "[{reassign: {to: WS1 APAC}}, sync]", "assign"),
    "rebuild": activity("reassign", "ASSIGN_DEVICES", "[unassign, sync, reassign, sync]", "assign",
                        nth=2),
    "rebuild elsewhere": activity(
        "reassign", "ASSIGN_DEVICES",
        "[unassign, sync, {reassign: {to: WS1 APAC}}, sync, %s]" % GIVE.strip("[]"), "assign",
        nth=2),
    # Not a step of a run: what doctor mends.
    FIX: Kind(None, ("uem_profile_flag_request", ""), None, "PUT /api/mdm/dep/profiles/[^/]*$",
              "profile-change"),
}
# Of all weathers those that can come between one of these changes and its proof.
WEATHER = ("apple-lag", "apple-html-errors", "apple-rate-limits", "dep-rotating-session",
           "dep-short-session", "dep-json-words", "dep-busy", "uem-html-errors", "uem-bulk-cap",
           "uem-profile-resync", "uem-token-expires", "uem-faults-single", "storm")


# --- the list ---

def varieties(source, function):
    """The words in the sources that tell apart what one function can ask for."""
    tables = {
        "apple_activity_request": r'\{ "([A-Z_]+)", STEP_',
        "uem_profile_device_request": r'STR\("((?:Una|A)ssign)"\)',
        "uem_command_request": r'\[UEM_\w*\] = "(\w+)"',
    }
    return re.findall(tables[function], source) if function in tables else [""]


def codecs(folder):
    """Every function that makes a CHANGE, and what it can ask for."""
    for path in sorted(folder.glob("*.c")):
        source, function = path.read_text(), ""
        for line in source.splitlines():
            head = re.match(r"(?:static )?[a-z][\w *]*\b(\w+)\(", line)
            function = head[1] if head else function
            if "HTTP_CHANGE" in line:
                yield from ((function, v) for v in varieties(source, function))


def listed(w):
    src = pathlib.Path(__file__).resolve().parents[2] / "src"
    can, have = set(codecs(src / "services")), {k.codec for k in KINDS.values()}
    steps = set(re.findall(r'X\(\w+, "(\w+)", (?:APPLE|UEM),', (src / "model/step.h").read_text()))
    steps -= {"sync", "fetch"}  # triggers
    steps -= {"delete_from_lifecycle"}  # an unassign and a sync
    bad = [f"{k} is a change that no kind stands for" for k in sorted(can - have)]
    bad += [f"{k} is nothing that the services can make" for k in sorted(have - can)]
    bad += [f"the step {s} has no kind" for s in sorted(steps - {k.step for k in KINDS.values()})]
    return bad


# --- a world ---

class Small(world.World):
    """Two devices that a kind is about, and a few bystanders."""

    def __init__(self, build, top, name, scenario=None):
        self.name, self.kind = name, KINDS[name]
        knobs = ["--set", "uem.custom_prompt=yes"] if name == FIX else []
        super().__init__(build, top, scenario, knobs, keep_sim_state=True)

    def another(self, scenario=None):
        return Small(self.build, self.top, self.name, scenario)

    def _write_inputs(self):
        server, group = ("desk", "-") if self.kind.school else ("WS1 EMEA", "")
        rows = [f"KINDDEVICE{i},{server},{group},Enrolled,jo,yes," for i in (1, 2)]
        rows += [f"KINDSTAYED{i},{s},,,,no,{PROFILE_NAME}" for i, s in enumerate(world.SERVERS)]
        rows += ["KINDSTAYED9,desk,-,,,no,"]
        (self.folder / "fleet.csv").write_text("\n".join(
            ["serial,server,group,enrollment_status,user,migration_capable,profile"] + rows) + "\n")
        self.serials = [f"KINDDEVICE{i + 1}" for i in range(self.kind.n)]
        (self.folder / "in.csv").write_text("\n".join(["Serial"] + self.serials) + "\n")
        self.rule(self.kind.first or self.kind.do)

    def rule(self, do):
        (self.folder / "rules.yaml").write_text(
            f"version: 1\nname: t\nrules:\n  - {{name: r, match: {{always: true}}, do: {do}}}\n")

    def sim_start(self, scenario=None):
        super().sim_start(scenario)
        if not self.kind.school:
            return
        token = subprocess.run([self.build / "depmend-sim", "--dep-token", "desk"], check=True,
                               stdout=subprocess.PIPE).stdout
        with open(os.open(self.folder / "token.json", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(token)
        db = world.sqlite3.connect(self.folder / "sim.db", timeout=20)
        db.execute("UPDATE server SET disown = 1")
        db.commit()
        db.close()
        settings = self.folder / "depmend.yaml"
        settings.write_text(settings.read_text().replace("business", "school").replace(
            "BUSINESSAPI", "SCHOOLAPI") + "enrollment:\n  - {server: desk, server_token: {file: "
            "token.json}, private_key: {file: apple.pem}, url: 'http://127.0.0.1:"
            f"{self.port}'}}\n")

    def is_change(self, request):
        return re.match(self.kind.request, f"{request['method']} {request['path']}")

    def go(self, shim=None):
        """As somebody would who wants it done, whatever an earlier attempt has left to do."""
        if self.name == FIX:
            return self.apply(command=("doctor", "--fix", FIX, "--yes"), shim=shim)
        step = self.kind.step
        for n in range(self.kind.n, -1, -1):
            final = step in ("release", "delete_record", "wipe")
            confirm = ["--confirm", f"{step}={n}", "--allow", f"{step}=9"] if final else []
            status = self.apply(*confirm, shim=shim)
            if status != GUARD or not final:
                break
        return status

    def prepare(self):
        """What has to be so before."""
        if not self.kind.first:
            return []
        bad = ends(self.apply(), DONE)
        self.rule(self.kind.do)
        return bad

    def effects(self):
        return collections.Counter(a["serial"] for a in self.audit() if a["kind"] == "effect"
                                   and a["what"] == self.kind.effect)

    def check(self, before, most=1):
        """Once for each device, or each profile, `most` times if it came back in between; and
        nobody is lost."""
        got = self.effects()
        got.subtract(before)
        wanted = collections.Counter({"": 3} if self.name == FIX else self.serials)
        times = collections.Counter({s: min(max(n // wanted[s], 1), most) for s, n in got.items()
                                     if wanted[s]})
        wanted = collections.Counter({s: n * max(times[s], 1) for s, n in wanted.items()})
        bad = [] if +got == wanted else [f"effects: {dict(+got)}, not {dict(wanted)}"]
        if self.name == FIX:
            return bad
        bad += [f"{s} ended {o}" for s, o in self.outcomes().items()
                if o not in ("done", "unchanged")]
        return bad + self.check_result() + self.check_store(rows=False)


def named_again(w, before):
    """A wipe that nobody saw is never sent again by itself, but when a person names the device."""
    held = [s for s, o in w.outcomes().items() if o == "held"]
    by_itself = collections.Counter(s for s in w.serials if s not in held)
    bad = [f"sent {dict(w.effects() - before)} by itself, and {held} are held"] \
        if w.effects() - before != by_itself else []
    again = [o for s in held for o in ("--allow", f"again={s}")]
    status = w.apply("--confirm", f"wipe={len(held)}", "--allow", "wipe=9", *again)
    return bad + ends(status, DONE) + w.check(before)


def settled(w, status, before, most=1):
    """Runs until all is done: what nobody can prove is planned anew once the run is over."""
    for _ in range(3):
        if status in (SOME_FAILED, UNVERIFIED):
            status = w.go()
    if w.kind.step == "wipe" and status in (SOME_FAILED, GUARD):
        return named_again(w, before)
    return ends(status, DONE) + w.check(before, most)


# --- what is done to it ---

def killed(w, at, torn):
    bad, before = w.prepare(), w.effects()
    status = w.go(shim={"at": at, "torn": torn})
    if status == -9:
        bad += [] if w.name == FIX else w.check_store(settled=False, rows=False)
        status = w.go()
    return bad + settled(w, status, before)


def taken_over(w, at, torn):
    """Other rules and another input, again and again: the first may have to wait for what was
    sent, but no later one tells of what the killed run left, and the run is over."""
    bad, before = w.prepare(), w.effects()
    if w.go(shim={"at": at, "torn": torn}) != -9:
        return bad
    first, given = w.folder / "first.csv", w.folder / "in.csv"
    given.rename(first)
    given.write_text("Serial\nKINDSTAYED1\n")
    w.rule("[skip]")
    w.apply(max_wait="10m")
    for _ in range(2):
        bad += ends(w.apply(), DONE)
    bad += ends(w.apply(command=("status",)), DONE)
    if w.kind.step != "wipe" and w.has_run("state = 0"):
        bad.append("the run that was killed is not over")
    first.rename(given)
    w.rule(w.kind.do)
    return bad + settled(w, w.go(), before, most=2 if "unassign, sync" in w.kind.do else 1)


def in_weather(w, weather):
    """As long as that lasts, and then without it."""
    bad, before = w.prepare(), w.effects()
    w.sim_restart(weather)
    status = w.go()
    if status != DONE:
        w.sim_restart()
        status = w.go()
    return bad + settled(w, status, before)


def tell(name, bad):
    return [f"{name}: {b}" for b in bad]


def around(calls, kind, everything):
    """Numbers of the calls to be killed at, and whether half of it is done."""
    sends = [at for at, (call, what) in enumerate(calls, 1)
             if call == "send" and re.match(kind.request.rstrip("$"), what)]
    if everything:
        return [(at, 0) for at in range(1, len(calls) + 2)] + [(at, 1) for at in sends]
    return [(sends[0] - 1, 0), (sends[0], 0), (sends[-1], 1), (sends[-1] + 1, 0),
            (sends[-1] + 3, 0), (len(calls), 0)]


def one_kind(w, everything):
    log = w.folder / "log"
    bad, before = w.prepare(), w.effects()
    bad += tell("undisturbed", ends(w.go(shim={"log": log}), DONE) + w.check(before))
    calls = [line.split(" ", 2)[1:] for line in log.read_text().splitlines()]
    for at, torn in around(calls, w.kind, everything):
        for what in (killed,) if w.name == FIX else (killed, taken_over):
            with w.another() as x:
                bad += tell(f"{what.__name__} {at}{' torn' if torn else ''}", what(x, at, torn))
    return bad


def lost(w, form, applied):
    method, path = w.kind.request.split(" ", 1)
    path = re.sub(r"\[.*?\]\*|\\d\*?", "*", path).rstrip("$")
    path += "*" if path.endswith("/") else ""
    return in_weather(w, "version: 1\nfaults:\n  - {"
                      f"method: {method}, path: \"{path}\", nth: {w.kind.nth}, {FORMS[form]}, "
                      f"{APPLIED[applied]}}}\n")


def kind_points(recorded, everything):
    yield "every kind of change is here", listed, {}
    for name in KINDS:
        yield f"kills around {name}", one_kind, {"kind": name, "everything": everything}
        forms = FORMS if everything else ("reset",)
        times = [a for a in APPLIED if name != FIX or "late" not in a]  # doctor does not wait
        for form in forms:
            for applied in times if everything else ("applied", "lost"):
                yield (f"{name}: {form}, {applied}", lost,
                       {"kind": name, "form": form, "applied": applied})
        for scenario in WEATHER if everything else ():
            yield f"{name} in {scenario}", in_weather, {"kind": name, "weather": scenario}
