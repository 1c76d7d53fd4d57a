"""Keys for comparing and searching text regardless of case and width, in any alphabet; and names in one line."""

import unicodedata


def folded(text: str) -> str:
    """A key that is equal for texts that differ only in case or width: "ÖLGA" and "ölga".

    The compatibility caseless form of the Unicode Standard, section 3.13 (D146).
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold())


def plain_name(text: str) -> str:
    """A name in one line, without characters that nobody sees and that could turn the text around it (UTS 39)."""
    visible = "".join(" " if letter.isspace() else letter for letter in text)
    return " ".join("".join(letter for letter in visible if unicodedata.category(letter) not in UNSEEN).split())


UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode's categories of control, format, surrogate, private and unassigned characters."""
