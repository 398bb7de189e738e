"""Fetches feeds and web pages over HTTP: concurrently, politely, and each within its deadline.

    each feed │ attempts, with back-off │ redirects │ one exchange, in its host's turn │ body

The only module that imports httpx. Whatever the network does, the result is a value: `Fetched`, or
`Failed` with a reason. Redirects are followed to http(s) only, and no body over the size limit is
kept in memory. The deadline runs while a request is under way, not while it waits for its turn.
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
from digest.feeds import concurrent, http_errors, http_rules, local_file
from digest.feeds.decompress import Decompressor, UnreadableBodyError
from digest.feeds.http_rules import Redirect, Retry
from digest.feeds.limits import USUAL, Limits
from digest.feeds.link_check import LinkResult
from digest.feeds.private_networks import Guard, PrivateAddressError
from digest.model import Failed, Feed, Fetched, Progress, Reply, Site, Validators

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
_ACCEPT_PAGE = "text/html, application/xhtml+xml, */*;q=0.1"
_UNUSABLE_ENVIRONMENT = (ImportError, OSError, ValueError, httpx.InvalidURL)
"""What making a client raises: httpx reads proxies and certificates from the environment."""
_UNUSABLE = "the proxy or the certificates that are set in the environment cannot be used"
_NETWORK_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    httpx.CookieConflict,
    OSError,
    ValueError,
)

_Outcome = Fetched | Failed | Retry | Redirect

# httpx logs every request; the command's report says it already.
logging.getLogger("httpx").setLevel(logging.WARNING)


def user_agent(site: Site) -> str:
    """Returns the User-Agent header: our name and version, and the URL of the site."""
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
    """Like `fetch_in_batches`, but returns all results at once."""
    in_one_batch = replace(limits, quick_answer=None)
    batches = fetch_in_batches(
        feeds,
        root=root,
        known=known,
        agent=agent,
        now=now,
        limits=in_one_batch,
        untrusted=untrusted,
    )
    return next(batches, ())


def fetch_in_batches(
    feeds: Sequence[Feed],
    *,
    root: Path,
    known: Mapping[str, Validators],
    agent: str,
    now: datetime,
    limits: Limits,
    on_progress: Progress | None = None,
    untrusted: Collection[str] = (),
) -> Iterator[tuple[Fetched | Failed, ...]]:
    """Yields the results of fast servers first, then the rest; each batch in the feeds' order.

    A feed whose `url` is not http(s) is a file below `root`. `known` maps feed ids to the
    validators of the last fetch. `now` is the time at which this fetch starts. Addresses in
    `untrusted` are not requested if they are private (`private_networks`).
    """
    session = _Session(limits=limits, agent=agent, known=known, now=now)
    remote, results = list[int](), dict[int, Fetched | Failed]()
    for number, feed in enumerate(feeds):
        if feed.url.strip().lower().startswith(("http://", "https://")):
            remote.append(number)
        else:
            results[number] = local_file.read(feed, root, session.validators(feed), limits.body)
    coroutines = []
    for number in remote:
        is_trusted = feeds[number].url not in untrusted
        coroutines.append(_Request(feeds[number], session, is_trusted=is_trusted).run())
    for batch in concurrent.run_in_batches(coroutines, limits.quick_answer, on_progress):
        results |= {remote[number]: result for number, result in batch.items()}
        if results:
            yield tuple(results[number] for number in sorted(results))
        results = {}


def fetch_pages(
    addresses: Sequence[str], *, agent: str, now: datetime, limits: Limits
) -> tuple[Fetched | Failed, ...]:
    """Fetches web pages, with the limits that hold for feeds; the results in their order."""
    pages = [Feed(id="", url=address) for address in addresses]
    session = _Session(limits=limits, agent=agent, known={}, now=now, pages=True)
    return tuple(concurrent.run(_Request(page, session).run() for page in pages))


def fetch_page(address: str, *, agent: str, now: datetime, limits: Limits) -> Fetched | Failed:
    """Fetches one web page, as `fetch_pages` does."""
    return fetch_pages([address], agent=agent, now=now, limits=limits)[0]


def check_links(
    addresses: Sequence[str],
    *,
    agent: str,
    now: datetime,
    limits: Limits = USUAL,
    on_progress: Progress | None = None,
    untrusted: Collection[str] = (),
) -> tuple[LinkResult, ...]:
    """Returns whether each address still works, in the order of the addresses.

    Addresses in `untrusted` are not requested if they are private (`private_networks`).
    """
    session = _Session(limits=limits, agent=agent, known={}, now=now, pages=True)
    coroutines = []
    for address in addresses:
        page = Feed(id="", url=address)
        probe = _LinkProbe(page, session, is_trusted=address not in untrusted)
        coroutines.append(probe.check())
    return tuple(concurrent.run(coroutines, on_progress))


def ask_api(
    method: str,
    address: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    agent: str,
    limits: Limits = USUAL,
) -> Reply:
    """Makes one request to an API, without retries and redirects, and returns what it answers.

    What is longer than `limits.body`, or not there in time, is cut off.
    """
    until = time.monotonic() + limits.deadline
    try:
        client = httpx.Client(
            headers={"User-Agent": agent.encode("ascii", "ignore").decode()},
            timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
        )
    except _UNUSABLE_ENVIRONMENT as error:
        return Reply(0, reason=f"{_UNUSABLE}: {error}")
    content = bytearray()
    try:
        with (
            client,
            client.stream(method, address, headers=dict(headers), content=body) as response,
        ):
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > limits.body or time.monotonic() > until:
                    break
        status, answer = response.status_code, bytes(content)
        reason = "" if response.is_success else http_errors.api_reason(status, answer)
        return Reply(status, answer, reason)
    except _NETWORK_ERRORS as error:
        return Reply(0, reason=http_errors.exception_reason(error, limits.read_timeout))


class _Session:
    """What all requests of one fetch share: limits, turns, clock, and how to make a client.

    `pages` is True if web pages are fetched, not feeds.
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
        self._start = now
        self._started = time.monotonic()
        self._all = asyncio.Semaphore(limits.at_once)
        self._hosts = defaultdict[str, asyncio.Semaphore](
            lambda: asyncio.Semaphore(limits.per_host)
        )
        self._ssl_context: ssl.SSLContext | None = None

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._started)

    def validators(self, feed: Feed) -> Validators:
        return self._known.get(feed.id, Validators())

    @contextlib.asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Waits for a turn: for the host first, so that one host's queue does not block others."""
        async with self._hosts[host], self._all:
            yield

    def client(self) -> httpx.AsyncClient:
        """Returns a client for one feed only, so that feeds share no cookies."""
        self._ssl_context = self._ssl_context or httpx.create_ssl_context()
        return httpx.AsyncClient(
            headers={
                "User-Agent": self._agent,
                "Accept": _ACCEPT_PAGE if self.pages else _ACCEPT,
                "Accept-Encoding": "gzip, deflate",
            },
            timeout=httpx.Timeout(self.limits.read_timeout, connect=self.limits.connect_timeout),
            verify=self._ssl_context,
            follow_redirects=False,
            event_hooks={"response": [_set_location_aside]},
        )


