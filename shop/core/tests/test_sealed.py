import pytest
from pytest_django import Settings

from shop.core.sealed import seal, unseal


def test_what_is_sealed_comes_back_and_cannot_be_read() -> None:
    sealed = seal("JBSWY3DPEHPK3PXP – ключ")
    assert unseal(sealed) == "JBSWY3DPEHPK3PXP – ключ"
    assert "JBSWY3DP" not in sealed


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert seal("a") != seal("a")


def test_a_former_key_still_opens_and_a_foreign_one_does_not(settings: Settings) -> None:
    sealed = seal("a")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new-" * 12, [settings.SECRET_KEY]
    assert unseal(sealed) == "a"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(ValueError, match="known key"):
        unseal(sealed)


def test_an_edited_seal_is_refused() -> None:
    sealed = seal("a")
    with pytest.raises(ValueError, match="known key"):
        unseal(sealed[:-6] + "AAAAA=")
    with pytest.raises(ValueError, match="known key"):
        unseal("")
