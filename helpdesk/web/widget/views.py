"""Routes of the chat widget. A visitor is known by the token in the Authorization header only.

Not for the conversation itself: that is a socket's. Nothing here takes a secret from an address.
"""

from __future__ import annotations

from typing import Annotated, Any, BinaryIO, cast

import msgspec
from flask import Blueprint, Response, make_response, request

from helpdesk.channels import attachments, content_types, queries, sites, visitors
from helpdesk.channels.models import Attachment, Visitor, WidgetSite
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, Invalid, NotFound, NotSignedIn
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors, handing_out, security
from helpdesk.web.bodies import Body, json_body, query_text
from helpdesk.web.doors import allow
from helpdesk.web.widget import frame, offline, throttle, visits, voice
from helpdesk.workflows.voice_messages import Left

door = Blueprint("widget", __name__)

LOADER_KEPT_S = 3600
CONFIG_KEPT_S = 60
Line = Annotated[str, msgspec.Meta(max_length=300)]


class OfflineForm(Body, frozen=True):
    """What the form for closed hours sends; `form_id` makes a second sending harmless."""

    site: Annotated[str, msgspec.Meta(max_length=40)]
    form_id: Annotated[str, msgspec.Meta(min_length=16, max_length=64)]
    text: Annotated[str, msgspec.Meta(max_length=10_000)]
    email: Line
    name: Line = ""
    phone: Line = ""
    answers: dict[str, Line] = msgspec.field(default_factory=dict)
    page_url: Annotated[str, msgspec.Meta(max_length=500)] = ""


@door.get("/widget.js")
@allow("public", cookies=False)
def loader() -> Response:
    """The script that other sites load; the same for all of them, so it can be kept."""
    body, compressed = frame.loader(zipped="gzip" in request.accept_encodings)
    response = make_response(body)
    response.mimetype = "text/javascript"
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={LOADER_KEPT_S}"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.add_etag()
    response.make_conditional(request)
    return response


@door.get("/widget/config")
@allow("public", cookies=False)
def config() -> Response:
    """What the loader needs to draw its button; 403 for an origin that the site does not list."""
    origin = request.headers.get("Origin")
    with reading(_nobody()) as work:
        site = _site(work, query_text("site"))
        # A browser leaves Origin out only for a page of our own.
        if origin is not None and not sites.origin_allowed(site, origin, own=_own()):
            raise Forbidden("This origin is not listed for the site.", code="origin_not_listed")
        shown = frame.loader_config(work, site)
    response = make_response(shown)
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Vary"] = "Origin"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"private, max-age={CONFIG_KEPT_S}"
    return response


@door.get("/widget/frame")
@allow("public", cookies=False)
def shown_in_frame() -> Response:
    """The chat itself; browsers show it only inside the site's own origins."""
    with reading(_nobody()) as work:
        site = _site(work, query_text("site"))
        values = frame.frame_values(work, site, doors.settings())
        ancestors = sites.frame_ancestors(site, own=_own())
    response = doors.page("widget/frame.html", **values)
    security.let_frame(response, ancestors.split())
    response.headers["Content-Security-Policy"] = frame.policy(values["importmap"], ancestors)
    return response


@door.post("/widget/upload")
@allow("public", cookies=False, uploads=True)
def upload() -> tuple[dict[str, Any], int]:
    """Take a file in for the visitor's open chat; it is seen once a message names it."""
    with reading(_nobody()) as work:
        visitor = _visitor(work)
        conversation = queries.open_for_visitor(work, visitor.id)
    if conversation is None:
        raise Invalid("There is no open chat to add a file to.", code="no_chat")
    throttle.uploads.spend(visitor.id)
    given = request.files.get("file")
    if given is None:
        raise Invalid("Choose a file first.", code="no_file")
    store, most = _store(), doors.settings().max_upload
    # Before the transaction: a slow disk must not hold the database's write lock.
    stored = store.save(cast("BinaryIO", given.stream), most=most)
    actor = visitors.actor_for(visitor, doors.address())
    try:
        with begin(actor) as work:
            kept = attachments.add(
                work,
                conversation.id,
                stored,
                name=given.filename or "",
                uploaded_by="visitor",
            )
            answer = {
                "id": kept.id,
                "name": kept.name,
                "type": kept.type,
                "size": kept.size,
                "url": attachments.link(kept.id, actor.label),
            }
    except Exception:
        store.remove(stored.id)
        raise
    return answer, 201


@door.get("/widget/visit")
@allow("public", cookies=False)
def next_visit() -> dict[str, str]:
    """Where the technician is, for a visitor whom the page has vouched for; else nothing."""
    with reading(_nobody()) as work:
        visitor = _visitor(work)
        throttle.looks.spend(visitor.id)
        told = visits.told(work, visitor)
    return {"title": told[0], "text": told[1]} if told else {}


