"""What the shop sells: categories, products, their variants (size x colour), pictures and size charts."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import JSONObject, Upper
from django.urls import reverse
from simple_history.models import HistoricalRecords

from shop.catalog.fit import Fit
from shop.catalog.unclaimed import unclaimed
from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money, shop_currency
from shop.core.words import begun_by, words_of

hex_colour = RegexValidator(r"^#[0-9a-f]{6}$", "Write the colour as # and six digits, such as #8a3b22.")


class Category(models.Model):
    """A node of the category tree."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveSmallIntegerField(default=0)
    description = models.TextField(blank=True)
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop-category", args=[self.slug])

    def clean(self) -> None:
        """Raises ValidationError for a parent that stands below this category: the tree would lose both."""
        seen, above = set[int](), self.parent
        while above and above.pk not in seen:
            if self.pk == above.pk:
                words = f"{self.parent} stands below {self.name}." if self.parent != above else "Choose another."
                raise ValidationError({"parent": f"A category cannot stand below itself: {words}"})
            seen.add(above.pk)
            above = above.parent


class Colour(models.Model):
    """A colour, or a pair of colours, with the family that shoppers filter by."""

    class Family(models.TextChoices):
        WHITE = "white", "White"
        NEUTRAL = "neutral", "Neutral"
        BROWN = "brown", "Brown"
        YELLOW = "yellow", "Yellow"
        RED = "red", "Red"
        PINK = "pink", "Pink"
        PURPLE = "purple", "Purple"
        BLUE = "blue", "Blue"
        GREEN = "green", "Green"
        GREY = "grey", "Grey"
        BLACK = "black", "Black"

    name = models.CharField(max_length=60)
    slug = models.SlugField(unique=True)
    hex = models.CharField(max_length=7, validators=[hex_colour])
    accent_hex = models.CharField(max_length=7, blank=True, validators=[hex_colour])
    family = models.CharField(max_length=10, choices=Family)
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SizeSystem(models.Model):
    """A way of naming sizes (letters, UK dress sizes, waist inches); sizes are ordered within it."""

    name = models.CharField(max_length=60, unique=True)
    label = models.CharField(max_length=60, help_text="Shown beside the word Size, e.g. UK / regular")
    history = HistoricalRecords(app="shop")

    def __str__(self) -> str:
        return self.name


class Size(models.Model):
    system = models.ForeignKey(SizeSystem, models.PROTECT, related_name="sizes")
    name = models.CharField(max_length=20)
    position = models.PositiveSmallIntegerField()
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["system_id", "position"]
        constraints = [models.UniqueConstraint(fields=["system", "name"], name="size_once_per_system")]

    def __str__(self) -> str:
        return self.name


class SizeChart(models.Model):
    """Body or garment measurements of one garment type, in millimetres; shown in cm and inches."""

    name = models.CharField(max_length=60, unique=True)
    garment = models.SlugField(unique=True)
    how_to_measure = models.TextField(blank=True)
    history = HistoricalRecords(app="shop")

    def __str__(self) -> str:
        return self.name


class SizeChartEntry(models.Model):
    chart = models.ForeignKey(SizeChart, models.CASCADE, related_name="entries")
    size = models.ForeignKey(Size, models.PROTECT)
    measurement = models.CharField(max_length=40, help_text="Chest, Waist, Length ...")
    position = models.PositiveSmallIntegerField(default=0)
    millimetres = models.PositiveIntegerField(validators=[MinValueValidator(1)])

    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["position", "size__position"]
        verbose_name_plural = "size chart entries"
        constraints = [
            models.UniqueConstraint(fields=["chart", "size", "measurement"], name="measurement_once_per_size")
        ]

    def __str__(self) -> str:
        return f"{self.measurement} {self.size}: {self.millimetres} mm"


