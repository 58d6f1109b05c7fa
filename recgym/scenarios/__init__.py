"""One file per domain: a class of settings that holds the `Domain`, which `scenario.build` puts together."""

from recgym.scenarios.ecommerce import Ecommerce
from recgym.scenarios.education import Education
from recgym.scenarios.finance import Finance
from recgym.scenarios.games import Games
from recgym.scenarios.health import Health
from recgym.scenarios.music import Music
from recgym.scenarios.news import News
from recgym.scenarios.scenario import Settings
from recgym.scenarios.search import Search
from recgym.scenarios.social import Social
from recgym.scenarios.video import Video

SCENARIOS: dict[str, type[Settings]] = {
    "ecommerce": Ecommerce, "news": News, "video": Video, "music": Music, "games": Games, "social": Social,
    "education": Education, "search": Search, "health": Health, "finance": Finance,
}  # fmt: skip
