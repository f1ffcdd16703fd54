"""Arguments that are sent there and back."""

import json
import re

PLAIN = [
    "plain", "", "Grüße, 世界, 🦀🏳️‍🌈, \U0010ffff",
    "separators \u2028 \u2029 \x1e \x00 \x7f \ufeff",
    'quotes " and \\ and </script> and \r\n',
    0, -1, 1.5, 1e21, 5e-324, 1.7976931348623157e308, 2**53 - 1, -(2**53) + 1,
    True, False, None, [], {}, [[[]]], {"": {"": None}},
    {"zebra": 1, "apple": [{"ключ": "значение"}, [None, [False]]], "constructor": "c"},
]

LONE_SURROGATES = ["\ud800", "a\udc00b", {"inside": ["\udbff!"]}, "whole 🦀"]

EVERY_BYTE = bytes(range(256))

# Binary at several depths, beside text, and an empty one.
DEEP = [
    EVERY_BYTE,
    "text between",
    {"list": [1, EVERY_BYTE[3:9], {"leaf": b""}], "plain": None},
    [[b"\xa5" * 100_000]],
]


def well_formed(value):
    """The same value with each lone surrogate as U+FFFD."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(re.sub("[\ud800-\udfff]", "\ufffd", text))
