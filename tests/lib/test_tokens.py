"""Secrets: long enough never to be guessed, or short but easy to read and forgiving to type."""

import math

import pytest

from sergio.lib import tokens


def test_a_token_has_256_bits_and_never_comes_twice():
    made = {tokens.token() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(token) for token in made} == {43}


def test_a_code_has_eight_characters_and_enough_entropy_without_look_alikes():
    told_apart = {tokens.spelled(letter) for letter in tokens.LETTERS}
    assert len(tokens.code()) == 8
    assert math.log2(len(told_apart)) * 8 > 36


@pytest.mark.parametrize("typed", ["ZSB6-GUV2", "zsb6guv2", " zsb6 – guv2 ", "2586-6UU2", "ZSBG.6vuz"])
def test_a_code_can_be_typed_with_look_alikes(typed):
    assert tokens.spelled(typed) == tokens.spelled("ZSB6GUV2")


def test_different_codes_stay_different():
    assert tokens.spelled("ZSB6GUV2") != tokens.spelled("ZSB6GUV3")