async def _set_location_aside(response: httpx.Response) -> None:
    """Hides the Location header from httpx.

    httpx prepares the next request even if we don't follow, and raises if it is not http(s).
    """
    response.extensions["location"] = response.headers.pop("location", None)


class _Request:
    """One feed, page or link being fetched: the rest of its deadline, and its conditional headers."""

    _method = "GET"

    def __init__(self, feed: Feed, session: _Session, *, is_trusted: bool = True) -> None:
        self._feed = feed
        self._is_trusted = is_trusted
        self._session = session
        self._known = session.validators(feed)
        self._time_left = session.limits.deadline
        self._conditions = http_rules.conditional_headers(self._known, session.now())

    async def run(self) -> Fetched | Failed:
        try:
            client = self._session.client()
        except _UNUSABLE_ENVIRONMENT as error:
            return self._failed(f"{_UNUSABLE}: {error}")
        async with client:
            return await self._run_with_retries(client)

    async def _run_with_retries(self, client: httpx.AsyncClient) -> Fetched | Failed:
        attempt = 0
        while not isinstance(outcome := await self._follow_redirects(client), Fetched):
            # some servers fail at conditional requests only: ask once more without
            conditional, self._conditions = self._conditions, {}
            if isinstance(outcome, Failed):
                is_same_without = (
                    outcome.status in http_rules.NOT_CONDITIONAL or outcome.kind == "unknown host"
                )
                if not conditional or is_same_without or self._time_left <= 0:
                    return outcome
                continue
            pause = self._session.limits.back_off * 2.0**attempt
            if outcome.failed.wait:  # the server asked for it
                pause = max(0.0, (outcome.failed.wait - self._session.now()).total_seconds())
            if attempt == self._session.limits.retries or pause >= self._time_left:
                return outcome.failed
            attempt += 1
            self._time_left -= pause
            await asyncio.sleep(pause)
        return outcome

    async def _follow_redirects(self, client: httpx.AsyncClient) -> Fetched | Failed | Retry:
        """Makes requests until one is not redirected.

        `moved` is the feed's new address: the last one reached by permanent redirects only.
        """
        address, moved, permanent = urls.fetch_link(self._feed.url) or "", "", True
        if not address:
            return self._failed("its address cannot be fetched; correct the feed's url")
        visited = {(address, "")}
        self._guard = Guard(is_trusted=self._is_trusted)
        for _ in range(self._session.limits.redirects + 1):
            outcome = await self._request(client, address)
            if not isinstance(outcome, Redirect):
                return outcome._replace(moved=moved) if isinstance(outcome, Fetched) else outcome
            target = urls.redirected(address, outcome.location or "")
            if outcome.location is None or target is None:
                return self._failed(http_errors.redirect_reason(outcome.location))
            permanent = permanent and outcome.permanent
            address, moved = target, target if permanent else moved
            cookies = sorted((cookie.name, cookie.value) for cookie in client.cookies.jar)
            step = (address, str(cookies))
            if step in visited:  # the same address with another cookie is not a loop
                return self._failed("redirects in a circle; the publisher has to fix that")
            visited.add(step)
        return self._failed(
            f"redirects more than {self._session.limits.redirects} times; "
            "the publisher has to fix that"
        )

    async def _request(self, client: httpx.AsyncClient, address: str) -> _Outcome:
        """Makes one request in its host's turn, within the rest of the deadline."""
        async with self._session.turn(urls.host_of(address)):
            started = time.monotonic()
            try:
                async with asyncio.timeout(self._time_left):
                    return await self._exchange(client, address)
            except TimeoutError:
                deadline = self._session.limits.deadline
                return self._failed(f"no complete answer within {deadline:g} s")
            finally:
                self._time_left -= time.monotonic() - started

    async def _exchange(self, client: httpx.AsyncClient, address: str) -> _Outcome:
        try:
            watched = self._guard.extensions(httpx.URL(address).raw_host.decode())
            async with client.stream(
                self._method, address, headers=self._conditions, extensions=watched
            ) as response:
                return await self._read(response, address)
        except PrivateAddressError as error:
            reason = http_errors.private_reason(str(error), page=self._session.pages)
            return Failed(feed=self._feed, reason=reason, kind="private address")
        except UnreadableBodyError as error:
            return self._failed(str(error))
        except _NETWORK_ERRORS as error:
            reason = http_errors.exception_reason(error, self._session.limits.read_timeout)
            failed = Failed(feed=self._feed, reason=reason, kind=http_errors.failure_kind(error))
            return Retry(failed) if http_errors.is_temporary(error) else failed

    async def _read(self, response: httpx.Response, address: str) -> _Outcome:
        status = response.status_code
        if status in http_rules.REDIRECTS:
            return Redirect(response.extensions["location"], status in http_rules.PERMANENT)
        if status == 304 and self._conditions:
            return self._fetched(response, address, None)
        if status in http_rules.WITH_BODY:
            encoding = response.headers.get("content-encoding", "")
            decompressor = Decompressor(encoding, self._session.limits.body)
            async for chunk in response.aiter_raw():
                decompressor.add(chunk)
            body = decompressor.finish()
            if not body.strip():
                return self._failed("an empty answer")
            return self._fetched(response, address, body)
        header = response.headers.get("retry-after", "")
        wait = http_rules.retry_after(header, self._session.now())
        reason = http_errors.status_reason(status, page=self._session.pages)
        wait = wait if status in {429, 503} else None
        failed = Failed(feed=self._feed, reason=reason, wait=wait, status=status)
        if http_rules.is_retryable(status, failed.wait):
            return Retry(failed)
        return failed

    def _fetched(self, response: httpx.Response, address: str, body: bytes | None) -> Fetched:
        """Returns the result; `body` is None for a 304, which need not repeat validators.

        See RFC 9110 §15.4.5. A body that is the one we know counts as unchanged, too.
        """
        fingerprint = self._known.hash if body is None else hashlib.sha256(body).hexdigest()
        kept = self._known if body is None else Validators()
        modified = response.headers.get("last-modified", kept.modified)
        return Fetched(
            feed=self._feed,
            body=None if fingerprint == self._known.hash else body,
            url=address,
            content_type=response.headers.get("content-type", ""),
            validators=Validators(
                etag=response.headers.get("etag", kept.etag),
                modified=http_rules.usable_last_modified(modified, self._session.now()),
                hash=fingerprint,
            ),
        )

    def _failed(self, reason: str) -> Failed:
        return Failed(feed=self._feed, reason=reason)


class _LinkProbe(_Request):
    """Checks that a page exists: by HEAD, and by GET if that fails, as many servers refuse HEAD."""

    _status = 0

    async def check(self) -> LinkResult:
        outcome = await self.run()
        address = self._feed.url
        if isinstance(outcome, Fetched):
            return LinkResult(address=address, status=self._status, moved=outcome.moved)
        return LinkResult(
            address=address, status=self._status, reason=outcome.reason, kind=outcome.kind
        )

    async def _exchange(self, client: httpx.AsyncClient, address: str) -> _Outcome:
        outcome: _Outcome = self._failed("")
        for method in ("HEAD", "GET"):
            self._method, self._status = method, 0
            outcome = await super()._exchange(client, address)
            if 0 < self._status < 400 or self._status == 429:
                break
        return outcome

    async def _read(self, response: httpx.Response, address: str) -> _Outcome:
        self._status = response.status_code
        if 200 <= self._status < 300:  # the body is not needed
            return Fetched(feed=self._feed, body=None, url=address)
        return await super()._read(response, address)
