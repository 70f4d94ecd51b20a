"""What an administrator would write: rules.yaml and the check for duplicates, by csv and a dict."""
import csv
import sys

OURS = ["outcome", "rule", "steps", "reason", "before", "after", "evidence", "attempts",
        "finished", "run"]


def judge(model, family, number, ordered, source, added, status, server, tag, user, color, size):
    if tag.upper().startswith("LOAN-"):
        return "skipped", "loan", ""
    if status == "ASSIGNED" and model.startswith("iPad") and added < "2021-01-01":
        return "planned", "old-ipad", "unassign"
    if family == "AppleTV":
        return "skipped", "television", ""
    if server == "WS1 APAC" and color == "GOLD":
        return "planned", "golden", "reassign(WS1 EMEA)"
    if server == "Configurator" and family == "Mac":
        return "planned", "configurator", "reassign(WS1 Americas)"
    if status == "UNASSIGNED" and source == "RESELLER":
        return "manual", "nobody", ""
    if "SE (3rd" in model and size == "64GB":
        return "skipped", "small", ""
    if user == "ward 7" and added > "2024-01-01T00:00:00Z":
        return "planned", "ward", "unassign"
    if ordered < "2019-01-01":
        return "planned", "ancient", "unassign;sync"
    if number.startswith("W9"):
        return "skipped", "numbered", ""
    return "unmatched", "", ""


def main():
    first, conflicts, verdicts = {}, set(), []
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            serial = row[0].strip().upper()
            verdict = judge(row[1], row[2], row[5], row[6], row[7], row[8], row[9], row[10],
                            row[12], row[13], row[14], row[15])
            if serial not in first:
                first[serial] = verdict
            elif first[serial] == verdict:
                verdict = ("duplicate", verdict[1], "")
            else:
                conflicts.add(serial)
            verdicts.append(verdict)
    out = csv.writer(sys.stdout, lineterminator="\n")
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        out.writerow(next(rows) + [f"depmend_{word}" for word in OURS])
        for row, verdict in zip(rows, verdicts):
            if row[0].strip().upper() in conflicts:
                verdict = ("invalid", verdict[1], "")
            out.writerow([*row, *verdict, "", "", "", "", 0, "", ""])


main()