class ProductQuerySet(models.QuerySet["Product"]):
    def named_like(self, words: Sequence[str]) -> Self:
        """Products, drafts included, whose names have words that begin like all of these (letters and digits only)."""
        return self.alias(words=words_of("name")).filter(words=begun_by(words))

    def published(self) -> Self:
        """Products that the public may see now."""
        return self.filter(published_at__lte=clock.now())

    def with_size_chart(self) -> Self:
        """Reads the size chart along, and adds its entries as `chart_rows`: the fields of size_charts.Entry."""
        entries = SizeChartEntry.objects.filter(chart=models.OuterRef("size_chart"))
        same = {name: name for name in ("size_id", "measurement", "millimetres")}
        rows = entries.values(row=JSONObject(size="size__name", position="size__position", **same))
        return self.select_related("size_chart").annotate(chart_rows=ArraySubquery(rows))


class Product(TimeStamped):
    """What is described; its variants are what is sold."""

    class Department(models.TextChoices):
        WOMEN = "women", "Women"
        MEN = "men", "Men"
        UNISEX = "unisex", "Unisex"

    class TaxClass(models.TextChoices):
        STANDARD = "standard", "Standard"
        CHILDREN = "children", "Children's clothing"

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    department = models.CharField(max_length=10, choices=Department, default=Department.UNISEX)
    description = models.TextField()
    fabrics = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    care = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    fit = models.TextField(blank=True, help_text="How it is cut and who should size up")
    # Counted by shop.returns.fit: units delivered, and of them those that came back for their size.
    fit_delivered = models.PositiveIntegerField(default=0, editable=False)
    fit_too_small = models.PositiveIntegerField(default=0, editable=False)
    fit_too_large = models.PositiveIntegerField(default=0, editable=False)
    size_chart = models.ForeignKey(SizeChart, models.SET_NULL, null=True, blank=True)
    tax_class = models.CharField(
        "VAT class",
        max_length=20,
        choices=TaxClass,
        default=TaxClass.STANDARD,
        help_text="At which of a country's VAT rates it is sold",
    )
    weight_grams = models.PositiveIntegerField(default=400, help_text="One piece, packed")
    volume_cm3 = models.PositiveIntegerField("volume in cm³", default=2000, help_text="One piece, packed")
    published_at = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="Empty: a draft. In the future: appears then."
    )
    history = HistoricalRecords(app="shop", excluded_fields=["fit_delivered", "fit_too_small", "fit_too_large"])

    objects = ProductQuerySet.as_manager()

    # What with_size_chart() adds.
    chart_rows: list[dict[str, Any]]

    class Meta:
        ordering = ["-published_at", "name"]
        # Words of a name as they stand, drafts included: what staff type into the search of their pages.
        indexes = [GinIndex(words_of("name"), name="product_name_words")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop-product", args=[self.slug])

    @property
    def sent_back(self) -> Fit:
        """How it fits by what came back of it."""
        return Fit(self.fit_delivered, self.fit_too_small, self.fit_too_large)


class ProductVariantQuerySet(models.QuerySet["ProductVariant"]):
    def with_available(self) -> Self:
        """Adds `unclaimed`, of which `ready` and `available` are made."""
        return self.annotate(unclaimed=unclaimed())

    def sellable(self) -> Self:
        """Variants that may be put in a bag: active, of a published product. Stock is another question."""
        return self.filter(is_active=True, product__published_at__lte=clock.now())


class ProductVariant(TimeStamped):
    """What is sold and stocked: one size of one colour of a product."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    colour = models.ForeignKey(Colour, models.PROTECT, related_name="variants")
    size = models.ForeignKey(Size, models.PROTECT, related_name="variants")
    sku = models.CharField(max_length=40, unique=True)
    price = models.PositiveBigIntegerField(help_text="Minor units, tax included")
    compare_at_price = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The price before a reduction, minor units"
    )
    # Kept by the database while there is a struck price: the lowest price of the 30 days before the reduction began,
    # which EU Directive 98/6/EC, article 6a, wants shown with it. Empty where nothing is known of those days.
    lowest_before = models.PositiveBigIntegerField(null=True, blank=True, editable=False, help_text="Minor units")
    currency = models.CharField(max_length=3, default=shop_currency)
    is_active = models.BooleanField(default=True)
    barcode = models.CharField(max_length=40, blank=True, db_index=True, help_text="EAN or UPC on the label")
    sold_ahead = models.PositiveIntegerField(
        "sold ahead of stock", default=0, help_text="How many units may be sold before they are here"
    )
    expected_on = models.DateField(
        null=True, blank=True, help_text="When units sold ahead are promised; empty: the supplier's confirmed date"
    )
    history = HistoricalRecords(app="shop", excluded_fields=["lowest_before"])

    objects = ProductVariantQuerySet.as_manager()

    # What with_available() adds: units on hand, over all active locations, that no order holds, less those that are
    # waited for. Below zero where more are waited for than are here.
    unclaimed: int
    # When units that are not here yet may be expected, where somebody has looked it up.
    promised_on: date | None = None

    class Meta:
        ordering = ["product_id", "colour_id", "size_id"]
        # Typed or scanned in any case of letters, whole or its beginning.
        indexes = [models.Index(OpClass(Upper("sku"), name="text_pattern_ops"), name="variant_sku_any_case")]
        constraints = [
            models.UniqueConstraint(fields=["product", "colour", "size"], name="variant_once_per_product"),
            models.CheckConstraint(condition=models.Q(price__gt=0), name="variant_price_positive"),
            models.CheckConstraint(
                condition=models.Q(compare_at_price__isnull=True) | models.Q(compare_at_price__gt=models.F("price")),
                name="variant_compare_at_above_price",
                violation_error_message="The price before the reduction must be above the price.",
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def ready(self) -> int:
        """Units that are here to be sold, of a variant read with_available()."""
        return max(self.unclaimed, 0)

    @property
    def available(self) -> int:
        """All that can be bought, with those that are sold ahead of stock, of a variant read with_available()."""
        return max(self.unclaimed + self.sold_ahead, 0)

    @property
    def unit_price(self) -> Money:
        return Money(self.price, self.currency)

    @property
    def was_price(self) -> Money | None:
        """The price before the reduction, where there is one."""
        return Money(self.compare_at_price, self.currency) if self.compare_at_price else None


def picture_path(image: "ProductImage", filename: str) -> str:
    """Where an uploaded original lies; renditions get names of their own beside it."""
    return f"products/{image.product_id}/{filename}"


class ProductImage(TimeStamped):
    """A picture of a product, of one colour or (colour empty) of all. Renditions are made when it is saved."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    colour = models.ForeignKey(Colour, models.PROTECT, null=True, blank=True, related_name="images")
    position = models.PositiveSmallIntegerField(default=0)
    alt = models.CharField(max_length=200)
    file = models.ImageField(upload_to=picture_path, width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    # {"320": "products/12/ab12-320.webp", ...}: storage names by width, so that rendering never asks the storage.
    renditions = models.JSONField(default=dict, editable=False)
    history = HistoricalRecords(app="shop", excluded_fields=["renditions", "width", "height"])

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.alt


class ProductListing(models.Model):
    """All a card, a filter and a search need of one published product, kept by catalog.listings.refresh().

    One row a product, so that a page of cards is one query without joins however large the shop is.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="listing")
    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140)
    category_id_path = ArrayField(models.IntegerField(), help_text="The category and all above it")
    department = models.CharField(max_length=10)
    published_at = models.DateTimeField()
    price = models.PositiveBigIntegerField(help_text="The lowest price of an active variant, minor units")
    compare_at_price = models.PositiveBigIntegerField(null=True)
    lowest_before = models.PositiveBigIntegerField(null=True, help_text="As its variant's")
    has_price_range = models.BooleanField(default=False)
    currency = models.CharField(max_length=3)
    on_sale = models.BooleanField(default=False)
    in_stock = models.BooleanField(default=False)
    # [{"slug", "name", "hex", "family", "alt", "image": {"320": storage name}, "width", "height", "in_stock",
    #   "sizes": [{"id", "name", "in_stock"}]}]: the first is shown, sold-out colours are last.
    colours = models.JSONField(default=list)
    # "<family>|<size id>|<1 in stock, 0 not>" of each active variant: what the facet index is built from.
    facet_keys = ArrayField(models.CharField(max_length=80), default=list)
    search = SearchVectorField(null=True)

    class Meta:
        indexes = [GinIndex(fields=["search"], name="listing_search")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop-product", args=[self.slug])


class CatalogVersion(models.Model):
    """One row; its number grows with every change that a public page may show. Caches are keyed by it."""

    number = models.PositiveBigIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.number)
