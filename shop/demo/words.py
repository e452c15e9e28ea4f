"""The demo's words that catalogue.json does not have: categories, how things are made, how they fit, alt texts."""

from shop.demo.source import Article, Colourway

# (name, slug, parent's slug, description), parents first.
CATEGORIES = (
    ("Tops", "tops", None, "What you put on first, and what goes over it."),
    ("Tees & sweats", "tees-sweats", "tops", "Jersey, rib and loopback, made heavier than they need to be."),
    ("Shirts", "shirts", "tops", "Linen, poplin, brushed cotton and denim, all washed before you get them."),
    ("Knitwear", "knitwear", "tops", "Wool that can be mended, and is worth it."),
    ("Bottoms", "bottoms", None, "Trousers, jeans, shorts and skirts with pockets that hold things."),
    ("Trousers", "trousers", "bottoms", "Pleats and stripes, from linen for July to flannel for January."),
    ("Denim", "denim", "bottoms", "Denim and canvas that get better where you bend."),
    ("Shorts", "shorts", "bottoms", "For the few weeks that ask for them."),
    ("Skirts", "skirts", "bottoms", "Pleats, linen and checks, to the calf."),
    ("Dresses", "dresses", None, "One thing, and you are dressed."),
    ("Outerwear", "outerwear", None, "Jackets and coats for weather that has and has not decided."),
    ("Accessories", "accessories", None, "Scarves, beanies and bags to finish with."),
)

# How each garment is made: follows the article's own description.
MAKING = {
    "tee": "The collar is bound twice so that it keeps its shape, and the shoulder seams are taped.",
    "tank": "Bound at neck and armholes in its own cloth, with a curved hem that stays tucked in.",
    "shirt": "Felled seams, corozo buttons, two chest pockets, and a back a little longer than the front.",
    "knit": "Linked by hand at the neck, with deep ribbing at cuff and hem.",
    "cardigan": "Full-fashioned, with two patch pockets and a button band that lies flat.",
    "hoodie": "A lined hood, a pouch pocket sewn on all four sides, and ribbing that springs back.",
    "chore": "Three patch pockets, triple-stitched where it works hardest, and a collar that turns up.",
    "coat": "Notched lapels, two welted pockets outside and one inside, and room for a jumper underneath.",
    "dress": "Cut on the bias below the waist, with pockets in the side seams.",
    "skirt": "A flat waistband with a little elastic at the back, and pockets in the side seams.",
    "trousers": "Two pleats, slanted pockets, and a hem left long enough to let down.",
    "jeans": "Five pockets, a button fly, and rivets where seams meet.",
    "shorts": "A drawstring waist, two deep pockets at the sides and one at the back.",
    "scarf": "The fringe is twisted by hand, so that it does not come undone in the wash.",
    "beanie": "Deep ribbing knitted in one piece, with a fold that you can wear once or twice over.",
    "tote": "Handles long enough for the shoulder, and a pocket inside for keys.",
}

FITS = {
    "tee": "Straight through the body with a slightly dropped shoulder. Take your usual size.",
    "tank": "Close at the chest, easier at the hem. Take one size up to wear it loose.",
    "shirt": "Boxy through the body with a dropped shoulder. Between two sizes, take the smaller.",
    "knit": "Regular through the body, with sleeves made to be pushed up. Take your usual size.",
    "cardigan": "Roomy enough to go over a shirt. Between two sizes, take the smaller.",
    "hoodie": "Relaxed, with a wide shoulder and a short hem. Take your usual size, or one less to wear it neat.",
    "chore": "Straight and a little short, with room for a jumper. Take your usual size.",
    "coat": "Cut to go over everything else you are wearing. Take your usual size.",
    "dress": "Easy at the chest, shaped at the waist, full below it. Take your usual size.",
    "skirt": "Sits at the natural waist and skims the hip. Between two sizes, take the smaller.",
    "trousers": "High at the waist, wide through the leg. Measure your waist and choose by that.",
    "jeans": "Sits just below the waist, straight from hip to hem. They give half a size in the first week.",
    "shorts": "Loose at the leg, held by the drawstring. Take your usual size.",
    "scarf": "One size: wide enough to wrap twice.",
    "beanie": "One size: stretches from 54 to 62 cm round.",
    "tote": "One size: holds fifteen litres.",
}
FOR_EVERYBODY = "Cut for everybody: if you usually buy women's sizes, take one down."

DETAIL = {
    "tee": "the collar", "tank": "the neckline", "shirt": "the collar and pockets", "knit": "the ribbed collar",
    "cardigan": "the button band", "hoodie": "the hood and cords", "chore": "the collar and chest pocket",
    "coat": "the lapels", "dress": "the neckline", "skirt": "the waistband and pleats",
    "trousers": "the waistband and pleats", "jeans": "the waistband and pockets", "shorts": "the drawstring waist",
    "scarf": "the fringe", "beanie": "the fold and label", "tote": "the handles",
}  # fmt: skip
CLOSE = {
    "tee": "the hem", "tank": "the hem", "shirt": "the front and buttons", "knit": "the sleeve and its cuff",
    "cardigan": "the pocket", "hoodie": "the pouch pocket", "chore": "the lower pocket", "coat": "the pocket",
    "dress": "the fall of the skirt", "skirt": "the hem", "trousers": "the hems", "jeans": "the hems",
    "shorts": "the hem", "scarf": "the upper end", "beanie": "the crown", "tote": "the label",
}  # fmt: skip


def describe(article: Article) -> str:
    return f"{article.description} {MAKING[article.garment]}"


def fit(article: Article) -> str:
    """How it is cut; letters shared by everybody get a word on what that means."""
    shared = article.department == "unisex" and len(article.sizes) > 1
    return f"{FITS[article.garment]} {FOR_EVERYBODY}" if shared else FITS[article.garment]


def fabrics(article: Article) -> list[str]:
    """'100% organic cotton, 240 g' -> ['100% organic cotton', '240 g/m²']."""
    parts = article.composition.split(", ")
    return [f"{part}/m²" if part.endswith(" g") else part[0].upper() + part[1:] for part in parts]


def care(article: Article) -> list[str]:
    """'Wash cool. Line dry.' -> ['Wash cool', 'Line dry']."""
    return [part for part in article.care.rstrip(".").split(". ") if part]


def alt(article: Article, colourway: Colourway, view: str) -> str:
    """What a picture shows: 'Quarry Linen Shirt in sky: the collar and pockets'."""
    whole = f"{article.name} in {colourway.name.lower()}"
    part = {"detail": DETAIL, "close": CLOSE}.get(view)
    return f"{whole}: {part[article.garment]}" if part else whole
