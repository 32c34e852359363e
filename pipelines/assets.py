"""Assets made from the sql/ folder and from the tables Python writes: one table, one asset, the same name.

Belongs here: the factory and the last asset, `publication`. Not here: what a table holds (sql/, tables.py), whether it is
right (checks.py).
"""

import warnings
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import dagster as dg
import duckdb

from pipelines.column_lineage import column_lineage
from pipelines.expectations import LAYER, Outcome, in_force, suites
from pipelines.gate import is_national, keep, passed
from pipelines.session import Session
from pipelines.tables import PYTHON_TABLES, WRITERS, Writer
from pipelines.years import ONE_RUN, PERSONS_BY_YEAR, READ_BY_YEAR, Told, Years, held, tell
from strata.engine import fingerprints, parts
from strata.engine.models import SQL_FOLDER, Model, models
from strata.errors import StrataError

# What a person is told while the tables of a layer are built.
STAGES = {
    "staging": ("Séjours : filtres et coûts…", "Stays: filters and costs…"),
    "core": ("Personnes et séjours…", "Persons and stays…"),
    "strata": ("Strates…", "Strata…"),
    "reference": ("Cohortes…", "Cohorts…"),
    "indicators": ("Indicateurs…", "Indicators…"),
    "quality": ("Contrôles…", "Checks…"),
}
# Ready steps run in this order: what a person typed is refused before hours of reading, and data is checked before it is worked on.
_ORDER = ("inputs", "definition_tables", "extract", "settings", "staging", "core", "quality", "strata", "reference", "indicators")
PUBLISHED_LAYERS = ("indicators", "quality")
# Of what is published only: everything else is as old as it may be. A month and a few days, since hospitals send once a month.
_MONTHLY = dg.FreshnessPolicy.time_window(fail_window=timedelta(days=45), warn_window=timedelta(days=36))


