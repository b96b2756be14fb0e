"""How the service is, at a glance."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from service.api.access.auth import Scope, new_key
from service.settings import Settings
from tests.browser import clippings
from tests.browser.newsroom import MODEL, Newsroom


def test_health_model_lag_and_progress(page: Page, newsroom: Newsroom) -> None:
    """The view shows health, the model's name and digest, what waits and how fast the rest was read."""
    newsroom.metrics.lag.labels("0").set(1_200)
    newsroom.metrics.lag.labels("1").set(34)
    page.get_by_role("link", name="Status", exact=True).click()
    status = page.locator("#status")
    expect(status.locator(".health")).to_have_text("Healthy")
    expect(status.locator(".which")).to_contain_text(f"{MODEL.name} {MODEL.version}")
    expect(status.locator(".which")).to_contain_text(MODEL.sha256[:12])
    expect(status.locator(".facts")).to_contain_text(MODEL.sha256)
    expect(status.locator(".lag")).to_contain_text("1,234 articles")
    newsroom.post(clippings.DAM.text)
    expect(status.locator(".glance .progress")).to_contain_text("1 article since it started")
    expect(status.locator(".glance .progress")).to_contain_text("a minute")


def test_failing_check_is_named(page: Page, newsroom: Newsroom) -> None:
    """A check that fails is told by name, word and sign, with its reason."""
    newsroom.broker.up = False
    page.get_by_role("link", name="Status", exact=True).click()
    row = page.locator("#status .checks tr", has_text="kafka:consumer")
    expect(row).to_contain_text("Not healthy")
    expect(row).to_contain_text("No broker answers.")


@pytest.fixture
def newsroom_with_keys() -> Iterator[tuple[Newsroom, str]]:
    """Serve only those who have a key, one that may not read metrics."""
    key, line = new_key("desk", frozenset({Scope.READ, Scope.WRITE}))
    settings = Settings().model_copy(
        update={
            "api": Settings().api.model_copy(
                update={"auth": Settings().api.auth.model_copy(update={"keys": SecretStr(line)})}
            )
        }
    )
    newsroom = Newsroom(settings=settings)
    newsroom.start()
    yield newsroom, key
    newsroom.stop()


def test_key(browser: Browser, newsroom_with_keys: tuple[Newsroom, str]) -> None:
    """Without a key the page says what is missing and where to enter it; with one everything works, stream included."""
    newsroom, key = newsroom_with_keys
    page = browser.new_page()
    page.goto(newsroom.url)
    page.get_by_label("Text", exact=True).fill("A text.")
    page.get_by_role("button", name="Find who says what").click()
    expect(page.locator("#playground .problem")).to_contain_text("No valid key or token")
    page.get_by_role("link", name="Enter a key").click()
    page.get_by_label("API key or token").fill(key)
    page.get_by_role("button", name="Use it").click()
    expect(page.locator("#status .which")).to_contain_text(MODEL.name)
    expect(page.locator("#status .lag")).to_contain_text("The metrics are not open to this key.")
    page.get_by_role("link", name="Live").click()
    expect(page.locator("#live .connection")).to_have_text("Connected")
    page.get_by_role("link", name="Playground").click()
    page.get_by_role("button", name="Find who says what").click()
    expect(page.locator("#playground .summary")).to_have_text("No claims found in this article.")
    assert "$CLAIMWIRE_KEY" in (page.locator("#playground .command").text_content() or "")
    assert key not in page.content()
    page.close()
