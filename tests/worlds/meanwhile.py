"""What a device that is to leave for good was judged by changes, before it has left: deeds of a world,
each noted with its time, so that late.py can tell what was to be sent still.
"""
MINUTE = 60_000
LEAVING = ("release", "retire")     # jobs that end in a release
# The rules of a world: who is to leave only while it stands as it stood.
COVERAGE = "apple.coverage: expired, "  # programs of before do not know it
RETIRE = ("  - {name: retire, match: {csv.Job: retire, " + COVERAGE + "\n"
          "     uem.enrollment_status: Unenrolled, not: {uem.group: depmend}},\n"
          "     do: [delete_from_lifecycle, release]}\n")
STAY = "  - {name: stay, match: {csv.Job: [release, retire]}, do: [skip]}\n"
# Words of the settings for limits, and what each becomes.
LIMITS = {"devices": "{devices: 500", "release": "release: 20", "wipe": "wipe: 20"}


class Meanwhile:
    """The part of World that changes such facts."""

    def fact(self, what, serial=None, **more):
        self.c.note("fact", what=what, serial=serial, more=more)

    def leaving(self, rng):
        """One that its facts make leave; where there is none, anybody."""
        serials = [s for s in sorted(self.plan.devices) if self.plan.devices[s][0] == "retire"]
        serial = rng.choice(serials or sorted(self.plan.devices))
        self.disturbed.add(serial)
        return serial

    def do_cover(self, rng, p):
        serial = self.leaving(rng)
        self.admin("cover", serials=f"[{serial}]")
        self.fact("covered", serial)

    def do_regroup(self, rng, p):
        serial = self.leaving(rng)
        self.admin("regroup", serials=f"[{serial}]")
        self.fact("regrouped", serial)

    def do_in_service(self, rng, p):
        serial = self.leaving(rng)
        self.admin("enroll", serials=f"[{serial}]")
        self.fact("enrolled", serial)

    def do_unreadable(self, rng, p):
        """Its coverage, for a while."""
        serial, ms = self.leaving(rng), rng.choice([40 * MINUTE, 5 * 60 * MINUTE])
        self.window(rng, {"apple.coverage_odd": (serial, "''")}, ms)
        self.fact("unreadable", serial, until=self.c.now + ms)

    def do_new_rules(self, rng, p):
        """Nobody is to leave any more."""
        self.all_disturbed()
        with open(self.path("rules.yaml"), encoding="ascii") as f:
            text = f.read()
        if STAY not in text:
            self.write("rules.yaml", text.replace("rules:\n", "rules:\n" + STAY, 1))
            self.fact("rules")

    def do_protected(self, rng, p):
        serial = rng.choice([self.someone, self.leaving])(rng)
        with open(self.path("protected.csv"), "a", encoding="ascii") as f:
            f.write(serial + "\n")
        self.fact("protected", serial)

    def do_damaged_list(self, rng, p):
        self.all_disturbed()
        with open(self.path("protected.csv"), "ab") as f:
            f.write(b'\xff\xfe"C02\0\n')

    def do_limit(self, rng, p):
        self.all_disturbed()
        what = rng.choice(sorted(LIMITS))
        with open(self.path("depmend.yaml"), encoding="ascii") as f:
            text = f.read()
        old = LIMITS[what]
        self.write("depmend.yaml", text.replace(old, old.rsplit(" ", 1)[0] + " 1"))
        self.fact("limit", of=what, most=1)
