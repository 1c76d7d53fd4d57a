"""Keys for comparing and searching text regardless of case and width, in any alphabet."""

import unicodedata


def folded(text: str) -> str:
    """A key that is equal for texts that differ only in case or width: "ÖLGA" and "ölga".

    The compatibility caseless form of the Unicode Standard, section 3.13 (D146).
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())
