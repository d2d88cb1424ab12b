#!/usr/bin/env python3
"""The JSON report of every made-up check has the shape that programs rely on.

    check_schema.py SHOW_REPORT LANGUAGE SCHEMA

Keys that the schema does not know are faults too, and so is another order of
keys. Exit 77 (skipped) where the jsonschema module is missing.
"""
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: the Python module jsonschema is not installed")
    sys.exit(77)


def stray_keys(schema, value, path=""):
    """Every key that the schema does not name or that stands out of its order."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from stray_keys(schema.get("items", {}), item, f"{path}[{index}]")
    if not isinstance(value, dict):
        return
    known = list(schema.get("properties", {}))
    yield from (f"{path}.{key} is not in the schema" for key in value if key not in known)
    order = [key for key in value if key in known]
    if order != [key for key in known if key in value]:
        yield f"{path}: keys are not in the order of the schema: {order}"
    for key in order:
        yield from stray_keys(schema["properties"][key], value[key], f"{path}.{key}")


def faults(schema, report):
    for error in jsonschema.Draft202012Validator(schema).iter_errors(report):
        yield f"{error.json_path}: {error.message}"
    yield from stray_keys(schema, report)


def main():
    show_report, language, schema_file = sys.argv[1:4]
    with open(schema_file, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    run = subprocess.run([show_report, "json", language], stdout=subprocess.PIPE, check=True)
    reports = json.loads(run.stdout.decode("utf-8"))
    found = [f"report {index}: {fault}"
             for index, report in enumerate(reports) for fault in faults(schema, report)]
    for fault in found:
        print(fault)
    print(f"{len(reports)} reports, {len(found)} faults")
    return 1 if found or not reports else 0


if __name__ == "__main__":
    sys.exit(main())
