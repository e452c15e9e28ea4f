import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from sandbox.checks import only_on_a_laptop, refuse_production


@pytest.mark.parametrize(
    ("debug", "allowed", "faults"), [(True, False, 0), (False, True, 0), (False, False, 1), (True, True, 0)]
)
def test_the_sandbox_cannot_be_enabled_with_debug_off(
    settings: Settings, debug: bool, allowed: bool, faults: int
) -> None:
    settings.DEBUG, settings.SANDBOX_ALLOWED_WITHOUT_DEBUG = debug, allowed
    assert len(only_on_a_laptop(None)) == faults
    if faults:
        with pytest.raises(ImproperlyConfigured):
            refuse_production()
    else:
        refuse_production()
