"""Places and names of records, worked out when asked for."""

from __future__ import annotations

import pytest

from reachsim.model import records as aws
from reachsim.model.naming import Names
from reachsim.model.places import Place, Places

HOME, OTHER = ("111111111111", "us-east-1"), ("222222222222", "us-east-1")


def test_what_is_said_last_of_a_place_holds() -> None:
    places = Places()
    places.listed(["eni-1", "eni-2"], HOME, "a.json", "NetworkInterfaces")
    assert places["eni-2"] == Place(HOME, "a.json", "/NetworkInterfaces/1")
    places["eni-2"] = Place(OTHER, "b.json", "/Reservations/0")
    assert places["eni-2"].file == "b.json"
    assert places.home("eni-2") == OTHER
    places.listed(["eni-2"], HOME, "c.json", "NetworkInterfaces")
    assert str(places["eni-2"]) == "c.json#/NetworkInterfaces/0"
    assert list(places) == ["eni-1", "eni-2"]
    assert "eni-3" not in places
    with pytest.raises(KeyError):
        places.home("eni-3")


def test_a_group_goes_by_its_tag_and_else_by_its_own_name() -> None:
    tagged = aws.SecurityGroup("sg-1", group_name="web", tags=(aws.Tag("Name", "front\n"),))
    names = Names({"vpc-1": aws.Vpc("vpc-1")}, {"sg-1": tagged, "sg-2": aws.SecurityGroup("sg-2", group_name="web")})
    assert dict(names) == {"sg-1": "front", "sg-2": "web"}
    assert len(names) == 2
    assert names.get("vpc-1") is None
