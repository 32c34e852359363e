"""The methods page: each definition and each indicator as the run published them, and how the numbers are made.

Belongs here: what that page says. Not here: the definitions themselves (their own pages, when the run publishes them).
"""

from dashboards.model.measures import Writer
from dashboards.model.page import DefinitionText, IndicatorText, MethodsPage, Navigation
from dashboards.pages.territory import stamp_of
from dashboards.sections.origins import FACTS


def methods_page(writer: Writer, navigation: Navigation, pages: dict[str, tuple[str, str]]) -> MethodsPage:
    """Definitions with their code lists, then every indicator, then the statistics. pages: page and file of a definition, by condition."""
    return MethodsPage(
        language=writer.texts.language,
        name=writer.texts("methods_page.title"),
        year=writer.published.front_year,
        stamp=stamp_of(writer),
        navigation=navigation,
        definitions=tuple(_definition(writer, one.condition, pages) for one in writer.published.definitions),
        indicators=tuple(_indicator(writer, name) for name in writer.published.catalogue),
        statistics=tuple((writer.texts(f"statistics.{name}_title"), writer.texts(f"statistics.{name}")) for name in STATISTICS),
        scope=_scope(writer),
    )


STATISTICS = ("ratio", "interval", "rule", "funnel", "trend", "spread", "likeness", "secret", "cost", "first")


def _definition(writer: Writer, condition: str, pages: dict[str, tuple[str, str]]) -> DefinitionText:
    one = next(entry for entry in writer.published.definitions if entry.condition == condition)
    language = writer.texts.language
    strata = tuple(
        (writer.texts("pyramid.stratum", stratum=number), words.get(language, ""))
        for number, words in sorted(one.strata.items(), reverse=True)
    )
    hashes = writer.published.receipt.get("code_lists", {})
    lists = tuple((name, value) for name, value in sorted(hashes.items()) if name.split("/")[0] in (condition, "shared"))
    return DefinitionText(condition, one.label[language], one.definition_id, strata, lists, *pages.get(condition, ("", "")))


def _indicator(writer: Writer, name: str) -> IndicatorText:
    entry, language = writer.published.catalogue[name], writer.texts.language
    facts = [(writer.texts(f"origin.{fact}"), entry.get(f"{fact}_{language}") or entry.get(fact, "")) for fact in FACTS]
    facts.append((writer.texts("methods_page.polarity"), writer.texts(f"polarity.{entry.get('polarity', 'no_judgement')}")))
    return IndicatorText(name, entry[f"label_{language}"], tuple((label, text) for label, text in facts if text))


def _scope(writer: Writer) -> tuple[tuple[str, str], ...]:
    """What the run was asked: method settings, and the reference it compares with."""
    method = dict(writer.published.receipt["settings"]["method"])
    method["conditions"] = [one.label[writer.texts.language] for one in writer.published.definitions]
    facts = [(str(key), _written(value)) for key, value in sorted(method.items())]
    reference = writer.published.receipt.get("reference") or {}  # none where nothing is expected
    facts.append(("reference_id", str(reference.get("reference_id", ""))))
    return tuple(_in_words(writer, key, text) for key, text in facts if text)


def _in_words(writer: Writer, key: str, value: str) -> tuple[str, str]:
    """A setting as a person says it, its own name behind it; what has no words stands as it is."""
    t = writer.texts
    said = t.get(f"setting.{key}_{value}", value)
    named = t("page.pair", name=key, text=value) if said != value else key
    return t.get(f"setting.{key}", key), t("setting.own", text=said, name=named) if f"setting.{key}" in t.entries else said


def _written(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
