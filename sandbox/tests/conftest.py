from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from sandbox.twin import making, names, peek


@pytest.fixture
def twin(shop_site: str, cloud: str, settings: Any) -> Iterator[str]:
    """A shop that runs on a pretended AWS, over HTTP; its address. A message that failed can be seen again at once."""
    settings.TWIN_PEEK = peek.serve()
    for name, value in (names.told(f"t{uuid4().hex[:10]}", cloud) | names.ADAPTERS).items():
        setattr(settings, name, value)
    making.resources.cache_clear()
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": names.FILES}}
    making.make_all(visibility=0)
    yield shop_site
    making.resources.cache_clear()
