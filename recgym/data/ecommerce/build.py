"""Write the online shop's catalogue: `python -m recgym.data.ecommerce.build`.

The vocabulary (one TOML file a department) is written by hand; this module combines it into products and draws their
numbers. The same seed gives the same file. Only `random.Random` is used, because NumPy does not promise the same
stream in its next version.

Every category holds the same four populations. They are what makes recommending here more than ranking by a column,
and the catalogue does not name them:

| archetype  | share  | mean stars | discount   | margin    | else                                         |
|------------|--------|------------|------------|-----------|----------------------------------------------|
| `flashy`   | 22.5 % | 2.4 .. 3.5 | 35 .. 70 % | .35 .. .6 | a hype phrase; sells more than it deserves   |
| `solid`    | 25 %   | 4.2 .. 4.8 | 0 .. 12 %  | .12 .. .3 |                                              |
| `new`      | 20 %   | 2.6 .. 4.8 | 0 .. 15 %  | .15 .. .4 | online for less than 45 days, few ratings    |
| `ordinary` | 32.5 % | 3.3 .. 4.3 | 0 .. 25 %  | .1 .. .4  |                                              |

Small discounts are rounded with the list price, which makes them coarser on cheap products.
"""

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from random import Random
from typing import Any, Literal

from recgym.data import building
from recgym.data.building import capitalised
from recgym.scenarios.wording import inside_sentence

FOLDER = Path(__file__).parent
SEED = 20_250_301
Archetype = Literal["flashy", "solid", "new", "ordinary"]
ARCHETYPE_COUNTS: dict[Archetype, int] = {"flashy": 9, "solid": 10, "new": 8, "ordinary": 13}
STARS = (1, 2, 3, 4, 5)

TEMPLATES = (
    "{Noun} with {a} and {b}. {first}",
    "{first} {Noun} with {a} and {b}.",
    "{A}, {b} and {c}. {first}",
    "{first} {second}",
    "{first} Expect {a} and {b}.",
    "From {brand}: {noun} with {a} and {b}. {first}",
    "{Noun} with {a}. {first} {second}",
    "{first} With {a}, {b} and {c}.",
)
BOOK_TEMPLATES = (
    "A {noun} with {a} and {b}. {first}",
    "{first} With {a} and {b}.",
    "{A}, {b} and {c}. {first}",
    "{first} {second}",
    "{first} Expect {a} and {b}.",
    "A {noun} from {brand}. {first} {second}",
)
HYPE_TITLES = (
    "As Seen on TV: {title}",
    "{title} – Flash Deal",
    "Viral: {title}",
    "{title} – Limited Drop",
    "Mega Deal: {title}",
    "#1 Trending: {title}",
    "{title} (Today Only)",
    "Insane Value: {title}",
)
HYPE_SENTENCES = (
    "Everyone is talking about it, so grab yours before the countdown ends!",
    "Viral on every feed and selling out fast!",
    "Now a crazy {discount} % off, and gone tonight!",
    "You will not believe this price: {discount} % off while stocks last!",
    "As seen on TV, now at a blowout price!",
    "Limited drop: once it is gone, it is gone!",
    "Flash deal: save {discount} % if you order right now!",
    "The must-have that broke the internet!",
)
# Words of product names that keep their capital inside a sentence.
PROPER_WORDS = {"Bluetooth", "Wi-Fi", "V-Neck", "Isle", "X-Ray"}


@dataclass(frozen=True)
class Product:
    """One row of the catalogue, and its archetype, which the file leaves out."""

    item_id: str
    title: str
    brand: str
    department: str
    category: str
    description: str
    price: float
    list_price: float
    margin: float
    ratings_1: int
    ratings_2: int
    ratings_3: int
    ratings_4: int
    ratings_5: int
    days_online: int
    archetype: Archetype


