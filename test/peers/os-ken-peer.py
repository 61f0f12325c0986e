"""os-ken as a reader and a writer of OpenFlow 1.3: answers each line of JSON with a line of JSON.

{"read": "0x…"} is answered with {"message": …}, {"write": message} with {"bytes": "0x…"}, and either with {"unknown": what}
where os-ken has no code for it. Messages have the form and the names of Iris. Integers are strings of decimal digits, since
64 bits are too many for numbers of JSON, and bytes are strings of hexadecimal digits that begin with 0x.
"""
import json
import re
import struct
import sys

from os_ken.lib.stringify import obj_attrs
from os_ken.ofproto import ofproto_parser, ofproto_v1_3 as ofproto, ofproto_v1_3_parser as parser
from os_ken.ofproto.ofproto_protocol import ProtocolDesc

datapath = ProtocolDesc(ofproto.OFP_VERSION)

# How classes of os-ken are called whose names do not say it.
RENAMED = {"OFPSwitchFeatures": "features_reply", "OFPErrorMsg": "error",
           "ONFBundleCtrlMsg": "bundle_control", "ONFBundleAddMsg": "bundle_add"}
PARTS = {"desc": "Desc", "flow": "Flow", "aggregate": "Aggregate", "table": "Table", "port_stats": "Port", "queue": "Queue",
         "group": "Group", "group_desc": "GroupDesc", "group_features": "GroupFeatures", "meter": "Meter",
         "meter_config": "MeterConfig", "meter_features": "MeterFeatures", "port_desc": "PortDesc"}
# Ours to theirs, by message or by what a message holds.
FIELDS = {"error": {"error_type": "type", "error_code": "code"}, "group_mod": {"group_type": "type"},
          "bundle_control": {"control": "type"}, "group_desc_stats": {"group_type": "type"}}
# Prefixes of the constants that a field holds one of.
CONSTANTS = {("flow_mod", "command"): "OFPFC_", ("group_mod", "command"): "OFPGC_", ("meter_mod", "command"): "OFPMC_",
             ("group_mod", "group_type"): "OFPGT_", ("group_desc_stats", "group_type"): "OFPGT_",
             ("packet_in", "reason"): "OFPR_", ("flow_removed", "reason"): "OFPRR_", ("port_status", "reason"): "OFPPR_",
             ("role_request", "role"): "OFPCR_ROLE_", ("role_reply", "role"): "OFPCR_ROLE_",
             ("bundle_control", "control"): "ONF_BCT_"}
SHORT = {"fast_failover": "ff"}
KNOWN_FIELDS = {field.name for field in ofproto.oxm_types}
# What follows from the rest, and what os-ken keeps beside the fields.
DERIVED = {"type", "len", "length", "properties", "actions_len"}
DERIVED_OF_BUNDLES = {"experimenter", "exp_type", "data"}
FOUR = ("all", "select", "indirect", "fast_failover")
INSTRUCTIONS = {"write_actions": ofproto.OFPIT_WRITE_ACTIONS, "apply_actions": ofproto.OFPIT_APPLY_ACTIONS,
                "clear_actions": ofproto.OFPIT_CLEAR_ACTIONS}


class Unknown(Exception):
    pass


def snake(name):
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def camel(name):
    return "".join(word.capitalize() for word in name.split("_"))


def constants(prefix):
    longer = [p for p in set(CONSTANTS.values()) if p.startswith(prefix) and p != prefix]
    return {name[len(prefix):].lower(): getattr(ofproto, name) for name in dir(ofproto)
            if name.startswith(prefix) and not any(name.startswith(p) for p in longer)}


# Theirs to ours

def told_name(field):
    if field not in KNOWN_FIELDS:
        raise Unknown("match field " + field)
    return "nx_" + field if re.match("reg[0-9]|tun_ipv4", field) else field


def told_field(value):
    return {"value": told(value[0]), "mask": told(value[1])} if isinstance(value, tuple) else told(value)


