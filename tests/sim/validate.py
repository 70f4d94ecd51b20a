#!/usr/bin/python3
"""Validates stdin against one definition of a JSON Schema file: validate.py FILE NAME.

Knows what the schemas beside it use: type, const, enum, pattern, minLength, properties, required,
additionalProperties: false, items, minItems, anyOf, $ref to #/$defs/NAME.
"""
import json
import re
import sys

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
}
KNOWN = {
    "type", "const", "enum", "pattern", "minLength", "properties", "required",
    "additionalProperties", "items", "minItems", "anyOf", "$ref",
}


def has_type(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(
            value, bool
        )
    return isinstance(value, TYPES[name])


def check(value, schema, defs, at):
    """Yields what is wrong."""
    for word in set(schema) - KNOWN:
        yield f"{at}: the schema uses '{word}', which nobody checks"
    if "$ref" in schema:
        yield from check(value, defs[schema["$ref"].removeprefix("#/$defs/")], defs, at)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(has_type(value, t) for t in types):
        yield f"{at}: {value!r} is not {' or '.join(types)}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "anyOf" in schema and all(list(check(value, s, defs, at)) for s in schema["anyOf"]):
        yield f"{at}: {value!r} fits none of the choices"
    if isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value):
            yield f"{at}: {value!r} does not match {schema['pattern']}"
        if len(value) < schema.get("minLength", 0):
            yield f"{at}: {value!r} is too short"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield f"{at}: too few items"
        for i, item in enumerate(value):
            yield from check(item, schema.get("items", {}), defs, f"{at}[{i}]")
    if isinstance(value, dict):
        members = schema.get("properties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield f"{at}: {name} is missing"
        for name, member in value.items():
            if name in members:
                yield from check(member, members[name], defs, f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{at}: {name} is unknown"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        defs = json.load(f)["$defs"]
    try:
        value = json.load(sys.stdin)
    except ValueError as e:
        sys.exit(f"no JSON: {e}")
    faults = list(check(value, defs[sys.argv[2]], defs, "$"))
    print("\n".join(faults[:10]))
    sys.exit(1 if faults else 0)


main()