def build_products(seed: int = SEED) -> list[Product]:
    """Draw the whole catalogue, in the order of department and category."""
    rng = Random(seed)
    products: list[Product] = []
    titles: set[str] = set()
    for department in building.read_sections(FOLDER / "vocabulary"):
        number = 0
        for category in sorted(department["categories"], key=lambda table: table["name"]):
            archetypes = [name for name, count in ARCHETYPE_COUNTS.items() for _ in range(count)]
            rng.shuffle(archetypes)
            appeal = rng.gauss(0, 0.4)  # some categories are busier than others
            type_prices = [rng.gauss(0, 0.35) for _ in category["types"]]
            for archetype in archetypes:
                number += 1
                words, price_level = _words(department, category, type_prices, archetype, titles, rng)
                numbers = _numbers(category, price_level, appeal, archetype, rng)
                if archetype == "flashy":
                    discount = round(100 * (1 - numbers["price"] / numbers["list_price"]))
                    words["description"] += " " + rng.choice(HYPE_SENTENCES).format(discount=discount)
                item_id = f"{department['code']}-{number:04d}"
                products.append(Product(item_id=item_id, archetype=archetype, **words, **numbers))
    return products


def to_bytes(products: list[Product]) -> bytes:
    """The catalogue's file."""
    columns = [field.name for field in fields(Product) if field.name != "archetype"]
    return building.csv_bytes([asdict(product) for product in products], columns)


def _words(
    department: dict[str, Any],
    category: dict[str, Any],
    type_prices: list[float],
    archetype: Archetype,
    titles: set[str],
    rng: Random,
) -> tuple[dict[str, str], float]:
    """Text columns of one product, and the log price level of its type and size."""
    is_book = "authors" in department
    # The last brand of a department is its bargain label: flashy offers come from it more often.
    weights = [1, 1, 1, 1, 6] if archetype == "flashy" else [4, 4, 3, 3, 1]
    [brand] = rng.choices(department["brands"], weights)
    while True:  # until the title is new; every category has hundreds of combinations
        kind = rng.randrange(len(category["types"]))
        noun, _, sizes = category["types"][kind].partition(": ")
        variant = rng.choice(category["variants"])
        if is_book:
            noun = category["types"][kind].format(rng.choice(category["words"]))
            title = f"{capitalised(noun)} by {rng.choice(department['authors'])} ({variant})"
            size_level = 0.0
        else:
            size_names = sizes.split(", ")
            step = rng.randrange(len(size_names))
            size_level = 0.3 * (step - (len(size_names) - 1) / 2)
            title = _title(brand, rng.choice(department["lines"]), noun, size_names[step], variant, rng)
        if archetype == "flashy" and rng.random() < 0.7:
            title = rng.choice(HYPE_TITLES).format(title=title)
        if title not in titles:
            break
    titles.add(title)
    noun = category["noun"] if is_book else inside_sentence(noun, PROPER_WORDS)
    a, b, c = rng.sample(_fitting(category["features"], category["types"][kind]), 3)
    first, second = rng.sample(_fitting(category["sentences"], category["types"][kind]), 2)
    description = rng.choice(BOOK_TEMPLATES if is_book else TEMPLATES).format(
        Noun=capitalised(noun), noun=noun, A=capitalised(a), a=a, b=b, c=c,
        first=first, second=second, brand=brand,
    )  # fmt: skip
    words = {
        "title": title,
        "brand": brand,
        "department": department["name"],
        "category": category["name"],
        "description": description,
    }
    return words, type_prices[kind] + size_level


def _title(brand: str, line: str, noun: str, size: str, variant: str, rng: Random) -> str:
    """Name a product the ways shops do."""
    size = capitalised(size)
    return rng.choice(
        (
            f"{brand} {noun} {size}, {variant}",
            f"{brand} {line} {noun}, {variant}, {size}",
            f"{brand} {line} {noun} {size}, {variant}",
            f"{brand} {noun}, {variant} ({size})",
        )
    )


def _fitting(entries: list[str], product_type: str) -> list[str]:
    """The entries that fit a product type: "mallets @ Handpan, Tongue" is for types with either word in their name."""
    pairs = [entry.partition(" @ ")[::2] for entry in entries]
    return [text for text, words in pairs if any(word in product_type for word in words.split(", "))]


