"""The public holidays of a company's country and region, as suggestions for time off."""

from datetime import date, timedelta
from functools import lru_cache

from sergio.companies.models import Company
from sergio.lib.language import OFFICE

SUGGESTED = timedelta(days=366)


def suggested(company: Company, today: date) -> list[tuple[date, str]]:
    """The days and names of the next twelve months, in order; empty where the country is not known."""
    years = (today.year, today.year + 1)
    found = of_years(company.country, company.region, years, OFFICE)
    return [(on, name) for on, name in found if today <= on < today + SUGGESTED]


@lru_cache(100)
def of_years(country: str, region: str, years: tuple[int, ...], language: str) -> tuple[tuple[date, str], ...]:
    import holidays  # takes up to two seconds to load

    codes = holidays.list_supported_countries().get(country)
    if codes is None:
        return ()
    subdivision = region if region in codes else None
    spoken = "en_US" if language == "en" else language
    found = holidays.country_holidays(country, subdiv=subdivision, years=years, language=spoken)
    return tuple(sorted(found.items()))
