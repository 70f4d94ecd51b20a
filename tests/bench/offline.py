"""`plan --offline` by ten rules and by fifty: what the bench measures and the profile looks into."""
import pathlib

import bench

PEERS = pathlib.Path(__file__).resolve().parent / "peers"
TEN = PEERS / "rules.yaml"


def plan(rules, rows):
    return [bench.DEPMEND, "plan", "--offline", "-q", "--rules", rules, rows]


def fifty():
    """Forty more rules, which every row has to pass first and hardly any passes."""
    head, tail = TEN.read_text().split("rules:\n")
    fields = ["part_number", "order_number", "imei", "user", "asset_tag"]
    more = [f"  - {{name: more-{n}, match: {{{fields[n % 5]}: K{n:03d}-7}}, do: [skip]}}\n"
            for n in range(40)]
    path = bench.CACHE / "fifty.yaml"
    path.write_text(head + "rules:\n" + "".join(more) + tail)
    return path
