"""Tokens that cannot be guessed, and codes that are easy to read and type."""

import math

import pytest

from sergio.lib import tokens


def test_a_token_has_256_bits_and_never_comes_twice():
    made = {tokens.token() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(token) for token in made} == {43}


def test_a_code_has_eight_characters_and_enough_entropy_without_look_alikes():
    distinct = {tokens.normalized_code(character) for character in tokens.LETTERS}
    assert len(tokens.code()) == 8
    assert math.log2(len(distinct)) * 8 > 36


@pytest.mark.parametrize("typed", ["ZSB6-GUV2", "zsb6guv2", " zsb6 – guv2 ", "2586-6UU2", "ZSBG.6vuz"])
def test_a_code_can_be_typed_with_look_alikes(typed):
    assert tokens.normalized_code(typed) == tokens.normalized_code("ZSB6GUV2")


def test_different_codes_stay_different():
    assert tokens.normalized_code("ZSB6GUV2") != tokens.normalized_code("ZSB6GUV3")
