"""Checks recorded calls against AWS's published service models, as botocore carries them.

    aws_models.py FOLDER CRATE...

FOLDER holds one JSON-lines file per service, written by tests/suite/fakes/aws/wire.rs.
Every call is led back to its operation, its input is read as the service would read it,
and held against the model: required and unknown members, types, enums, patterns, lengths,
ranges. Each CRATE (`aws-sdk-sns`) must have recorded something.
"""

import base64
import json
import re
import sys
import urllib.parse
from collections import Counter
from pathlib import Path

import botocore.session
import regex

SESSION = botocore.session.get_session()
# The crates whose name is not the model's.
NAMES = {"lexruntimev2": "lexv2-runtime", "lexmodelsv2": "lexv2-models", "devopsguru": "devops-guru"}


class Wrong(Exception):
    """What the model does not allow, and where."""


def check_call(call):
    """The operation's name; raises Wrong."""
    model = service_model(call["service"])
    if call.get("target"):
        return check_json(model, call)
    if "Action=" in call["body"]:
        return check_query(model, call)
    return check_rest(model, call)


def service_model(name, known={}):
    if name not in known:
        known[name] = SESSION.get_service_model(name)
    return known[name]


def operation_of(model, name):
    if name not in model.operation_names:
        raise Wrong(f"{model.service_name} has no operation {name}")
    return model.operation_model(name)


# -- JSON: the operation stands in a header, the input is the body --


def check_json(model, call):
    prefix, _, name = call["target"].partition(".")
    if prefix != model.metadata.get("targetPrefix"):
        raise Wrong(f"{model.service_name} has no target {call['target']}")
    operation = operation_of(model, name)
    check_input(operation, json.loads(call["body"] or "{}"))
    return name


def check_input(operation, value):
    if operation.input_shape is None:
        if value:
            raise Wrong(f"{operation.name} takes no input")
        return
    check(operation.input_shape, value, operation.name)


# -- query: the operation and the input are one form --


def check_query(model, call):
    form = dict(urllib.parse.parse_qsl(call["body"], keep_blank_values=True, strict_parsing=True))
    operation = operation_of(model, form.pop("Action"))
    if form.pop("Version", None) != model.api_version:
        raise Wrong(f"{operation.name} names another version than {model.api_version}")
    value = {} if operation.input_shape is None else from_form(operation.input_shape, form, "")
    if form:
        raise Wrong(f"{operation.name} has no member {sorted(form)[0]}")
    check_input(operation, value)
    return operation.name


def from_form(shape, form, prefix):
    """Takes what belongs to the shape out of the form; None when nothing does."""
    if shape.type_name == "structure":
        found = {}
        for name, member in shape.members.items():
            key = member.serialization.get("name", name)
            value = from_form(member, form, f"{prefix}.{key}" if prefix else key)
            if value is not None:
                found[name] = value
        return found if found or not prefix else None
    if shape.type_name == "list":
        return list_from_form(shape, form, prefix)
    if shape.type_name == "map":
        return map_from_form(shape, form, prefix)
    text = form.pop(prefix, None)
    return None if text is None else from_text(shape, text, prefix)


def list_from_form(shape, form, prefix):
    if form.get(prefix) == "":
        del form[prefix]
        return []
    if shape.serialization.get("flattened"):
        name = shape.member.serialization.get("name")
        inner = ".".join([*prefix.split(".")[:-1], name]) if name else prefix
    else:
        inner = f"{prefix}.{shape.member.serialization.get('name', 'member')}"
    items = []
    while (item := from_form(shape.member, form, f"{inner}.{len(items) + 1}")) is not None:
        items.append(item)
    return items or None


def map_from_form(shape, form, prefix):
    inner = prefix if shape.serialization.get("flattened") else f"{prefix}.entry"
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    found = {}
    while (key := form.pop(f"{inner}.{len(found) + 1}.{key_name}", None)) is not None:
        found[key] = from_form(shape.value, form, f"{inner}.{len(found) + 1}.{value_name}")
    return found or None


