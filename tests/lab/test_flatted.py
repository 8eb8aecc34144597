"""n8n's run data, read as n8n wrote it."""

import json

from lab.flatted import unflatten


def test_strings_inside_a_value_are_followed_and_strings_themselves_stay() -> None:
    stored = json.dumps([{"resultData": "1"}, {"last": "2", "took": 7}, "Answer"])

    assert unflatten(stored) == {"resultData": {"last": "Answer", "took": 7}}


def test_what_is_referred_to_twice_is_one_object_and_a_cycle_ends() -> None:
    whole = unflatten(json.dumps([{"one": "1", "other": "1"}, {"parent": "0", "list": "2"}, ["1", 5]]))

    assert whole["one"] is whole["other"]
    assert whole["one"]["parent"] is whole
    assert whole["one"]["list"] == [whole["one"], 5]
