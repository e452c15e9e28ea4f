"""The demo's customers: invented people at plausible addresses. Half of them have an account."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password

from shop.accounts.models import User
from shop.core import clock
from shop.demo.staff import PASSWORD

CUSTOMERS = 120
# Nobody reads mail at these: they are reserved for examples.
MAIL_HOSTS = ("example.org", "example.com", "example.net")

BRITAIN = (
    ("Bristol", "", "BS7 8AE"), ("Leeds", "", "LS6 2QG"), ("London", "", "E8 3PN"), ("London", "", "SE15 4TW"),
    ("Glasgow", "", "G12 8QQ"), ("Manchester", "", "M21 9AN"), ("Cardiff", "", "CF11 9HA"), ("Belfast", "", "BT9 5BN"),
    ("Sheffield", "", "S11 8TP"), ("Edinburgh", "", "EH6 7DX"), ("Brighton", "", "BN2 9QA"), ("Norwich", "", "NR2 3RW"),
    ("Newcastle upon Tyne", "", "NE2 1XE"), ("Birmingham", "", "B13 8JP"), ("Totnes", "", "TQ9 5NJ"),
)  # fmt: skip


@dataclass(frozen=True)
class Country:
    """Where customers live: share of all, names, streets (with the number's place), and (city, region, postcode)."""

    code: str
    share: int
    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    places: tuple[tuple[str, str, str], ...]


COUNTRIES = (
    Country(
        "GB", 60,
        ("Olivia", "Imogen", "Rhys", "Callum", "Eilidh", "Amara", "Kwame", "Aisha", "Zainab", "Imran", "Priya", "Arjun",
         "Wei Ling", "Chidi", "Zoë", "Tom", "Harriet", "Owen", "Shanice", "Dawid"),
        ("Whitlock", "Okonkwo", "Patel", "Hussain", "Begum", "Mackenzie", "Llewellyn", "Adeyemi", "Chowdhury", "Tan",
         "Barker", "Ashworth", "Kaur", "Mensah", "Kowalczyk", "Fairweather", "Osei", "Rahman"),
        ("{} Gloucester Road", "{} Chestnut Avenue", "Flat {}, Albion Mill", "{} Station Road", "{} Chapel Lane",
         "{} Kingsway", "{} Park Terrace"),
        BRITAIN,
    ),
    Country(
        "IE", 8, ("Siobhán", "Niamh", "Oisín", "Cian", "Aoife"), ("Ó Briain", "Gallagher", "Ní Dhomhnaill", "Byrne"),
        ("{} Strand Road", "{} Patrick Street"),
        (("Dublin", "Co. Dublin", "D04 X2K5"), ("Cork", "Co. Cork", "T12 W8KF"), ("Galway", "Co. Galway", "H91 E2K3")),
    ),
    Country(
        "DE", 9, ("Jürgen", "Anneliese", "Emre", "Leonie", "Matthias"), ("Schröder", "Yılmaz", "Weiß", "Baumgartner"),
        ("Kastanienallee {}", "Lindenstraße {}", "Am Markt {}"),
        (("Berlin", "", "10435"), ("Hamburg", "", "20257"), ("Leipzig", "", "04229"), ("Köln", "", "50672")),
    ),
    Country(
        "FR", 8, ("Éloïse", "Mathis", "Inès", "Yacine", "Camille"), ("Lefèvre", "Benali", "Moreau", "d'Arcy"),
        ("{} rue des Lilas", "{} avenue Jean Jaurès"),
        (("Lyon", "", "69007"), ("Paris", "", "75011"), ("Nantes", "", "44000")),
    ),
    Country(
        "NL", 6, ("Sanne", "Daan", "Fenna", "Youssef"), ("van der Berg", "de Vries", "El Amrani", "Jansen"),
        ("Prinsengracht {}", "Nieuwstraat {}"), (("Amsterdam", "", "1015 DK"), ("Utrecht", "", "3512 LE")),
    ),
    Country(
        "SE", 5, ("Åsa", "Björn", "Freja"), ("Lindström", "Sjöberg", "Öhman"),
        ("Götgatan {}", "Storgatan {}"), (("Stockholm", "", "116 46"), ("Malmö", "", "211 34")),
    ),
    Country(
        "ES", 4, ("Begoña", "Iker", "Lucía"), ("Núñez Peña", "Etxeberria", "García Ibáñez"),
        ("Calle Mayor {}", "Calle de Hortaleza {}"), (("Madrid", "Madrid", "28004"), ("Bilbao", "Bizkaia", "48005")),
    ),
    Country(
        "US", 12, ("Maya", "DeShawn", "Guadalupe", "Hannah", "Thuy"), ("Rosenberg", "Nguyen", "Ramirez", "Coleman"),
        ("{} Maple Street", "{} Valencia Street"),
        (("Portland", "OR", "97214"), ("Brooklyn", "NY", "11215"), ("Austin", "TX", "78704"), ("Boise", "ID", "83702")),
    ),
    Country(
        "JP", 4, ("Haruto", "Yui", "Ren"), ("Sato", "Takahashi", "Kobayashi"),
        ("{}-12 Jingumae, Shibuya-ku", "{}-3 Nezu, Bunkyo-ku"), (("Tokyo", "Tokyo", "150-0001"),),
    ),
    Country(
        "AU", 4, ("Charlotte", "Lachlan", "Minh"), ("O'Connor", "Papadopoulos", "Tran"),
        ("{} Brunswick Street", "{} King Street"), (("Fitzroy", "VIC", "3065"), ("Newtown", "NSW", "2042")),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Customer:
    """Somebody who orders; `has_account` says whether there is a user row for the e-mail."""

    email: str
    full_name: str
    country: str
    address: str
    city: str
    region: str
    postcode: str
    phone: str
    marketing_consent: bool
    has_account: bool


def customers() -> list[Customer]:
    """Always the same people, each with an e-mail of their own."""
    luck = random.Random(120)  # noqa: S311 - not a secret: the demo must be repeatable
    countries = luck.choices(COUNTRIES, weights=[country.share for country in COUNTRIES], k=CUSTOMERS)
    return [invent(country, position, luck) for position, country in enumerate(countries)]


def invent(country: Country, position: int, luck: random.Random) -> Customer:
    first, last = luck.choice(country.first), luck.choice(country.last)
    city, region, postcode = luck.choice(country.places)
    # Ofcom keeps this range for drama; elsewhere people leave the field empty.
    phone = f"+44 7700 900{luck.randrange(1000):03d}" if country.code == "GB" and luck.random() < 0.5 else ""
    return Customer(
        email=f"{ascii_word(first)}.{ascii_word(last)}{position}@{luck.choice(MAIL_HOSTS)}",
        full_name=f"{first} {last}",
        country=country.code,
        address=luck.choice(country.streets).format(luck.randint(1, 140)),
        city=city,
        region=region,
        postcode=postcode,
        phone=phone,
        marketing_consent=luck.random() < 0.4,
        has_account=position % 2 == 0,
    )


def ascii_word(name: str) -> str:
    """'Ó Briain' -> 'obriain'."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ı", "i")).encode("ascii", "ignore").decode()
    return "".join(letter for letter in plain.lower() if letter.isalnum())


def make_accounts(people: list[Customer]) -> dict[str, User]:
    """Users by e-mail for those who have one, made where missing; they sign in with the staff's password."""
    # Hashed once: Argon2 is slow on purpose, and these passwords are published anyway.
    password, joined = make_password(PASSWORD), clock.now() - timedelta(days=560)
    emails = [person.email for person in people if person.has_account]
    User.objects.bulk_create(
        [
            User(
                email=person.email,
                full_name=person.full_name,
                password=password,
                date_joined=joined,
                email_confirmed_at=joined,
            )
            for person in people
            if person.has_account
        ],
        ignore_conflicts=True,
    )
    return {user.email: user for user in User.objects.filter(email__in=emails)}
