"""Wish lists on real parallel connections."""

import pytest

from shop.tests.builders import make_product, make_user, make_variant
from shop.tests.parallel import in_parallel
from shop.wishlist import services
from shop.wishlist.models import WishItem, WishList

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_piece_that_is_saved_many_times_at_once_is_there_once() -> None:
    variant, alice = make_variant(), make_user()

    def save() -> None:
        services.save(services.list_for(alice), variant.product_id, variant.colour_id)

    assert in_parallel(save, 6) == []
    assert (WishList.objects.count(), WishItem.objects.count()) == (1, 1)


def test_a_guests_list_joins_one_of_those_who_sign_in_at_once() -> None:
    guests, people = services.new_guest_list(), [make_user(f"{name}@example.org") for name in ("alice", "bob")]
    for name in ("Shirt", "Coat"):
        variant = make_variant(make_product(name))
        services.save(guests, variant.product_id, variant.colour_id)
    turns, added = iter(people * 3), []
    assert in_parallel(lambda: added.append(services.merge(guests.key, next(turns))), 6) == []
    assert sorted(added) == [0, 0, 0, 0, 0, 2]
    assert WishItem.objects.values("wish_list__user").distinct().count() == 1


def test_what_is_saved_during_the_sign_in_is_taken_in_or_goes_to_a_list_of_its_own() -> None:
    guests, alice = services.new_guest_list(), make_user()
    variants = [make_variant(make_product(f"Piece {number}")) for number in range(7)]
    turns = iter([*variants[:4], None, *variants[4:]])

    def save_or_sign_in() -> None:
        variant = next(turns)
        if variant is None:
            services.merge(guests.key, alice)
        else:
            services.save_anywhere(guests, None, variant, with_size=False)

    assert in_parallel(save_or_sign_in, 8) == []
    assert WishItem.objects.count() == 7
    assert not WishList.objects.filter(pk=guests.pk).exists()