def from_text(shape, text, path):
    """A scalar of a form, a path or a query string."""
    try:
        if shape.type_name in ("integer", "long"):
            return int(text)
        if shape.type_name in ("float", "double"):
            return float(text)
        if shape.type_name == "boolean":
            return {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        raise Wrong(f"{path} is no {shape.type_name}: {text!r}") from None
    return text


# -- rest-json: method, path, query, headers and body each carry a part --


def check_rest(model, call):
    operation, labels = rest_operation(model, call)
    shape = operation.input_shape
    if shape is None:
        return operation.name
    query = urllib.parse.parse_qs(call["query"], keep_blank_values=True)
    body = json.loads(call["body"] or "{}")
    value = {}
    for name, member in shape.members.items():
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "uri":
            value[name] = from_text(member, labels[key], name)
        elif place == "querystring" and key in query:
            texts = query.pop(key)
            value[name] = texts if member.type_name == "list" else from_text(member, texts[0], name)
        elif place == "header" and key.lower() in call["headers"]:
            value[name] = from_text(member, call["headers"][key.lower()], name)
    if query:
        raise Wrong(f"{operation.name} has no query parameter {sorted(query)[0]}")
    payload = shape.serialization.get("payload")
    if payload:
        value[payload] = body
    else:
        value.update(body_members(operation, shape, body))
    check_input(operation, value)
    return operation.name


def body_members(operation, shape, body):
    for name in body:
        member = next((one for key, one in shape.members.items() if one.serialization.get("name", key) == name), None)
        if member is not None and member.serialization.get("location"):
            raise Wrong(f"{operation.name}.{name} does not belong into the body")
    return body


def rest_operation(model, call):
    for name in model.operation_names:
        operation = model.operation_model(name)
        path, _, fixed = operation.http["requestUri"].partition("?")
        pattern = re.sub(r"\\{(\w+)(\\\+)?\\}", lambda m: f"(?P<{m[1]}>{'.+' if m[2] else '[^/]+'})", re.escape(path))
        # Some models end in a slash that the SDK does not send and the service does not ask for.
        found = re.fullmatch(pattern.rstrip("/"), call["path"].rstrip("/"))
        if found and operation.http["method"] == call["method"] and all(p in call["query"] for p in fixed.split("&")):
            return operation, {key: urllib.parse.unquote(text) for key, text in found.groupdict().items()}
    raise Wrong(f"{model.service_name} has no operation {call['method']} {call['path']}")


# -- the model's rules --


def check(shape, value, path):
    if value is None:
        raise Wrong(f"{path} is null")
    rule = RULES.get(shape.type_name)
    if rule is None:
        raise Wrong(f"{path}: this check does not know the type {shape.type_name}")
    rule(shape, value, path)


def check_structure(shape, value, path):
    of_type(value, dict, "structure", path)
    if shape.is_document_type:
        return
    by_wire_name = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    by_name = {name: (name, member) for name, member in shape.members.items()}
    given = set()
    for key, inner in value.items():
        name, member = by_wire_name.get(key) or by_name.get(key) or (None, None)
        if member is None:
            raise Wrong(f"{path} has no member {key}")
        given.add(name)
        check(member, inner, f"{path}.{name}")
    for name in shape.required_members:
        if name not in given:
            raise Wrong(f"{path}.{name} is required")
    if (shape.is_tagged_union or shape.name in ("AttributeValue",)) and len(given) != 1:
        raise Wrong(f"{path} must have exactly one member, not {len(given)}")


def check_list(shape, value, path):
    of_type(value, list, "list", path)
    check_length(shape, len(value), path)
    for place, inner in enumerate(value):
        check(shape.member, inner, f"{path}[{place}]")


def check_map(shape, value, path):
    of_type(value, dict, "map", path)
    check_length(shape, len(value), path)
    for key, inner in value.items():
        check(shape.key, key, f"{path} (key {key!r})")
        check(shape.value, inner, f"{path}[{key!r}]")


def check_string(shape, value, path):
    of_type(value, str, "string", path)
    check_length(shape, len(value), path, value)
    pattern = shape.metadata.get("pattern")
    # AWS's services hold the whole text against a pattern, anchored or not.
    if pattern and not regex.fullmatch(pattern, value):
        raise Wrong(f"{path} does not match {pattern}: {value!r}")
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        raise Wrong(f"{path} is none of {', '.join(allowed)}: {value!r}")


def check_number(shape, value, path):
    whole = shape.type_name in ("integer", "long")
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise Wrong(f"{path} is no {shape.type_name}: {value!r}")
    if value < shape.metadata.get("min", value) or value > shape.metadata.get("max", value):
        raise Wrong(f"{path} is out of range: {value}")


def check_blob(shape, value, path):
    of_type(value, str, "blob", path)
    try:
        check_length(shape, len(base64.b64decode(value, validate=True)), path)
    except ValueError:
        raise Wrong(f"{path} is not base64: {value!r}") from None


def check_timestamp(shape, value, path):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Wrong(f"{path} is no timestamp: {value!r}")


def check_length(shape, length, path, value=""):
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    if length < low or (high is not None and length > high):
        shown = f": {value[:80]!r}" if value else ""
        raise Wrong(f"{path} has a length of {length}, allowed are {low} to {high}{shown}")


def of_type(value, kind, name, path):
    if not isinstance(value, kind):
        raise Wrong(f"{path} is no {name}: {value!r}")


RULES = {
    "structure": check_structure,
    "list": check_list,
    "map": check_map,
    "string": check_string,
    "character": check_string,
    "integer": check_number,
    "long": check_number,
    "float": check_number,
    "double": check_number,
    "boolean": lambda shape, value, path: of_type(value, bool, "boolean", path),
    "blob": check_blob,
    "timestamp": check_timestamp,
}


def main(folder, crates):
    counts, faults = Counter(), Counter()
    for file in sorted(Path(folder).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            call = json.loads(line)
            try:
                counts[call["service"], check_call(call)] += 1
            except Wrong as wrong:
                faults[f"{call['service']}: {wrong}"] += 1
    for (service, operation), count in sorted(counts.items()):
        print(f"{count:7}  {service} {operation}")
    silent = [crate for crate in crates if not any(service == model_name(crate) for service, _ in counts)]
    for crate in silent:
        faults[f"{model_name(crate)}: src uses {crate}, but no call of it was recorded"] += 1
    for fault, count in sorted(faults.items()):
        print(f"WRONG ({count} times) {fault}", file=sys.stderr)
    print(f"{sum(counts.values())} calls of {len(counts)} operations hold; {sum(faults.values())} do not")
    return 1 if faults else 0


def model_name(crate):
    plain = crate.removeprefix("aws-sdk-")
    return NAMES.get(plain, plain)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
