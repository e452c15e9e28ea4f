from shop.checkout.tests.conftest import fake

__all__ = ["fake"]
