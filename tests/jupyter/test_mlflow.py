"""MLflow's own page behind Jupyter's sign-in, on a real Jupyter server and a real MLflow."""

from __future__ import annotations

import httpx
from serving import Jupyter, wait_until

PAGE = "/workbench-mlflow/"
CREATE = f"{PAGE}ajax-api/2.0/mlflow/experiments/create"
SEARCH = f"{PAGE}ajax-api/2.0/mlflow/experiments/search"
# The first request starts MLflow and waits for it.
FIRST = httpx.Timeout(120)


def test_a_persons_page_is_there_at_once_and_goes_on_when_mlflow_is_ready(jupyter: Jupyter) -> None:
    with jupyter.with_cookie() as browser:
        accept = {"Accept": "text/html,*/*;q=0.8"}
        first = browser.get(PAGE, headers=accept, timeout=300)
        assert first.status_code == 200
        assert "is starting" in first.text and "location.reload()" in first.text
        wait_until(lambda: "is starting" not in browser.get(PAGE, headers=accept, timeout=FIRST).text, 120, what="MLflow")
        assert "MLflow" in browser.get(PAGE, headers=accept).text


def test_the_page_answers_who_is_signed_in(jupyter: Jupyter) -> None:
    with jupyter.with_cookie() as browser:
        answer = browser.get(PAGE, timeout=FIRST)
        assert answer.status_code == 200, answer.text
        assert "MLflow" in answer.text
        made = browser.post(CREATE, json={"name": "from its own page"}, headers={"Origin": jupyter.url})
        assert made.status_code == 200, made.text
        assert "from its own page" in browser.post(SEARCH, json={"max_results": 10}).text


def test_a_change_from_another_site_is_refused(jupyter: Jupyter) -> None:
    with jupyter.with_cookie() as browser:
        browser.get(PAGE, timeout=FIRST)
        for foreign in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = browser.post(CREATE, json={"name": "from elsewhere"}, headers=foreign)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), foreign
            assert answer.json()["error"]["fix"]
        found = browser.post(SEARCH, json={"max_results": 10})
        assert found.status_code == 200, found.text
        assert "from elsewhere" not in found.text


def test_nobody_gets_in_without_signing_in(jupyter: Jupyter) -> None:
    with jupyter.with_cookie() as browser:
        browser.get(PAGE, timeout=FIRST)
    with jupyter.anonymous() as stranger:
        page = stranger.get(PAGE)
        assert page.status_code == 302
        assert page.headers["Location"].startswith("/login")
        for answer in (stranger.post(CREATE, json={"name": "by a stranger"}), stranger.get(SEARCH)):
            assert answer.status_code in (302, 403)
            assert "experiments" not in answer.text
