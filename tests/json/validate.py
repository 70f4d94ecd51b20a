#!/usr/bin/python3
"""Every line of a file of NDJSON is as samples/output.schema.json says, and says nothing that is not in it.

    validate.py FILE     prints the types that occurred, with their numbers
"""
import collections
import json
import pathlib
import sys

import jsonschema

TOP = pathlib.Path(__file__).resolve().parents[2]


def main():
    schema = json.loads((TOP / "samples/output.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    types = collections.Counter()
    for number, line in enumerate(pathlib.Path(sys.argv[1]).read_text().splitlines(), 1):
        one = json.loads(line)
        described = schema["definitions"].get(one.get("type"), {}).get("properties", {})
        wrong = [e.message for e in validator.iter_errors(one)]
        wrong += [f"'{k}' is not described" for k in one.keys() - described.keys()]
        if wrong:
            sys.exit(f"line {number}: {line}\n" + "\n".join(wrong))
        types[one["type"]] += 1
    print(" ".join(f"{n} {t}" for t, n in sorted(types.items())))


main()