@door.get("/a/<id:attachment_id>/<token>")
@allow("public")
def download(attachment_id: str, token: str) -> Response:
    """A file for the viewer its link was made for: a visitor by token, a colleague by session."""
    with reading(_nobody()) as work:
        viewer = _viewer(work)
        if viewer is None or not attachments.link_fits(attachment_id, token, viewer.label):
            raise NotFound()
        attachment = attachments.get_for(work, attachment_id, viewer)
        name, found, size = attachment.name, attachment.type, attachment.size
    stream = _store().open(attachment_id)
    return handing_out.file(stream, size=size, name=name, kind=content_types.served_type(found))


@door.post("/widget/offline")
@allow("public", cookies=False)
def leave_message() -> tuple[dict[str, str], int]:
    """The form for closed hours."""
    if not security.comes_from_here(doors.settings()):
        raise Forbidden("Use the chat's own form.", code="foreign_origin")
    form = json_body(OfflineForm)
    throttle.forms_by_network.spend(doors.address() or "unknown")
    with reading(_nobody()) as work:
        site = _site(work, form.site)
        visitor = _visitor_or_none(work, site)
    actor = visitors.actor_for(visitor, doors.address()) if visitor else _nobody()
    details = {
        "name": form.name.strip(),
        "email": form.email.strip(),
        "phone": (form.phone or form.answers.get("phone", "")).strip(),
        "text": form.text.strip(),
        "page_url": form.page_url,
    }
    answers = offline.check(site, details, form.answers)
    throttle.forms_by_address.spend(details["email"].lower())
    reference = offline.take_in_once(
        actor,
        site,
        visitor,
        form_id=form.form_id,
        answers=answers,
        **details,
    )
    return {"reference": reference}, 201


@door.post("/widget/voice")
@allow("public", cookies=False, uploads=True)
def leave_voice_message() -> tuple[dict[str, str], int]:
    """What somebody recorded, instead of waiting in their call or out of hours."""
    if not security.comes_from_here(doors.settings()):
        raise Forbidden("Use the chat's own recorder.", code="foreign_origin")
    throttle.forms_by_network.spend(doors.address() or "unknown")
    given = voice.fields_of(request.form)
    file = request.files.get("file")
    if file is None:
        raise Invalid("Record a message first.", code="no_file")
    with reading(_nobody()) as work:
        site = _site(work, given["site"])
        visitor = _visitor_or_none(work, site)
    if visitor is None:
        voice.need_a_way_back(given)
    throttle.forms_by_address.spend(visitor.id if visitor else given["email"] or given["phone"])
    actor = visitors.actor_for(visitor, doors.address()) if visitor else _nobody()
    store = _store()
    stored, sound = voice.keep(store, cast("BinaryIO", file.stream), given["seconds"])
    own = {name: given[name] for name in ("name", "email", "phone", "about", "page_url")}
    left = Left(sound, stored, **own)
    try:
        reference = voice.take_in_once(actor, site, visitor, given["form_id"], left)
    except Exception:
        store.remove(stored.id)
        raise
    if not _is_known(stored.id):  # it was sent before
        store.remove(stored.id)
    return {"reference": reference}, 201


def _is_known(attachment_id: str) -> bool:
    with reading(_nobody()) as work:
        return work.session.get(Attachment, attachment_id) is not None


@door.get("/widget/demo")
@allow("public")
def demo_host() -> Response:
    """A small company's page that embeds the chat, to try it on."""
    settings = doors.settings()
    if not (settings.demo or settings.development):
        raise NotFound()
    with reading(_nobody()) as work:
        site = _site(work, query_text("site") or None)
    return doors.page("widget/demo_host.html", site_key=site.key)


def _nobody() -> Actor:
    return doors.nobody().actor


def _own() -> str:
    return doors.settings().origin


def _store() -> attachments.FolderStore:
    return attachments.FolderStore(doors.settings().data / "attachments")


def _site(work: Work, key: str | None) -> WidgetSite:
    if key == "":
        raise NotFound("Name the site.", code="unknown_site")
    site = sites.find_site(work, key)
    if site is None:
        raise NotFound("This chat is not available.", code="unknown_site")
    return site


def _bearer() -> str | None:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _visitor(work: Work) -> Visitor:
    visitor = visitors.find_visitor(work, _bearer())
    if visitor is None:
        raise NotSignedIn("This chat is not known here any more.", code="unknown_visitor")
    return visitor


def _visitor_or_none(work: Work, site: WidgetSite) -> Visitor | None:
    token = _bearer()
    return visitors.find_visitor(work, token, site.id) if token else None


def _viewer(work: Work) -> Actor | None:
    if request.headers.get("Authorization"):
        visitor = visitors.find_visitor(work, _bearer())
        return visitors.actor_for(visitor) if visitor else None
    actor = doors.actor()
    return actor if actor.kind == "user" else None