def told_experimenter(action):
    if isinstance(action, (parser.OFPActionExperimenterUnknown, parser.NXActionUnknown)):
        raise Unknown("action of experimenter %d" % action.experimenter)
    written = bytearray()
    action.serialize(written, 0)
    return {"type": "experimenter", "experimenter": told(action.experimenter), "data": told(bytes(written[8:]))}


def told_instruction_actions(value):
    kind = next(name for name, number in INSTRUCTIONS.items() if number == value.type)
    return {"type": kind} if kind == "clear_actions" else {"type": kind, "actions": told(value.actions)}


def told(value):
    """Anything of os-ken's in our form."""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [told(each) for each in value]
    if isinstance(value, parser.OFPMatch):
        return {told_name(name): told_field(field) for name, field in value.items()}
    if isinstance(value, parser.OFPActionSetField):
        return {"type": "set_field", "field": {told_name(value.key): told_field(value.value)}}
    if isinstance(value, parser.OFPActionExperimenter):
        return told_experimenter(value)
    if isinstance(value, parser.OFPInstructionActions):
        return told_instruction_actions(value)
    if isinstance(value, parser.OFPHelloElemVersionBitmap):
        return {"type": "versionbitmap", "bitmaps": told(value._bitmaps)}
    if isinstance(value, ofproto_parser.StringifyMixin):
        return told_object(value)
    return value


def told_object(value):
    name = type(value).__name__
    union = re.match("OFP(Action|Instruction|MeterBand)(?!Stats)(.+)", name)
    if union:
        return {"type": snake(union[2]), **told_fields(value, name)}
    return told_fields(value, RENAMED.get(name, snake(name[3:])))


def told_fields(value, kind):
    theirs = {name: field for name, field in obj_attrs(value)}
    named = {field: theirs.pop(name) for field, name in FIELDS.get(kind, {}).items()}
    derived = DERIVED | DERIVED_OF_BUNDLES if kind == "bundle_control" else DERIVED
    fields = {**{name: field for name, field in theirs.items() if name not in derived}, **named}
    return {name: told_in(kind, name, field) for name, field in fields.items()}


def told_in(kind, name, value):
    if (kind, name) in CONSTANTS:
        found = next(key for key, number in constants(CONSTANTS[kind, name]).items() if number == value)
        return next((ours for ours, theirs in SHORT.items() if theirs == found), found)
    if kind == "get_async_reply":
        return "0x" + struct.pack("!II", *value).hex()
    if kind == "group_features_stats" and isinstance(value, list):
        return dict(zip(FOUR, told(value)))
    if isinstance(value, bytes) and name in ("name", "mfr_desc", "hw_desc", "sw_desc", "serial_num", "dp_desc"):
        return value.rstrip(b"\0").decode()
    return told(value)


def read(data):
    version, number, length, xid = ofproto_parser.header(data)
    if number not in parser._MSG_PARSERS:
        raise Unknown("message of type %d" % number)
    message = ofproto_parser.msg(datapath, version, number, length, xid, data)
    if type(message) is parser.OFPExperimenter and message.exp_type == ofproto.ONF_ET_BUNDLE_ADD_MESSAGE:
        raise Unknown("message of a bundle")
    name = type(message).__name__
    part = re.match("OFP(.+)StatsReply", name)
    if part is None:
        kind = RENAMED.get(name, snake(name[3:]))
        return {"message": {"type": kind, "xid": told(message.xid), **told_fields(message, kind)}}
    head = {"type": "multipart_reply", "xid": told(message.xid), "flags": told(message.flags)}
    return {"message": {**head, "part": next(ours for ours, name in PARTS.items() if name == part[1]), "body": told(message.body)}}


# Ours to theirs

def meant(value):
    """What JSON says, as what constructors of os-ken take."""
    if isinstance(value, str) and value.isdigit():
        return int(value)
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    return value


