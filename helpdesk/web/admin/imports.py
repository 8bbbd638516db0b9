"""Imports: a file is handed in, looked at, tried out, taken over; then its report."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, cast

from flask import Response, request

from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import custom_fields
from helpdesk.customers.models import CustomField
from helpdesk.identity import queries as people
from helpdesk.imports import csv_rows, files, queries, service, staging
from helpdesk.imports.archives import BadArchive
from helpdesk.imports.json_reading import BadFile
from helpdesk.imports.models import Import
from helpdesk.imports.staging import ARTICLES, FORMATS, OWNED, TABLES, Preview
from helpdesk.routing import queries as routing
from helpdesk.web import doors
from helpdesk.web.admin import door
from helpdesk.web.admin.frame import is_part, show
from helpdesk.web.bodies import query_text
from helpdesk.web.doors import allow

HERE = "imports"
KINDS = [
    ("organisation", "Organisations"),
    ("customer", "Customers"),
    ("colleague", "Colleagues"),
    ("ticket", "Tickets"),
    ("message", "Messages"),
    ("file", "Files"),
    ("field", "Values of own fields"),
    ("section", "Sections"),
    ("article", "Articles"),
    ("language", "Further languages"),
    ("product", "Products"),
    ("order", "Rows of orders"),
    ("asset", "Things"),
]
WORDS = [
    ("added", "added"),
    ("there", "there already"),
    ("found", "found here"),
    ("unknown", "not known here"),
    ("unfit", "that don't fit"),
    ("missing", "not in the export"),
    ("changed", "changed since"),
    ("kept", "kept as changed here"),
    ("draft", "left as drafts"),
    ("gone", "removed here"),
    ("told", "told again"),
    ("nobodys", "of nobody known yet"),
]
LIMIT = 50
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", ";", "|", "%")


@door.get("/imports")
@allow("admin")
def imports_list() -> Response:
    with reading(doors.actor()) as work:
        rows = queries.newest(work)
        names = people.names(work, [row.created_by for row in rows])
    return show("imports.html", HERE, rows=rows, names=names, formats=FORMATS, **_form())


@door.post("/imports")
@allow("admin", uploads=True, large=True)
def add_import() -> Response:
    """The file is written to disk before any transaction is open."""
    given = request.files.get("file")
    form = {name: request.form.get(name, "").strip()[:60] for name in ("format", "origin")}
    try:
        if form["format"] not in FORMATS:
            raise Invalid(fields={"format": "Choose what the file is."})
        if given is None or not given.filename:
            raise Invalid(fields={"file": "Choose a file."})
        import_id = _keep(cast("BinaryIO", given.stream), form, given.filename)
    except Invalid as error:
        with reading(doors.actor()) as work:
            rows = queries.newest(work)
            names = people.names(work, [row.created_by for row in rows])
        values = {"rows": rows, "names": names, "formats": FORMATS, **_form(form)}
        return show("imports.html", HERE, error.status, errors=dict(error.fields), **values)
    return doors.go(f"/admin/imports/{import_id}")


@door.get("/imports/<id:import_id>")
@allow("admin")
def import_page(import_id: str) -> Response:
    with reading(doors.actor()) as work:
        run = service.get(work, import_id)
        answer = _page(work, run)
    if is_part() and run.state not in service.ACTIVE:
        # It has ended while somebody looked on: the page has other parts now.
        answer.headers["HX-Refresh"] = "true"
    return answer


@door.post("/imports/<id:import_id>")
@allow("admin")
def start_import(import_id: str) -> Response:
    with reading(doors.actor()) as work:
        run = service.get(work, import_id)
        header = len(_preview(run).header)
        own = _own(work, run)
    mapping = _mapping(run.format, header, own)
    options = {"queue_id": request.form.get("queue_id", "")[:36]}
    trial = request.form.get("what") != "real"
    lacking = csv_rows.missing(run.format, mapping) if run.format in TABLES else []
    if lacking:
        labels = dict(csv_rows.fields_of(run.format))
        errors = {f"field-{name}": f"Choose the column of: {labels[name]}." for name in lacking}
        with reading(doors.actor()) as work:
            again = service.get(work, import_id)
            return _page(work, again, 400, errors=errors, chosen=mapping)
    with begin(doors.actor()) as work:
        service.start(work, import_id, mapping=mapping, options=options, trial=trial)
    return doors.go(f"/admin/imports/{import_id}")


@door.post("/imports/<id:import_id>/stop")
@allow("admin")
def stop_import(import_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.stop(work, import_id)
    return doors.go(f"/admin/imports/{import_id}")


@door.post("/imports/<id:import_id>/remove")
@allow("admin")
def remove_import(import_id: str) -> Response:
    with begin(doors.actor()) as work:
        service.remove(work, import_id)
    files.remove(import_id)
    return doors.go("/admin/imports?note=removed")


@door.get("/imports/<id:import_id>/problems.csv")
@allow("admin")
def import_problems(import_id: str) -> Response:
    """Every row that was not taken, for a spreadsheet; no cell can be read as a formula."""
    with reading(doors.actor()) as work:
        service.get(work, import_id)
        body = "".join(_problem_lines(work, import_id))
    response = Response("\ufeff" + body, mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="problems.csv"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def neutral(cell: str) -> str:
    """The cell as text for every spreadsheet (I3)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_SIGNS) else cell


