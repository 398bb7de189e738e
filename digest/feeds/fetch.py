"""The one importer of httpx: feeds fetched, all at once but politely, each within its own deadline.

    each feed │ attempts, with back-off │ hops of redirects │ one exchange, in its host's turn │ body, unpacked

Refuses to raise for anything that a network can do: a feed that fails is a value that says why. Refuses to follow a
redirect out of http(s), to hold more than the cap in memory, and to wait longer than the deadline, which counts only
while a feed is under way, not while it queues for its host.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from digest import __version__, urls
from digest.feeds import concurrent, http_status, local_file, network_errors
from digest.feeds.decode import Unpacker, UnreadableBodyError
from digest.feeds.http_status import Redirect, Retry
from digest.feeds.limits import USUAL, Limits
from digest.feeds.link_check import Answer
from digest.feeds.private_networks import Guard, PrivateAddressError
from digest.model import Failed, Feed, Fetched, Site, Validators

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_ACCEPT_PAGE = "text/html, application/xhtml+xml, */*;q=0.1"
_NETWORK = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    OSError,
    ValueError,
)

_LASTING = http_status.OF_THE_FEED | {network_errors.UNKNOWN_HOST}
"""Why a feed fails that fails in whatever way it is asked for."""

logging.getLogger("httpx").setLevel(
    logging.WARNING
)  # it announces every request; our report is the announcement


def user_agent(site: Site) -> str:
    """Returns how we name ourselves to servers, and the address at which they find out who asks."""
    return f"digest/{__version__} (+{site.url})"


def fetch(
    feeds: Sequence[Feed],
    *,
    root: Path,
    known: Mapping[str, Validators],
    agent: str,
    now: datetime,
    limits: Limits = USUAL,
    untrusted: Collection[str] = (),
) -> tuple[Fetched | Failed, ...]:
    """Returns what became of each feed, in the order of the feeds, once all have answered (`fetch_in_parts`)."""
    whole = replace(limits, prompt=None)
    (found,) = fetch_in_parts(
        feeds, root=root, known=known, agent=agent, now=now, limits=whole, untrusted=untrusted
    )
    return found


def fetch_in_parts(
    feeds: Sequence[Feed],
    *,
    root: Path,
    known: Mapping[str, Validators],
    agent: str,
    now: datetime,
    limits: Limits = USUAL,
    on_progress: concurrent.Progress | None = None,
    untrusted: Collection[str] = (),
) -> Iterator[tuple[Fetched | Failed, ...]]:
    """Yields what became of the feeds, in their order: first of those that answer promptly, then of the others, if any.

    A `url` that is not an http(s) address is a file below `root`. `known` holds by feed id what the last fetch brought;
    `agent` names us to servers; `now` is the moment at which this fetch begins; `on_progress` hears of each answer. The
    addresses that are `untrusted` are not asked where they are private ones (`private`).
    """
    shared = _Session(limits=limits, agent=agent, known=known, now=now)
    distant = [number for number, feed in enumerate(feeds) if _is_distant(feed)]
    found = {
        number: local_file.read(feed, root, shared.validators(feed), limits.body)
        for number, feed in enumerate(feeds)
        if not _is_distant(feed)
    }
    errands = (
        _Request(one, shared, is_trusted=one.url not in untrusted)
        for one in map(feeds.__getitem__, distant)
    )
    for part in concurrent.parts((errand.run() for errand in errands), limits.prompt, on_progress):
        found |= {distant[number]: answer for number, answer in part.items()}
        if found or not feeds:
            yield tuple(found[number] for number in sorted(found))
        found = {}


def fetch_page(
    address: str, *, agent: str, now: datetime, limits: Limits = USUAL
) -> Fetched | Failed:
    """Returns what became of one web page, asked for with the same manners as feeds are."""
    page = Feed(id="", url=address, title="", publisher="")
    shared = _Session(limits=limits, agent=agent, known={}, now=now, pages=True)
    return concurrent.run([_Request(page, shared).run()])[0]


def ask(
    addresses: Sequence[str],
    *,
    agent: str,
    now: datetime,
    limits: Limits = USUAL,
    on_progress: concurrent.Progress | None = None,
    untrusted: Collection[str] = (),
) -> tuple[Answer, ...]:
    """Returns whether the pages at some addresses are there, in their order; `on_progress` hears of each answer.

    The addresses that are `untrusted` are not asked where they are private ones (`private`).
    """
    shared = _Session(limits=limits, agent=agent, known={}, now=now, pages=True)
    questions = [
        _LinkProbe(
            Feed(id="", url=address, title="", publisher=""),
            shared,
            is_trusted=address not in untrusted,
        )
        for address in addresses
    ]
    return tuple(concurrent.run((question.ask() for question in questions), on_progress))


def _is_distant(feed: Feed) -> bool:
    return feed.url.strip().lower().startswith(("http://", "https://"))


class _Session:
    """What all feeds of one fetch share: the limits, the turns, the clock, and how to make a client.

    `pages` tells that web pages are fetched, not feeds.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        agent: str,
        known: Mapping[str, Validators],
        now: datetime,
        pages: bool = False,
    ) -> None:
        self.limits, self.pages = limits, pages
        self._agent = agent.encode("ascii", "ignore").decode()
        self._known = known
        self._now = now
        self._begun = time.monotonic()
        self._all = asyncio.Semaphore(limits.at_once)
        self._hosts = defaultdict[str, asyncio.Semaphore](
            lambda: asyncio.Semaphore(limits.per_host)
        )
        self._trust: ssl.SSLContext | None = None

    def now(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._begun)

    def validators(self, feed: Feed) -> Validators:
        return self._known.get(feed.id, Validators())

    @contextlib.asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Waits for the host first: feeds that queue for one host must not take the places of the others."""
        async with self._hosts[host], self._all:
            yield

    def client(self) -> httpx.AsyncClient:
        """Returns a client for one feed alone, so that no cookie reaches another."""
        self._trust = self._trust or httpx.create_ssl_context()
        return httpx.AsyncClient(
            headers={
                "User-Agent": self._agent,
                "Accept": _ACCEPT_PAGE if self.pages else _ACCEPT,
                "Accept-Encoding": "gzip, deflate",
            },
            timeout=httpx.Timeout(self.limits.silence, connect=self.limits.connect),
            verify=self._trust,
            follow_redirects=False,
            event_hooks={"response": [_set_location_aside]},
        )


async def _set_location_aside(response: httpx.Response) -> None:
    """Keeps the library from preparing the next request, at which it fails where a redirect leads to no web address."""
    response.extensions["location"] = response.headers.pop("location", None)


class _Request:
    """One feed on its way: what is left of its deadline, and the client that keeps its cookies."""

    _method = "GET"

    def __init__(self, feed: Feed, shared: _Session, *, is_trusted: bool = True) -> None:
        self._feed = feed
        self._is_trusted = is_trusted
        self._round = shared
        self._known = shared.validators(feed)
        self._left = shared.limits.deadline
        self._conditions = http_status.conditions(self._known, shared.now())

    async def run(self) -> Fetched | Failed:
        try:
            client = self._round.client()
        except (
            ImportError,
            OSError,
            ValueError,
            httpx.InvalidURL,
        ) as error:  # a proxy or certificates of that kind
            return self._failed(
                f"the proxy or the certificates that are set in the environment cannot be used: {error}"
            )
        async with client:
            return await self._persist(client)

    async def _persist(self, client: httpx.AsyncClient) -> Fetched | Failed:
        attempt = 0
        while not isinstance(outcome := await self._attempt(client), Fetched):
            conditional, self._conditions = self._conditions, {}  # some servers fail at these alone
            if isinstance(outcome, Failed):
                if not conditional or outcome.reason in _LASTING or self._left <= 0:
                    return outcome
                continue
            pause = self._pause(outcome, attempt)
            if attempt == self._round.limits.retries or pause >= self._left:
                return outcome.failed
            attempt += 1
            self._left -= pause
            await asyncio.sleep(pause)
        return outcome

    def _pause(self, again: Retry, attempt: int) -> float:
        back_off = self._round.limits.back_off * 2.0**attempt
        return (
            max(0.0, (again.wait - self._round.now()).total_seconds()) if again.wait else back_off
        )

    async def _attempt(self, client: httpx.AsyncClient) -> Fetched | Failed | Retry:
        """Follows the redirects; `moved` goes along as far as every one of them was permanent."""
        address, moved, permanent = urls.fetch_link(self._feed.url) or "", "", True
        if not address:
            return self._failed("its address cannot be fetched; correct the feed's url")
        met = {(address, "")}
        self._guard = Guard(is_trusted=self._is_trusted)
        for _ in range(self._round.limits.redirects + 1):
            outcome = await self._hop(client, address)
            if not isinstance(outcome, Redirect):
                return outcome._replace(moved=moved) if isinstance(outcome, Fetched) else outcome
            target = urls.redirected(address, outcome.location or "")
            if outcome.location is None or target is None:
                return self._failed(http_status.bad_redirect(outcome.location))
            permanent = permanent and outcome.permanent
            address, moved = target, target if permanent else moved
            step = (
                address,
                str(sorted((cookie.name, cookie.value) for cookie in client.cookies.jar)),
            )
            if step in met:  # the same address with a new cookie is no circle
                return self._failed("redirects in a circle; the publisher has to fix that")
            met.add(step)
        return self._failed(
            f"redirects more than {self._round.limits.redirects} times; the publisher has to fix that"
        )

    async def _hop(
        self, client: httpx.AsyncClient, address: str
    ) -> Fetched | Failed | Retry | Redirect:
        async with self._round.turn(urls.host(address)):
            begun = time.monotonic()
            try:
                async with asyncio.timeout(self._left):
                    return await self._exchange(client, address)
            except TimeoutError:
                return self._failed(f"no complete answer within {self._round.limits.deadline:g} s")
            finally:
                self._left -= time.monotonic() - begun

    async def _exchange(
        self, client: httpx.AsyncClient, address: str
    ) -> Fetched | Failed | Retry | Redirect:
        try:
            watched = self._guard.extensions(httpx.URL(address).raw_host.decode())
            async with client.stream(
                self._method, address, headers=self._conditions, extensions=watched
            ) as response:
                return await self._answer(response, address)
        except PrivateAddressError as error:
            return self._failed(http_status.private(str(error), page=self._round.pages))
        except UnreadableBodyError as error:
            return self._failed(str(error))
        except _NETWORK as error:
            failed = self._failed(network_errors.words(error, self._round.limits.silence))
            return Retry(failed) if network_errors.may_pass(error) else failed

    async def _answer(
        self, response: httpx.Response, address: str
    ) -> Fetched | Failed | Retry | Redirect:
        status = response.status_code
        if status in http_status.REDIRECTS:
            return Redirect(response.extensions["location"], status in http_status.PERMANENT)
        if status == 304 and self._conditions:
            return self._fetched(response, address, None)
        if status in http_status.WHOLE:
            unpacker = Unpacker(
                response.headers.get("content-encoding", ""), self._round.limits.body
            )
            async for chunk in response.aiter_raw():
                unpacker.feed(chunk)
            body = unpacker.end()
            return (
                self._fetched(response, address, body)
                if body.strip()
                else self._failed("an empty answer")
            )
        wait = http_status.retry_after(response.headers.get("retry-after", ""), self._round.now())
        reason = http_status.words(status, page=self._round.pages)
        failed = Failed(feed=self._feed, reason=reason, wait=wait if status in {429, 503} else None)
        return (
            Retry(failed, failed.wait)
            if http_status.worth_retrying(status, failed.wait)
            else failed
        )

    def _fetched(self, response: httpx.Response, address: str, body: bytes | None) -> Fetched:
        fingerprint = self._known.hash if body is None else hashlib.sha256(body).hexdigest()
        kept = (
            self._known if body is None else Validators()
        )  # RFC 9110 §15.4.5: a 304 need not repeat them
        return Fetched(
            feed=self._feed,
            body=None if fingerprint == self._known.hash else body,
            url=address,
            content_type=response.headers.get("content-type", ""),
            validators=Validators(
                etag=response.headers.get("etag", kept.etag),
                modified=http_status.believed(
                    response.headers.get("last-modified", kept.modified), self._round.now()
                ),
                hash=fingerprint,
            ),
        )

    def _failed(self, reason: str) -> Failed:
        return Failed(feed=self._feed, reason=reason)


class _LinkProbe(_Request):
    """One page asked whether it is there: by HEAD, whose no is not believed before GET has said it too."""

    _status = 0

    async def ask(self) -> Answer:
        outcome = await self.run()
        address = self._feed.url
        if isinstance(outcome, Fetched):
            return Answer(address=address, status=self._status, moved=outcome.moved)
        return Answer(address=address, status=self._status, reason=outcome.reason)

    async def _exchange(
        self, client: httpx.AsyncClient, address: str
    ) -> Fetched | Failed | Retry | Redirect:
        outcome: Fetched | Failed | Retry | Redirect = self._failed("")
        for self._method in ("HEAD", "GET"):
            self._status = 0
            outcome = await super()._exchange(client, address)
            if 0 < self._status < 400 or self._status == 429:
                break
        return outcome

    async def _answer(
        self, response: httpx.Response, address: str
    ) -> Fetched | Failed | Retry | Redirect:
        self._status = response.status_code
        if 200 <= self._status < 300:
            return Fetched(
                feed=self._feed, body=None, url=address
            )  # what the page says is not our concern
        return await super()._answer(response, address)