def _numbers(
    category: dict[str, Any], price_level: float, appeal: float, archetype: Archetype, rng: Random
) -> dict[str, Any]:
    """Numeric columns of one product."""
    low, high = category["price"]
    scale = math.log(high / low)
    level = (math.log(low) + math.log(high)) / 2 + scale / 4 * (rng.gauss(0, 0.6) + price_level)
    price = _charm(max(1.99, min(math.exp(level), 1.2 * high)), rng)

    if archetype == "flashy":
        stars, margin, discount = 2.4 + 1.1 * rng.betavariate(2, 2), rng.uniform(0.36, 0.6), rng.uniform(0.38, 0.66)
    elif archetype == "solid":
        stars, margin = 4.22 + 0.56 * rng.betavariate(1.1, 5), rng.uniform(0.12, 0.3)
        discount = rng.uniform(0.05, 0.12) if rng.random() < 0.15 else 0.0
    elif archetype == "new":
        stars, margin = rng.uniform(2.6, 4.8), rng.uniform(0.15, 0.4)
        discount = rng.uniform(0.08, 0.15) if rng.random() < 0.15 else 0.0
    else:
        stars, margin = 3.3 + rng.betavariate(1.5, 2.8), rng.uniform(0.1, 0.4)
        discount = rng.uniform(0.1, 0.25) if rng.random() < 0.2 else 0.0
    list_price = max(price, _charm(price / (1 - discount), rng, always_99=True)) if discount else price

    if archetype == "new":
        days_online = rng.randint(1, 44)
        num_ratings = 1 + int(min(24, math.exp(rng.gauss(math.log(0.2 * days_online + 0.5), 0.7))))
    else:
        days_online = rng.randint(45, 400) if rng.random() < 0.35 else min(2900, int(45 + rng.expovariate(1 / 700)))
        hype = 1.7 if archetype == "flashy" else 0.0
        level = 4.1 + appeal + hype + 0.5 * math.log(days_online / 365) + 1.35 * (stars - 3.8) + rng.gauss(0, 1.5)
        num_ratings = 20 + int(min(math.exp(level), 60_000))
    counts = _star_counts(stars, num_ratings, rng, exact=archetype != "new")
    return {
        "price": price,
        "list_price": list_price,
        "margin": round(margin, 3),
        **{f"ratings_{star}": count for star, count in zip(STARS, counts, strict=True)},
        "days_online": days_online,
    }


def _charm(price: float, rng: Random, always_99: bool = False) -> float:
    """The nearest price that ends in .99 or .49; above 60 in steps of five: 64.99, 129.99."""
    if price >= 60:
        return 5 * round(price / 5) - 0.01
    return math.floor(price) + (0.99 if always_99 or rng.random() < 0.7 else 0.49)


def _star_counts(mean: float, num_ratings: int, rng: Random, exact: bool) -> list[int]:
    """Split ratings over 1..5 stars: a normal opinion, rounded to whole stars, whose average is `mean`.

    `exact` gives each star its share to the nearest rating; otherwise the ratings are drawn.
    """
    low, high = -2.0, 9.0
    for _ in range(50):  # bisect for the centre of the opinions: clipping to 1..5 pulls their average inwards
        centre = (low + high) / 2
        shares = _star_shares(centre)
        if sum(star * share for star, share in zip(STARS, shares, strict=True)) < mean:
            low = centre
        else:
            high = centre
    if not exact:
        drawn = rng.choices(STARS, shares, k=num_ratings)
        return [drawn.count(star) for star in STARS]
    counts = [int(share * num_ratings) for share in shares]
    remainders = sorted(range(5), key=lambda i: counts[i] - shares[i] * num_ratings)
    for i in remainders[: num_ratings - sum(counts)]:
        counts[i] += 1
    return counts


def _star_shares(centre: float, spread: float = 0.72, mishaps: float = 0.03) -> list[float]:
    """Shares of 1..5 stars; `mishaps` are the parcels that arrive broken or late and earn any product a single star."""
    cumulative = [0.5 * (1 + math.erf((edge - centre) / (spread * math.sqrt(2)))) for edge in (1.5, 2.5, 3.5, 4.5)]
    shares = [upper - lower for lower, upper in zip([0.0, *cumulative], [*cumulative, 1.0], strict=True)]
    return [(1 - mishaps) * share + mishaps * (star == 1) for star, share in zip(STARS, shares, strict=True)]


if __name__ == "__main__":
    building.write(FOLDER / "catalog.csv.gz", to_bytes(build_products()))