def _keep(stream: BinaryIO, form: dict[str, str], name: str) -> str:
    import_id = new_id()
    size = files.save(import_id, stream, most=doors.settings().max_import)
    try:
        staging.look_at(files.upload(import_id), form["format"])
        with begin(doors.actor()) as work:
            service.add(
                work,
                import_id,
                format=form["format"],
                origin=form["origin"],
                file_name=name,
                size=size,
            )
    except (BadFile, BadArchive) as error:
        files.remove(import_id)
        raise Invalid(fields={"file": str(error)}) from error
    except BaseException:
        files.remove(import_id)
        raise
    return import_id


def _problem_lines(work: Work, import_id: str) -> Iterator[str]:
    yield _csv_line(["Where", "Problem", "What stands there"])
    for row in queries.all_problems(work, import_id):
        yield _csv_line([row.place, row.problem, row.cells])


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow([neutral(cell) for cell in cells])
    return out.getvalue()


def _mapping(format: str, width: int, own: Sequence[CustomField]) -> dict[str, int]:
    """field -> column, as chosen on the form; what is not a column is left out."""
    found: dict[str, int] = {}
    if format not in TABLES:
        return found
    for name, _ in csv_rows.fields_of(format, own):
        text = request.form.get(f"field-{name}", "")
        if text.isascii() and text.isdigit() and len(text) < 4 and int(text) < width:
            found[name] = int(text)
    return found


def _own(work: Work, run: Import) -> Sequence[CustomField]:
    """The installation's own fields that a table may have columns for."""
    subject = {"customers_csv": "customer", "tickets_csv": "ticket"}.get(run.format)
    return custom_fields.definitions(work, subject) if subject else ()


def _preview(run: Import) -> Preview:
    if run.format not in TABLES:
        return Preview([])
    try:
        return staging.preview(files.upload(run.id))
    except (BadFile, BadArchive) as error:
        raise Conflict(str(error), code="bad_file") from error
    except FileNotFoundError:
        return Preview([])


def _page(work: Work, run: Import, status: int = 200, **extra: Any) -> Response:
    cursor = request.args.get("cursor")
    page = queries.page_of_problems(work, run.id, cursor=cursor, limit=LIMIT)
    here = f"/admin/imports/{run.id}"
    table, own = _preview(run), _own(work, run)
    chosen = extra.pop("chosen", None) or run.mapping or _guess(run, table, own)
    values: dict[str, Any] = {
        "run": run,
        "formats": FORMATS,
        "is_table": run.format in TABLES,
        "is_articles": run.format in ARTICLES,
        "takes_tickets": run.format not in ("customers_csv", *OWNED, *ARTICLES),
        "is_active": run.state in service.ACTIVE,
        "percent": _percent(run),
        "preview": table,
        "fields": csv_rows.fields_of(run.format, own) if run.format in TABLES else (),
        "chosen": chosen,
        "queues": [(row.id, row.name) for row in routing.queues(work, active_only=True)],
        "queue_id": run.options.get("queue_id", ""),
        "report": _report(run),
        "problems": page.items,
        "older": doors.with_query(here, cursor=page.next_cursor) + "#problems"
        if page.next_cursor
        else None,
        "newer": f"{here}#problems" if cursor else None,
        "who": people.names(work, [run.created_by]).get(run.created_by, "Somebody who is gone"),
    }
    return show("import.html", HERE, status, **{**values, **extra})


def _guess(run: Import, table: Preview, own: Sequence[CustomField]) -> dict[str, int]:
    return csv_rows.guess(run.format, table.header, own) if run.format in TABLES else {}


def _percent(run: Import) -> int:
    if run.state == "done":
        return 100
    return min(99, run.offset * 100 // run.staged_bytes) if run.staged_bytes else 0


def _report(run: Import) -> list[tuple[str, list[tuple[str, int]]]]:
    """(what, [(word, number)]) in an order of their own."""
    return [
        (label, [(word, run.counts[kind][key]) for key, word in WORDS if run.counts[kind].get(key)])
        for kind, label in KINDS
        if run.counts.get(kind)
    ]


def _form(form: dict[str, str] | None = None) -> dict[str, Any]:
    wanted = form or {"format": query_text("format"), "origin": ""}
    return {"form": wanted, "choices": list(FORMATS.items()), "most": doors.settings().max_import}
