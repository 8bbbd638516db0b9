"""Files that come with texts, and row H5: of all addresses, the carrier's alone is asked."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from helpdesk.carriers.twilio.media import may_fetch
from helpdesk.channels import attachments
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment
from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.exchange.phones import Phone
from helpdesk.texts import place
from tests.texts.conftest import CENTRE, Line
from tests.texts.files import PNG


def test_a_picture_is_shown_as_being_fetched_and_then_it_is_there(line: Line, kim: Phone) -> None:
    kim.text(CENTRE, "", media=(line.files.put("broken.png"),))
    conversation_id = line.take()
    (message,) = line.messages(conversation_id)
    (file,) = message.attachments
    assert (file["name"], file["awaited"], message.text) == ("Photo", "fetching", "")
    line.work_off()
    (message,) = line.messages(conversation_id)
    (file,) = message.attachments
    assert (file["name"], file["type"], file["awaited"]) == ("Photo.png", "image/png", None)
    with reading(line.floor.anna) as work:
        kept = work.session.get_one(Attachment, file["id"])
        assert (kept.message_id, kept.size) == (message.id, len(PNG))
    with FolderStore(place.settings().data / "attachments").open(kept.id) as stream:
        assert stream.read() == PNG


def test_H5_an_address_that_is_not_the_carriers_is_never_asked(line: Line, kim: Phone) -> None:
    inside = line.files.put("inside.png").replace("127.0.0.1", "localhost")
    media = (
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:6379/",
        inside,
        line.files.lead("away.png", inside),
        line.files.lead("meta.png", "http://169.254.169.254/"),
        line.files.put("real.png"),
    )
    kim.text(CENTRE, "Look", media=media)
    line.work_off()
    (conversation,) = line.conversations()
    (message,) = line.messages(conversation.id)
    assert [f["awaited"] for f in message.attachments] == ["refused"] * 5 + [None]
    assert message.attachments[0]["why"] == "its address is not the carrier's"
    assert line.files.asked == ["/files/away.png", "/files/meta.png", "/files/real.png"]


def test_what_is_too_large_or_gone_is_refused_in_words(line: Line, kim: Phone) -> None:
    large = line.files.put("large.png", PNG + b"\0" * place.settings().max_upload)
    kim.text(CENTRE, "", media=(large, f"{line.files.base}/gone.png"))
    line.work_off()
    (conversation,) = line.conversations()
    told = [f["why"] for f in line.messages(conversation.id)[0].attachments]
    assert "larger than" in told[0]
    assert told[1] == "the carrier does not have it any more"


@pytest.mark.parametrize(
    "url, fetched",
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", True),
        ("https://mms.twiliocdn.com/AC1/abc", True),
        ("http://api.twilio.com/2010-04-01/x", False),
        ("https://api.twilio.com.evil.example/x", False),
        ("https://api.twilio.com@evil.example/x", False),
        ("https://evil.example\\@api.twilio.com/x", False),
        ("https://api.twilio.com:8443/x", False),
        ("https://[::ffff:127.0.0.1]/x", False),
        ("file:///etc/passwd", False),
        ("gopher://127.0.0.1:6379/_x", False),
        ("https://api.twilio.com\n.evil.example/", False),
        ("", False),
    ],
)
def test_H5_which_addresses_are_the_carriers(url: str, fetched: bool) -> None:
    assert may_fetch(Settings(twilio_account_sid="AC1", twilio_auth_token="t"), url) is fetched


def test_a_file_of_ours_goes_by_a_link_that_nobody_can_guess(
    line: Line, kim: Phone, client: FlaskClient
) -> None:
    kim.text(CENTRE, "Send me the plan")
    conversation_id = line.take()
    anna = line.floor.anna
    store = FolderStore(place.settings().data / "attachments")
    stored = store.save(io.BytesIO(PNG), most=10_000)
    with begin(anna) as work:
        kept = attachments.add(
            work, conversation_id, stored, name="plan.png", uploaded_by=f"agent:{anna.id}"
        )
    line.write(conversation_id, "Here it is", attachment_ids=[kept.id])
    line.pass_time(5)
    (url,) = kim.inbox[0].media
    path = url.removeprefix("http://localhost")
    with clock.moved_to(line.exchange.now()):
        answer = client.get(path, buffered=True)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PNG, "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(path[:-1] + "0").status_code == 404
    other = path.split("/")
    other[-3] = new_id()
    assert client.get("/".join(other)).status_code == 404
    line.pass_time(25 * 3600)
    with clock.moved_to(line.exchange.now()):
        assert client.get(path).status_code == 404  # the carrier has long had it