def meant_match(match):
    fields = {}
    for ours, value in match.items():
        name = ours.removeprefix("nx_")
        if name not in KNOWN_FIELDS:
            raise Unknown("match field " + name)
        fields[name] = (meant(value["value"]), meant(value["mask"])) if isinstance(value, dict) else meant(value)
    return fields


def meant_action(action):
    fields = {name: meant(value) for name, value in action.items() if name != "type"}
    if action["type"] == "set_field":
        return parser.OFPActionSetField(**meant_match(action["field"]))
    if action["type"] == "experimenter":
        head = struct.pack("!HHI", ofproto.OFPAT_EXPERIMENTER, 8 + len(fields["data"]), fields["experimenter"])
        return parser.OFPAction.parser(head + fields["data"], 0)
    return getattr(parser, "OFPAction" + camel(action["type"]))(**fields)


def meant_instruction(instruction):
    kind = instruction["type"]
    if kind in INSTRUCTIONS:
        return parser.OFPInstructionActions(INSTRUCTIONS[kind], [meant_action(each) for each in instruction.get("actions", [])])
    fields = {name: meant(value) for name, value in instruction.items() if name != "type"}
    return getattr(parser, "OFPInstruction" + camel(kind))(**fields)


def meant_bucket(bucket):
    plain = {name: meant(value) for name, value in bucket.items() if name != "actions"}
    return parser.OFPBucket(actions=[meant_action(each) for each in bucket["actions"]], **plain)


def meant_band(band):
    return getattr(parser, "OFPMeterBand" + camel(band["type"]))(**{name: meant(value) for name, value in band.items() if name != "type"})


def meant_hello(element):
    bitmaps = enumerate(map(meant, element["bitmaps"]))
    return parser.OFPHelloElemVersionBitmap([32 * at + bit for at, bitmap in bitmaps for bit in range(32) if bitmap >> bit & 1])


class Inner:
    """A message inside a bundle, as bytes."""

    def __init__(self, buf):
        self.buf = bytearray(buf)
        self.xid = struct.unpack_from("!I", buf, 4)[0]

    def serialize(self):
        pass


LISTS = {"actions": meant_action, "instructions": meant_instruction, "buckets": meant_bucket, "bands": meant_band,
         "elements": meant_hello}


def meant_in(kind, name, value):
    if (kind, name) in CONSTANTS:
        return constants(CONSTANTS[kind, name])[SHORT.get(value, value)]
    if name in LISTS:
        return [LISTS[name](each) for each in value]
    if name == "match":
        return parser.OFPMatch(**meant_match(value))
    if kind == "set_async":
        return list(struct.unpack("!II", meant(value)))
    if kind == "bundle_add" and name == "message":
        return Inner(meant(value))
    return meant(value)


def write(message):
    kind = message["type"]
    fields = {name: value for name, value in message.items() if name not in ("type", "xid", "part", "body")}
    name = next((theirs for theirs, ours in RENAMED.items() if ours == kind), "OFP" + camel(kind))
    if kind == "multipart_request":
        name = "OFP%sStatsRequest" % PARTS[message["part"]]
        fields.update(message["body"])
    made = getattr(parser, name)
    # What os-ken only reads inherits a writer of nothing but the header, which is right where there is no more.
    if kind == "barrier_reply" or (fields and made._serialize_body is ofproto_parser.MsgBase._serialize_body):
        raise Unknown("way to write " + name)
    theirs = FIELDS.get(kind, {})
    given = {theirs.get(field, field): meant_in(kind, field, value) for field, value in fields.items()}
    if "type" in given:
        given["type_"] = given.pop("type")
    if kind.startswith("bundle_"):
        given["properties"] = []
    written = made(datapath, **given)
    written.set_xid(meant(message["xid"]))
    written.serialize()
    return {"bytes": "0x" + bytes(written.buf).hex()}


def answer(question):
    try:
        return read(meant(question["read"])) if "read" in question else write(question["write"])
    except Unknown as what:
        return {"unknown": str(what)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
