"""Publishing as a person does it, and reading what was published, also without any script."""

import pytest
from playwright.sync_api import expect

from tests.factories import make_written

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_the_preview_to_the_pdf(page, sign_in, alice, no_sideways_scroll):
    postmortem = make_written(alice)
    sign_in(page, alice).goto(f"/postmortems/{postmortem.reference}/")
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_text("Words of summary.")).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_label("What changed").fill("First account")
    page.get_by_role("button", name="Publish revision 1").click()
    expect(page.get_by_role("heading", name="Checkout returns errors", level=1)).to_be_visible()
    expect(page.get_by_text("First account").first).to_be_visible()
    no_sideways_scroll(page)
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Summary").click()
    answer = page.request.get(f"/knowledge/{postmortem.reference}.pdf")
    assert answer.status == 200
    assert answer.body().startswith(b"%PDF-1.7")


def test_a_phone_reads_it_without_scrolling_sideways(page, sign_in, alice, no_sideways_scroll):
    from incidents.access import SYSTEM
    from postmortems import publishing

    postmortem = make_written(alice)
    publishing.publish(actor=SYSTEM, postmortem=postmortem)
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, alice).goto(f"/knowledge/{postmortem.reference}/")
    expect(page.get_by_text("Words of summary.")).to_be_visible()
    no_sideways_scroll(page)