def build_assets(
    folder: Path = SQL_FOLDER, years: Years | None = None, versions: Mapping[str, str] | None = None
) -> list[dg.AssetsDefinition]:
    """Every table of the product and the publication. years: as partitions; None: without any, where nobody looks at them afterwards.

    versions: of steps in Python (code_versions.py), where somebody looks. StrataError when an SQL file reads a table that nothing makes.
    """
    found = models(folder)
    _refuse_unknown_inputs(found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # of the parameter backfill_policy alone
        written = [_writer_asset(writer, years, (versions or {}).get(writer.name)) for writer in WRITERS]
        made = [_model_asset(model, folder, years) for model in found.values()]
        published = _publication_asset(found, folder, years)
    return [*written, *made, published]


def _refuse_unknown_inputs(found: Mapping[str, Model]) -> None:
    for model in found.values():
        for table in model.inputs:
            if table not in found and table not in PYTHON_TABLES:
                raise StrataError(
                    what=(f"La table {table} n'est faite par personne", f"Nothing makes table {table}"),
                    where=f"sql/{model.layer}/{model.name}.sql",
                    why=(
                        "ni un fichier SQL ni pipelines/tables.py ne porte ce nom",
                        "neither an SQL file nor pipelines/tables.py has this name",
                    ),
                    fix=("Corriger le nom, ou ajouter la table", "Mend the name, or add the table"),
                )


def _model_asset(model: Model, folder: Path, years: Years | None) -> dg.AssetsDefinition:
    partitions = years.of_model(model) if years else None

    @dg.asset(
        name=model.name,
        deps=years.dependencies(model) if years else list(model.inputs),
        partitions_def=partitions,
        backfill_policy=ONE_RUN if years else None,
        group_name=model.layer,
        description=model.description,
        code_version=model.sha256,
        kinds={"sql", "duckdb"},
        op_tags=_priority(model.layer),
        freshness_policy=_MONTHLY if model.layer == "indicators" else None,
        required_resource_keys={"session"},
    )
    def table(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def] # an annotated generator reads as one output to Dagster
        session: Session = context.resources.session
        session.enter(STAGES[model.layer])
        with session.timed(model.name):
            _make(session, model, folder)
        yield from _told(context, model.name, years if partitions else None)

    return table


def _told(context: dg.AssetExecutionContext, table: str, years: Years | None) -> Iterator[Told]:
    """What Dagster is told of a table; year by year where it has partitions."""
    session: Session = context.resources.session
    whole: dg.MaterializeResult[None] = dg.MaterializeResult(
        asset_key=table, metadata=_catalogued(context, table), data_version=_version(session, table)
    )
    if years is None:
        yield whole
        return
    found = {year: one for year, one in held(session.connection, table).items() if year in years.keys}
    # persons also stand on the years read, of which a table that is kept knows nothing
    is_kept = table in READ_BY_YEAR or (table in session.reused and table not in PERSONS_BY_YEAR)
    yield from tell(context, whole, found, is_kept=is_kept)


def _make(session: Session, model: Model, folder: Path) -> None:
    """Build a table, or what of it is stale, unless it was made of just this SQL and just these inputs."""
    contents = {name: session.content(name) for name in model.inputs}
    wanted = fingerprints.made_of(model, contents)
    found = fingerprints.up_to_date(session.connection, model.name, wanted)
    if found is not None:
        session.reused.append(model.name)
    else:
        session.made.append(model.name)
    content, rows = found or parts.make(session.connection, model, contents, wanted, folder)
    session.contents[model.name] = content
    if rows is not None:  # of a view nobody has counted them
        session.rows[model.name] = rows
    if found is None and model.layer == LAYER:
        keep(session.connection, [model.name], [])  # rebuilt: not checked yet


def _version(session: Session, table: str) -> dg.DataVersion:
    """What Dagster compares to tell whether what reads a table is stale: its content."""
    return dg.DataVersion(session.content(table))


def _writer_asset(writer: Writer, years: Years | None, version: str | None) -> dg.AssetsDefinition:
    partitions = {table: years.of_read(table) for table in writer.tables} if years else {}
    specs = [
        dg.AssetSpec(
            table,
            skippable=True,
            deps=list(writer.reads),
            group_name=writer.name,
            description=meaning,
            code_version=version,
            kinds={"python", "duckdb"},
            partitions_def=partitions.get(table),
        )
        for table, meaning in writer.tables.items()
    ]

    @dg.multi_asset(
        name=writer.name,
        specs=specs,
        can_subset=True,
        backfill_policy=ONE_RUN if years else None,
        op_tags=_priority(writer.name),
        required_resource_keys={"session"},
    )
    def tables(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def] # an annotated generator reads as one output to Dagster
        session: Session = context.resources.session
        session.enter(writer.stage)
        with session.timed(writer.name):
            for table in writer.tables:
                session.contents.pop(table, None)  # told anew once it is written
            writer.write(session)
            session.made += writer.tables
        for table in [key.to_user_string() for key in context.selected_asset_keys]:  # all are written; those asked for are reported
            session.rows[table] = _count(session.connection, table)
            yield from _told(context, table, years if partitions.get(table) else None)

    return tables


def _priority(group: str) -> dict[str, str]:
    rank = _ORDER.index(group) if group in _ORDER else len(_ORDER)
    return {"dagster/priority": str(len(_ORDER) - rank)}


def _publication_asset(found: Mapping[str, Model], folder: Path, years: Years | None) -> dg.AssetsDefinition:
    @dg.asset(
        name="publication",
        deps=[name for name, model in found.items() if model.layer in PUBLISHED_LAYERS],
        group_name="publication",
        description="The published folder of this run: indicators, catalogue, receipt, pages. Nothing else leaves the warehouse.",
        kinds={"python", "parquet"},
        freshness_policy=_MONTHLY,
        backfill_policy=ONE_RUN if years else None,
        required_resource_keys={"session"},
    )
    def publication(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        session: Session = context.resources.session
        session.enter(("Publication…", "Publication…"))
        expected = (one for suite in suites(folder).values() for one in suite)
        outcomes = passed(session.connection, in_force(expected, is_national(session.connection, session.config)))
        with session.timed("publication"):
            session.publication = _publish(session, outcomes)
        _prune(session)
        return dg.MaterializeResult(metadata={"folder": dg.MetadataValue.path(session.publication)})

    return publication


def _publish(session: Session, outcomes: list[Outcome]) -> Path:
    from dashboards.site import build_site
    from pipelines.pages.definition_pages import FOLDER, write_definition_pages
    from strata.explain.labels import definitions_folder
    from strata.publication.publish import publish

    def pages(folder: Path) -> None:
        run = [row[0] for row in session.connection.execute("SELECT condition FROM definition ORDER BY condition").fetchall()]
        write_definition_pages(definitions_folder(session.config), run, folder / "dashboard" / FOLDER)
        build_site(folder, session.config.project.language)

    return publish(
        session.connection,
        session.config,
        run_id=session.run_id,
        checks=[_receipt_line(one) for one in outcomes],
        timings=dict(session.seconds),
        extra=pages,
    )


def _prune(session: Session) -> None:
    """Only the last publications stay ([publish] keep), with those whose masks still hold."""
    from strata.publication.publish import prune

    spare = [Path(name).name for name in session.config.disclosure.earlier_masks]
    removed = prune(session.config.path("published"), session.config.publish.keep, spare=spare)
    if removed:
        session.tell((f"Publications retirées ([publish] keep) : {len(removed)}", f"Publications removed ([publish] keep): {len(removed)}"))


def _receipt_line(outcome: Outcome) -> dict[str, object]:
    one = outcome.expectation
    bounds = {"min": one.min, "max": one.max, "severity": one.severity}
    words = {"label_fr": one.label[0], "label_en": one.label[1], "source_fr": one.source[0], "source_en": one.source[1]}
    return {"table": one.table, "check": one.name, "passed": outcome.has_passed, "failing_rows": outcome.failing_rows, **bounds, **words}


def _catalogued(context: dg.AssetExecutionContext, table: str) -> dict[str, dg.TableSchema | dg.TableColumnLineage | int | bool]:
    """What the catalogue shows of a table; nothing where it is thrown away with the run (`strata run`)."""
    return {} if context.instance.is_ephemeral else _metadata(context.resources.session, table)


def _metadata(session: Session, table: str) -> dict[str, dg.TableSchema | dg.TableColumnLineage | int | bool]:
    columns = session.connection.execute(f"DESCRIBE {table}").fetchall()
    schema = dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind, *_ in columns])
    kept = table in session.reused
    lineage = {"dagster/column_lineage": found} if (found := column_lineage(table)) else {}
    counted = {"dagster/row_count": session.rows[table]} if table in session.rows else {}
    return {**counted, "dagster/column_schema": schema, "kept_as_it_was": kept, **lineage}


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
