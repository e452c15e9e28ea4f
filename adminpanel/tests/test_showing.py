"""What staff change of the catalogue's smaller tables is on the public pages at once."""

import pytest
from django.test import Client
from django.urls import reverse

from adminpanel.tests.builders import make_staff, signed_in
from shop.catalog import listings
from shop.catalog.models import Category, Colour, Product, ProductListing
from shop.tests.builders import make_category, make_location, make_product, make_rate, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def shirt() -> Product:
    """Listed under Clothes > Shirts, in sky, size M."""
    clothes = make_category("Clothes", "clothes")
    product = make_product(category=make_category(parent=clothes), slug="quarry")
    make_variant(product)
    listings.refresh([product.pk])
    return product


@pytest.fixture
def owner() -> Client:
    return signed_in(make_staff("owner"))


def save(owner: Client, model: str, pk: int, **fields: object) -> None:
    response = owner.post(reverse(f"admin:shop_{model}_change", args=[pk]), fields)
    assert response.status_code == 302, response.context["errors"]


def remove(owner: Client, model: str, pk: int) -> None:
    assert owner.post(reverse(f"admin:shop_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 302


def found(client: Client, words: str) -> bool:
    return b"1 piece for" in client.get("/search/", {"q": words}).content


def test_a_category_renamed_above_is_searched_by_its_new_name(client: Client, owner: Client, shirt: Product) -> None:
    assert not found(client, "garments")
    save(owner, "category", Category.objects.get(slug="clothes").pk, name="Garments", slug="clothes", position=0)
    assert found(client, "garments")
    assert b'<h1 class="h2">Garments</h1>' in client.get("/shop/clothes/").content


def test_a_category_moved_away_takes_its_products_along(client: Client, owner: Client, shirt: Product) -> None:
    assert b"Quarry Linen Shirt" in client.get("/shop/clothes/").content
    save(owner, "category", shirt.category_id, name="Shirts", slug="shirts", position=0, parent="")
    assert b"Quarry Linen Shirt" not in client.get("/shop/clothes/").content


def test_a_category_cannot_stand_below_itself(owner: Client, shirt: Product) -> None:
    clothes = Category.objects.get(slug="clothes")
    fields = {"name": "Clothes", "slug": "clothes", "position": 0, "parent": shirt.category_id}
    response = owner.post(reverse("admin:shop_category_change", args=[clothes.pk]), fields)
    assert "Shirts stands below Clothes" in response.content.decode()
    clothes.refresh_from_db()
    assert clothes.parent is None


def test_a_colour_gets_its_new_name_family_and_dot_everywhere(client: Client, owner: Client, shirt: Product) -> None:
    sky = Colour.objects.get(slug="sky")
    save(owner, "colour", sky.pk, name="Moss", slug="moss", family="green", hex="#2f4a3e", accent_hex="")
    assert b"Quarry Linen Shirt" in client.get("/shop/?colour=green").content
    assert b"<p>Moss</p>" in client.get("/shop/").content
    assert b".c-moss{" in client.get("/colours.css").content.replace(b" ", b"")


def test_a_size_gets_its_new_name_on_the_cards(client: Client, owner: Client, shirt: Product) -> None:
    size = shirt.variants.get().size
    save(owner, "size", size.pk, system=size.system_id, name="Medium", position=2)
    assert b'name="size" value="Medium"' in client.get("/shop/").content


def test_what_lies_at_a_closed_location_is_sold_out(client: Client, owner: Client, shirt: Product) -> None:
    assert ProductListing.objects.get().in_stock
    save(owner, "stocklocation", make_location().pk, name="Main", code="main", position=0)
    assert not ProductListing.objects.get().in_stock


@pytest.mark.parametrize("model", ["product", "productvariant"])
def test_what_is_removed_is_listed_no_more(client: Client, owner: Client, model: str) -> None:
    product = make_product(slug="quarry")
    variant = make_variant(product, stock=0)
    listings.refresh([product.pk])
    assert b"Quarry Linen Shirt" in client.get("/shop/").content
    remove(owner, model, product.pk if model == "product" else variant.pk)
    assert b"Quarry Linen Shirt" not in client.get("/shop/").content
    assert b"1 product" not in client.get("/shop/").content


def test_the_notice_says_from_which_value_delivery_is_free(client: Client, owner: Client, shirt: Product) -> None:
    rate = make_rate(free_over=7500)
    listings.bump_version()
    assert "Free delivery from £75 · 30 days" in client.get("/").content.decode()
    row = {"id": rate.pk, "countries": "GB", "price": "3.95", "free_over": "60", "min_days": 2, "max_days": 4}
    fields = {f"rates-0-{name}": value for name, value in row.items()}
    management = {"rates-TOTAL_FORMS": 1, "rates-INITIAL_FORMS": 1}
    method = {"code": "standard", "name": "Standard", "position": 0, "cut_off": "14:00", "is_active": "on"}
    save(owner, "shippingmethod", rate.method_id, **method, **fields, **management)
    assert "Free delivery from £60 · 30 days" in client.get("/").content.decode()


def went_back(client: Client, shirt: Product) -> int:
    """The status of the answer to a former state of the shirt that is posted as it was."""
    former = shirt.history.earliest()
    former_page = reverse("admin:shop_product_simple_history", args=[shirt.pk, former.pk])
    sent = {"name": former.name, "slug": former.slug, "category": former.category_id, "description": "Washed linen."}
    sent |= {"department": former.department, "tax_class": former.tax_class}
    sent |= {"weight_grams": former.weight_grams, "volume_cm3": former.volume_cm3}
    answer = client.post(former_page, {**sent, "published_at_0": "2026-01-01", "published_at_1": "09:00"})
    return answer.status_code


def test_going_back_to_a_former_state_is_a_change_and_the_listing_follows(owner: Client, shirt: Product) -> None:
    shirt.name = "Quarry Shirt, second edition"
    shirt.save()
    listings.refresh([shirt.pk])
    for role in ("warehouse", "customer care", "marketing", "analyst"):
        assert went_back(signed_in(make_staff(role)), shirt) == 403
    assert Product.objects.get().name == "Quarry Shirt, second edition"
    assert went_back(owner, shirt) == 302
    assert Product.objects.get().name == "Quarry Linen Shirt"
    assert ProductListing.objects.get().name == "Quarry Linen Shirt"
