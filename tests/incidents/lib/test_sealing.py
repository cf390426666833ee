"""Sealed secrets open with their key, for what they belong to, and never otherwise."""

import pytest

from incidents.lib.sealing import SealError, seal, unseal

OLD, NEW = "an old key of many random characters", "a new key of many random characters"


def test_round_trip():
    token = seal("whsec_é", keys=[NEW, OLD], context="a:1")
    assert "whsec" not in token
    assert unseal(token, keys=[NEW], context="a:1") == "whsec_é"
    assert seal("x", keys=[NEW], context="a:1") != seal("x", keys=[NEW], context="a:1")


def test_every_key_of_the_ring_opens():
    assert unseal(seal("x", keys=[OLD], context="a:1"), keys=[NEW, OLD], context="a:1") == "x"


@pytest.mark.parametrize(("keys", "context"), [([NEW], "a:1"), ([OLD], "a:2"), ([], "a:1")])
def test_another_key_or_place_raises(keys, context):
    with pytest.raises(SealError):
        unseal(seal("x", keys=[OLD], context="a:1"), keys=keys, context=context)


@pytest.mark.parametrize("token", ["", "plain text", "v1:", "v1:AAAA", "v1:!!!", "v2:" + "A" * 64, "v1:" + "A" * 64])
def test_what_was_not_sealed_raises(token):
    with pytest.raises(SealError):
        unseal(token, keys=[OLD], context="a:1")


def test_no_key_seals_nothing():
    with pytest.raises(SealError):
        seal("x", keys=[], context="a:1")
