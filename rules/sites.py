"""Sites by their id, among them the built-in one of the admin."""

from config.lookup import ADMIN_SITE, admin_site
from config.models import Settings, Site


def is_configured(settings: Settings, site_id: str) -> bool:
    """Whether there is such a site (still)."""
    return site_id == ADMIN_SITE or site_id in settings.sites


def site_named(settings: Settings, site_id: str) -> Site:
    """A site by its id; `admin` is the built-in one, which takes mail that belongs to no site.

    Raises:
        KeyError: There is no such site (any more).
    """
    return admin_site(settings) if site_id == ADMIN_SITE else settings.sites[site_id]
